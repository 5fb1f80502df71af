"""All rules, by area. A rule that is not in this list does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .workspace import RULES as WORKSPACE

if TYPE_CHECKING:
    from ..rule import Rule

RULES: tuple[type[Rule], ...] = (*WORKSPACE,)
