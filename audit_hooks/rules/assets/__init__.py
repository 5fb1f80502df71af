"""AST: assets and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ast008_retry_without_delay import RetryWithoutDelay

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (RetryWithoutDelay,)
