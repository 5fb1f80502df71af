"""All claims to host ports that can be read: in files, and reserved. Who listens is asked port by port, in `Held`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .choice import Held
from .known_workspaces import held_by_others
from .manifests import manifest_holders
from .reserved import reserved_ports

if TYPE_CHECKING:
    from pathlib import Path

    from .port_source import Reader
    from .tables import Holder


def survey(
    workspace: Path | None,
    *,
    siblings: Path | None = None,
    now: float | None = None,
    documents: Reader | None = None,
    reservations: bool = True,
) -> Held:
    """Every claim to a host port that can be seen from here.

    `workspace` is a workspace's folder, `siblings` the one in which a new module is made, beside others; both may be
    None or absent. `now` is in seconds since the epoch. `documents` reads YAML files where some were parsed already.
    `reservations` are left out by those who read them under their lock. DmbError with file and line when a workspace
    file is broken: what it holds cannot be known. A file that may not be read is a note.
    """
    notes: list[str] = []
    holders: list[Holder] = []
    if workspace is not None:
        # Imported here: without a workspace no reader of its files is loaded.
        from ..formats import yaml_nodes
        from .workspace_files import workspace_holders

        holders += workspace_holders(workspace, notes, documents or yaml_nodes.read)
    if siblings is not None:
        holders += manifest_holders(siblings, notes)
    if reservations:
        reserved, problems = reserved_ports(workspace, now=now)
        holders += [*reserved, *held_by_others(workspace)]
        notes += problems
    return Held(holders, notes)
