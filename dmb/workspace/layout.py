"""Where a workspace's files stand, and which workspace is meant."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import NothingToWorkOn

HOME = "~/workspace/services/dagster"  # the last place that is looked at
VARIABLE = "DMB_WORKSPACE"


@dataclass(frozen=True)
class Layout:
    """The files of one workspace, by what they are for. Nothing is read or made here."""

    root: Path  # absolute

    @property
    def workspace_yaml(self) -> Path:
        """Which code locations there are: read by webserver and daemon."""
        return self.root / "workspace.yaml"

    @property
    def dagster_yaml(self) -> Path:
        """The instance: where runs, events and logs are kept."""
        return self.root / "dagster.yaml"

    @property
    def env(self) -> Path:
        """Variables of the workspace and of its modules; may hold secrets."""
        return self.root / ".env"

    @property
    def procfile(self) -> Path:
        """The processes that honcho starts, where each module has a code server."""
        return self.root / "Procfile"

    @property
    def requirements(self) -> Path:
        """What the workspace's own environment holds: webserver and daemon."""
        return self.root / "requirements.txt"

    @property
    def gitignore(self) -> Path:
        """What git leaves alone here."""
        return self.root / ".gitignore"

    @property
    def venv(self) -> Path:
        """The workspace's own environment."""
        return self.root / ".venv"

    @property
    def instance(self) -> Path:
        """SQLite files and compute logs."""
        return self.root / "instance"

    @property
    def storage(self) -> Path:
        """What the modules' assets hold: DAGSTER_STORAGE_PATH."""
        return self.root / "storage"

    @property
    def state(self) -> Path:
        """dmb's own folder: registry, lock, reservations, journal, backups."""
        return self.root / ".dmb"

    @property
    def registry(self) -> Path:
        """Which modules dmb put here. It makes a folder a workspace."""
        return self.state / "registry.json"

    @property
    def exists(self) -> bool:
        """Whether this is a workspace."""
        return self.registry.is_file()


def find(named: Path | None = None, *, start: Path | None = None) -> Layout:
    """The workspace that is meant: `named` (--workspace), $DMB_WORKSPACE, the nearest one upwards from `start`, HOME.

    `start` is the working folder by default. A place that was named must be one: there is no falling back from it.
    Raises NothingToWorkOn.
    """
    if named is not None:
        return _required(named, str(named))
    variable = os.environ.get(VARIABLE)
    if variable:
        return _required(Path(variable), f"{VARIABLE}={variable}")
    here = Path.cwd() if start is None else start.resolve()
    for folder in (here, *here.parents):
        if (layout := Layout(folder)).exists:
            return layout
    home = Layout(Path(HOME).expanduser())
    if home.exists:
        return home
    raise NothingToWorkOn(
        f"no workspace is named, none is at or above {here}, and none is in {HOME}",
        remedy=f"make one: dmb workspace init DIR; or name one with --workspace DIR or {VARIABLE}",
    )


def _required(path: Path, place: str) -> Layout:
    layout = Layout(path.expanduser().resolve())
    if layout.exists:
        return layout
    raise NothingToWorkOn(
        "this is not a workspace", place=place, remedy=f"make it one: dmb workspace init {layout.root}"
    )
