"""The workspaces of this user: what one of them publishes is no other's, also while it is stopped."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DmbError

if TYPE_CHECKING:
    from .tables import Holder

FILE = "workspaces.json"


def remember(root: Path) -> None:
    """Note that there is a workspace; where that cannot be written down, others do not see its ports."""
    known = _known()
    if str(root) in known or (path := _path()) is None:
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump([*(folder for folder in known if _is_workspace(folder)), str(root)], file)
        os.replace(name, path)  # noqa: PTH105


def held_by_others(workspace: Path | None) -> list[Holder]:
    """What the other workspaces claim: each port of this host in their files. A broken one is not seen."""
    here = workspace.resolve() if workspace else None
    others = [folder for folder in map(Path, filter(_is_workspace, _known())) if folder != here]
    if not others:
        return []
    # Imported here: without another workspace no reader of its files is loaded.
    from ..formats import yaml_nodes
    from .workspace_files import workspace_holders

    holders: list[Holder] = []
    for folder in others:
        with contextlib.suppress(DmbError, OSError):
            claims = [claim for claim in workspace_holders(folder, [], yaml_nodes.read) if claim.source != "workspace"]
            holders += [claim._replace(who=f"{claim.who} of {folder}") for claim in claims]
    return holders


def _known() -> list[str]:
    path = _path()
    try:
        known = json.loads(path.read_bytes()) if path else []
    except (OSError, ValueError):
        return []
    return [folder for folder in known if isinstance(folder, str)] if isinstance(known, list) else []


def _is_workspace(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, ".dmb", "registry.json"))  # noqa: PTH113, PTH118


def _path() -> Path | None:
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        return (base if base.is_absolute() else Path.home() / ".local" / "state") / "dagster-module-builder" / FILE
    except RuntimeError:
        return None  # a user without a home
