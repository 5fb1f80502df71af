"""The ports claimed in files, without the reservations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .choice import Held
from .manifests import manifest_holders

if TYPE_CHECKING:
    from pathlib import Path

    from .port_source import Reader
    from .tables import Holder


def survey_files(workspace: Path | None, *, siblings: Path | None = None, documents: Reader | None = None) -> Held:
    """As `survey`, without the reservations."""
    notes: list[str] = []
    holders: list[Holder] = []
    if workspace is not None:
        # Imported here: without a workspace no reader of its files is loaded.
        from ..formats import yaml_nodes
        from .workspace_files import workspace_holders

        holders += workspace_holders(workspace, notes, documents or yaml_nodes.read)
    if siblings is not None:
        holders += manifest_holders(siblings, notes)
    return Held(holders, notes)
