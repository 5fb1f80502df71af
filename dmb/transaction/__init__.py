"""Several files changed at once or not at all, also when the machine stops in the middle."""

from __future__ import annotations
