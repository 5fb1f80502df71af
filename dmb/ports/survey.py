"""Ask every place that can hold a port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .choice import Held
from .manifests import manifest_holders
from .reservations import reserved_ports

if TYPE_CHECKING:
    from pathlib import Path

    from .tables import Holder


def survey(workspace: Path | None, *, siblings: Path | None = None, now: float | None = None) -> Held:
    """Every claim to a host port that can be seen from here.

    `workspace` is a workspace's folder, `siblings` the one in which a new module is made, beside others; both may be
    None or absent. `now` is in seconds since the epoch. DmbError with file and line when a workspace file is broken:
    what it holds cannot be known. A file that may not be read is a note.
    """
    files = survey_files(workspace, siblings=siblings)
    holders, notes = reserved_ports(workspace, now=now)
    return Held([*files.holders, *holders], [*files.notes, *notes])


def survey_files(workspace: Path | None, *, siblings: Path | None = None) -> Held:
    """What `survey` says, without the reservations."""
    notes: list[str] = []
    holders: list[Holder] = []
    if workspace is not None:
        # Not above: where there is no workspace, no reader of its files is loaded.
        from .workspace_files import workspace_holders

        holders += workspace_holders(workspace, notes)
    if siblings is not None:
        holders += manifest_holders(siblings, notes)
    return Held(holders, notes)
