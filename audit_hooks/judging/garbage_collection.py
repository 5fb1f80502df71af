"""How often Python looks for garbage while an audit runs."""

from __future__ import annotations

import gc

_OBJECTS = 50_000


def seldom() -> None:
    """Look every 50,000 objects. They live as long as their module is judged: to look every 700, as Python does unless
    told, is a tenth of an audit's time, and this still lets go of a module's trees after a few others.
    """
    gc.set_threshold(_OBJECTS)
