"""The text of a file that people write, as it is read to know what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError
from . import marked_blocks

if TYPE_CHECKING:
    from pathlib import Path


class Source(NamedTuple):
    """A file as it was read; `text` is `plain`."""

    path: Path
    text: str

    def place(self, line: int) -> str:
        """`path:line`, from a 1-based line number."""
        return f"{self.path}:{line}"

    def broken(self, cause: str, line: int) -> DmbError:
        """The refusal of a file that cannot be understood."""
        return DmbError(cause, place=self.place(line), remedy="fix this line")


def offset(text: str, line: int, column: int) -> int:
    """Where a place begins in a text, in characters; line and column are 1-based."""
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + max(column - 1, 0)


def plain(text: str) -> str:
    r"""`text` without byte order mark and with `\n` as line ending."""
    return text.removeprefix(marked_blocks.BOM).replace("\r\n", "\n")
