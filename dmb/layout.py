"""Where the files of a workspace are, and which workspace is meant."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import NothingToWorkOn

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = "~/workspace/services/dagster"  # the last place that is looked at
VARIABLE = "DMB_WORKSPACE"


@dataclass(frozen=True)
class Layout:
    """The files of one workspace, by what they are for. Nothing is read or made here.

    `places` says where a file is that is not in its usual place, `compose_files` of which Compose files the workspace
    is made where that is not one alone (see `Registry`).
    """

    root: Path  # absolute
    places: Mapping[str, str] = field(default_factory=dict, compare=False)
    compose_files: tuple[str, ...] = field(default=(), compare=False)

    def _at(self, name: str) -> Path:
        return self.root / self.places.get(name, name)

    @functools.cached_property
    def workspace_yaml(self) -> Path:
        """The code locations: read by webserver and daemon."""
        return self._at("workspace.yaml")

    @functools.cached_property
    def dagster_yaml(self) -> Path:
        """The instance: where runs, events and logs are kept."""
        return self._at("dagster.yaml")

    @functools.cached_property
    def compose(self) -> Path:
        """The containers, in the docker runtime: the Compose file that modules go into."""
        return self._at("docker-compose.yml")

    @functools.cached_property
    def other_compose_files(self) -> tuple[Path, ...]:
        """The Compose files that are read with it."""
        paths = (self.root / name for name in self.compose_files)
        return tuple(path for path in paths if path != self.compose)

    @property
    def compose_words(self) -> list[str]:
        """What `docker compose` is run with for this workspace, from any folder."""
        paths = [self.root / name for name in self.compose_files] or [self.compose]
        return ["docker", "compose", *(word for path in paths for word in ("--file", str(path)))]

    @functools.cached_property
    def dockerfile(self) -> Path:
        """The image of webserver, daemon and shared modules, in the docker runtime."""
        return self._at("Dockerfile")

    @functools.cached_property
    def env(self) -> Path:
        """Variables of the workspace and of its modules; may hold secrets."""
        return self._at(".env")

    @functools.cached_property
    def procfile(self) -> Path:
        """The processes that honcho starts, where each module has a code server."""
        return self.root / "Procfile"

    @functools.cached_property
    def requirements(self) -> Path:
        """What the workspace's own environment holds: webserver and daemon."""
        return self.root / "requirements.txt"

    @functools.cached_property
    def gitignore(self) -> Path:
        """What git ignores here."""
        return self.root / ".gitignore"

    @functools.cached_property
    def venv(self) -> Path:
        """The workspace's own environment."""
        return self.root / ".venv"

    @functools.cached_property
    def instance(self) -> Path:
        """SQLite files and compute logs."""
        return self.root / "instance"

    @functools.cached_property
    def storage(self) -> Path:
        """What the modules' assets hold: DAGSTER_STORAGE_PATH."""
        return self.root / "storage"

    @functools.cached_property
    def auth(self) -> Path:
        """Credential files, in a folder for each module: beside the Compose file, which names it."""
        return self._at("auth")

    @functools.cached_property
    def state(self) -> Path:
        """dmb's own folder: registry, lock, reservations, journal, backups."""
        return self.root / ".dmb"

    @functools.cached_property
    def registry(self) -> Path:
        """Which modules dmb put here. It makes a folder a workspace."""
        return self.state / "registry.json"

    @property
    def exists(self) -> bool:
        """Whether this is a workspace."""
        return self.registry.is_file()

    def name_of(self, file: Path) -> str:
        """What a file is called in the registry and in messages: its path below the workspace."""
        return file.relative_to(self.root).as_posix()


def find(named: Path | None = None, *, start: Path | None = None) -> Layout:
    """The workspace that is meant: `named` (--workspace), $DMB_WORKSPACE, the nearest one upwards from `start`, HOME.

    `start` is the working folder by default. A place that was named must be a workspace: nothing else is tried then.
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
            return placed(layout.root)
    home = Layout(Path(HOME).expanduser())
    if home.exists:
        return placed(home.root)
    made = "create one: dmb workspace init DIR"
    if (here / "workspace.yaml").is_file():
        made = "make this folder one: dmb workspace adopt"
    raise NothingToWorkOn(
        f"no workspace was named, and there is none at or above {here}, nor in {HOME}",
        remedy=f"{made}; or name one with --workspace DIR or {VARIABLE}",
    )


def _required(path: Path, place: str) -> Layout:
    layout = Layout(path.expanduser().resolve())
    if layout.exists:
        return placed(layout.root)
    patterns = ("workspace.yaml", "*/workspace.yaml", "*compose*.y*ml")
    if any(path.is_file() for pattern in patterns for path in layout.root.glob(pattern)):
        remedy = f"turn it into one as it is: dmb workspace adopt --workspace {layout.root}"
    else:
        remedy = f"turn it into one: dmb workspace init {layout.root}"
    raise NothingToWorkOn("this is not a workspace", place=place, remedy=remedy)


def placed(root: Path) -> Layout:
    """The layout of a workspace as its registry has it; a broken registry is reported by what reads all of it."""
    layout = Layout(root)
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError, RecursionError):
        registry = json.loads(layout.registry.read_bytes())
        places = {str(name): str(path) for name, path in registry.get("places", {}).items()}
        return replace(layout, places=places, compose_files=tuple(map(str, registry.get("compose_files", ()))))
    return layout
