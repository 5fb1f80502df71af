"""All claims to host ports: in files, and reserved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .choice import Held
from .file_survey import survey_files
from .reservations import reserved_ports

if TYPE_CHECKING:
    from pathlib import Path

    from .port_source import Reader


def survey(
    workspace: Path | None,
    *,
    siblings: Path | None = None,
    now: float | None = None,
    documents: Reader | None = None,
) -> Held:
    """Every claim to a host port that can be seen from here.

    `workspace` is a workspace's folder, `siblings` the one in which a new module is made, beside others; both may be
    None or absent. `now` is in seconds since the epoch. `documents` reads YAML files where some were parsed already.
    DmbError with file and line when a workspace file is broken: what it holds cannot be known. A file that may not be
    read is a note.
    """
    files = survey_files(workspace, siblings=siblings, documents=documents)
    holders, notes = reserved_ports(workspace, now=now)
    return Held([*files.holders, *holders], [*files.notes, *notes])
