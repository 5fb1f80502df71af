"""PKG: whether the project can be read and installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .pkg007_unreadable_file import UnreadableFile

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (UnreadableFile,)
