"""RES: what assets work with, and how it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .res002_variable_put_together import VariablePutTogether
from .res003_variable_as_text import VariableAsText

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (VariablePutTogether, VariableAsText)
