"""A file that claims ports. A broken one is refused, so that no port in it is missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import DmbError
from ..formats import marked_blocks
from ..formats.source import Source, plain
from ..formats.yaml_nodes import Documents

if TYPE_CHECKING:
    from pathlib import Path

Reader = Callable[[Source], Documents]  # what a YAML file says: `yaml_nodes.read`, or what was parsed already


class PortSource(Source):
    """A file that may claim ports."""

    def broken(self, cause: str, line: int) -> DmbError:
        """The refusal of a file that cannot be parsed: its ports are then unknown."""
        return DmbError(
            f"{cause}, so the ports in this file are unknown",
            place=self.place(line),
            remedy="fix the file, or name another workspace",
        )


def read(path: Path, notes: list[str]) -> PortSource | None:
    """The file's text, or None where there is no such file. A file that may not be read is added to the notes.

    DmbError when it is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None  # `.env` is also a usual name for the folder of an environment.
    except OSError as error:
        notes.append(f"{path} cannot be read ({error.strerror}), so its ports are unknown")
        return None
    try:
        return PortSource(path, plain(marked_blocks.decode(data, str(path))))
    except DmbError as error:
        line = int(error.place.rpartition(":")[2])
        raise PortSource(path, "").broken("this file is not UTF-8", line) from error
