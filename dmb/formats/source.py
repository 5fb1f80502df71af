"""The text of a file that people write, and which module's marked block each of its lines stands in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError

if TYPE_CHECKING:
    from pathlib import Path

_MARKER = re.compile(r"\s*# *(BEGIN|END): *(\S+)\s*")


class Source(NamedTuple):
    """A file as it was read. `text` is without a byte order mark and with `\\n` as line ending."""

    path: Path
    text: str

    def place(self, line: int) -> str:
        """`path:line`, from a 1-based line number."""
        return f"{self.path}:{line}"

    def broken(self, cause: str, line: int) -> DmbError:
        """The refusal of a file that cannot be understood: what it holds is then not known."""
        return DmbError(
            f"{cause}, so the ports in this file are not known",
            place=self.place(line),
            remedy="mend the file, or name another workspace",
        )

    def owners(self) -> dict[int, str]:
        """The module of each line that stands in a marked block, by 1-based line number."""
        owners: dict[int, str] = {}
        owner = ""
        for number, line in enumerate(self.text.split("\n"), 1):
            if marker := _MARKER.fullmatch(line):
                owner = marker[2] if marker[1] == "BEGIN" else ""
            elif owner:
                owners[number] = owner
        return owners


def offset(text: str, line: int, column: int) -> int:
    """Where a place begins in a text, in characters; line and column are 1-based."""
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + max(column - 1, 0)


def read(path: Path, notes: list[str]) -> Source | None:
    """The file's text, or None where there is no such file. A file that may not be read is added to the notes.

    DmbError when it is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None  # `.env` is also a usual name for the folder of an environment.
    except OSError as error:
        notes.append(f"{path} cannot be read ({error.strerror}): the ports in it are not seen")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Source(path, "").broken("this file is not UTF-8", line) from error
    return Source(path, text.replace("\r\n", "\n"))
