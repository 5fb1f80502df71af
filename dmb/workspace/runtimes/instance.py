"""What code needs of a workspace in order to run there: read from its dagster.yaml, webserver and daemon.

A run writes to the storages of the instance itself. So a code server needs the variables that they name, the networks
where they are, and the folders in which the instance keeps files; where each run has a container of its own, the run's
container needs the same, and what the module has besides.
"""

from __future__ import annotations

import functools
import json
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...compose.image_files import image
from ...compose.service import env_files, environment, mounts, networks
from ...errors import DmbError
from ...formats import envfile, marked_blocks
from ...formats.interpolation import filled, parts
from ...formats.yamlsplice import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...compose.image_files import Image
    from ...compose.service import Mount, Service
    from ...formats.yaml_nodes import Node
    from .compose_project import ComposeProject

# What a code server opens of an instance; a run launcher and a run coordinator it does not.
STORAGES = (
    "storage",
    "run_storage",
    "event_log_storage",
    "schedule_storage",
    "compute_logs",
    "local_artifact_storage",
    "scheduler",
)
SCRATCH = "mode=1777"
CONTEXT = "DAGSTER_CONTAINER_CONTEXT"

_OF_A_STORAGE = re.compile(r"postgres|mysql|(^|_)(pg|db|database|sqlalchemy)(_|$)", re.IGNORECASE)
_SQLITE = re.compile(r"sqlite", re.IGNORECASE)
_QUEUES = ("concurrency", "run_queue")


class Launcher(NamedTuple):
    """A DockerRunLauncher as dagster.yaml has it. `networks` are names as Docker knows them, None where that is not
    seen; `volumes` a list or, in the other form of docker-py, a mapping, and `tmpfs` too.
    """

    env_vars: tuple[str, ...]
    networks: tuple[str, ...] | None
    volumes: Any
    tmpfs: Any


class Instance:
    """The instance of one workspace of containers. What could not be seen is told in `notes`."""

    def __init__(self, project: ComposeProject) -> None:
        self._project = project
        self.notes: list[str] = []

    @functools.cached_property
    def config(self) -> Mapping[str, Any] | None:
        """What dagster.yaml says; None where there is none to be seen."""
        files, path = self._project.files, self._project.layout.dagster_yaml
        if not files.exists(path):
            return None
        loaded = files.yaml(path).plain(())
        return loaded if isinstance(loaded, dict) else {}

    # --- variables

    @functools.cached_property
    def names(self) -> list[str]:
        """The variables that the storages name; without a dagster.yaml, those that are named like a storage's."""
        if self.config is not None:
            found = (name for key in STORAGES for name in _named(self.config.get(key)))
            return list(dict.fromkeys(found))
        guessed = [
            name for service in self._daemon_first for name in self._given_by(service) if _OF_A_STORAGE.search(name)
        ]
        self.notes.append(
            f"{self._project.compose.place}: there is no dagster.yaml to be seen, so modules get the variables "
            f"that its storage could use: {', '.join(dict.fromkeys(guessed)) or 'none'}"
        )
        return list(dict.fromkeys(guessed))

    @functools.cached_property
    def variables(self) -> dict[str, str | None]:
        """The variables for `environment`, with their text there; None for one that is passed on by its name."""
        found: dict[str, str | None] = {}
        for name in self.names:
            for service in self._givers:
                if name in environment(service):
                    found[name] = _value(service, name)
                    break
                if self._project_env(service) and name in self._values:
                    found[name] = f"${{{name}}}"
                    break
                if any(name in self._names_in(path) for path in self._other_env_files(service)):
                    break
                if name in self.image_of(service).variables:
                    found[name] = self.image_of(service).variables[name].replace("$", "$$")
                    break
            else:  # `.env` is there for it, and does not set it yet
                if any(self._project_env(service) for service in self._givers):
                    found[name] = f"${{{name}:-}}"
        return found

    @functools.cached_property
    def env_files(self) -> list[str]:
        """The other files that hold variables which the storages name, as the Compose file names them."""
        found: dict[str, None] = {}
        missing = [name for name in self.names if name not in self.variables]
        for service in self._givers:
            for path in self._other_env_files(service):
                names = self._names_in(path)
                if any(name in names for name in missing):
                    found[path] = None
                    missing = [name for name in missing if name not in names]
        if missing and self.config is not None:
            # A file that is to be filled yet is theirs as well.
            found |= dict.fromkeys(path for service in self._givers[:1] for path in self._other_env_files(service))
            self.notes.append(
                f"{self._project.layout.dagster_yaml}: it names {', '.join(missing)}, which neither webserver nor "
                "daemon is given now by what the Compose file names"
            )
        return list(found)

    def given_to(self, service: Service) -> set[str]:
        """The names of all variables that can be seen to reach a service."""
        return {*self._given_by(service), *self.image_of(service).variables}

    # --- networks and mounts

    @functools.cached_property
    def networks(self) -> list[str]:
        """The networks on which webserver and daemon both are; where they share none, the first one of each."""
        services = self._project.services
        lists = [networks(service, services) for service in self._project.launching]
        if not lists:
            return []
        shared = [name for name in lists[0] if all(name in names for names in lists)]
        return shared or list(dict.fromkeys(names[0] for names in lists))

    @functools.cached_property
    def mounts(self) -> list[Mount]:
        """The mounts of webserver and daemon that hold folders of the instance."""
        found: dict[str, Mount] = {}
        for folder in self.folders:
            covering = [
                mount
                for service in self._project.launching
                for mount in mounts(service)
                if mount.source and _below(folder, self._filled(mount.target))
            ]
            if covering:
                nearest = max(covering, key=lambda mount: len(mount.target))
                found.setdefault(nearest.target, nearest)
        return list(found.values())

    @functools.cached_property
    def scratch(self) -> list[str]:
        """Folders of the instance that no mount holds, where a module's user can make none: they are kept in memory.

        What a run writes there (its logs) is not seen elsewhere, with or without them.
        """
        if self.sqlite:
            return []
        held = [self._filled(mount.target) for mount in self.mounts]
        folders = [folder for folder in self.folders if not any(_below(folder, target) for target in held)]
        if folders:
            self.notes.append(
                f"{self._project.layout.dagster_yaml}: nothing that webserver and daemon mount holds "
                f"{', '.join(folders)}, so the webserver does not show what modules' runs print; a volume there does it"
            )
        return [folder for folder in folders if not any(_below(folder, other) for other in folders if other != folder)]

    @functools.cached_property
    def folders(self) -> list[str]:
        """Where the instance keeps files: logs of runs, SQLite, what its artifact storage holds."""
        if self.config is None:
            return []
        folders = []
        for key in STORAGES:
            folders += [self._text(value) for value in _base_dirs(self.config.get(key))]
        home = self.home
        if home and not ({"compute_logs", "local_artifact_storage"} <= self.config.keys()):
            folders.append(f"{home}/storage")
        if home and self.sqlite and not folders:
            folders.append(home)
        return list(dict.fromkeys(folder.rstrip("/") for folder in folders if folder.startswith("/")))

    @functools.cached_property
    def home(self) -> str:
        """DAGSTER_HOME of webserver or daemon, "" where it is not seen."""
        for service in self._project.launching:
            value = environment(service).get("DAGSTER_HOME") or self.image_of(service).variables.get("DAGSTER_HOME", "")
            if self._filled(value).startswith("/"):
                return posixpath.normpath(self._filled(value))
        return ""

    @functools.cached_property
    def sqlite(self) -> bool:
        """Whether runs and events are in files of SQLite: said so, or by default."""
        if self.config is None:
            return False
        if "storage" in self.config:
            storage = self.config["storage"]
            return bool(_SQLITE.search(json.dumps(storage))) and not re.search("postgres|mysql", json.dumps(storage))
        parts = [self.config[key] for key in ("run_storage", "event_log_storage") if key in self.config]
        return not parts or any(_SQLITE.search(json.dumps(part)) for part in parts)

    # --- runs in containers of their own

    @functools.cached_property
    def launcher(self) -> Launcher | None:
        """The launcher that starts a container for each run; None where runs are in their code server."""
        launcher = (self.config or {}).get("run_launcher")
        if not isinstance(launcher, dict) or not is_docker(launcher):
            return None
        config = launcher.get("config")
        config = config if isinstance(config, dict) else {}
        listed = config.get("env_vars")
        names = tuple(str(item).partition("=")[0] for item in (listed if isinstance(listed, list) else ()))
        told = config.get("networks") or ([config["network"]] if config.get("network") else [])
        texts = [self._text(name) for name in (told if isinstance(told, list) else [told])]
        kwargs = config.get("container_kwargs")
        volumes, tmpfs = (kwargs.get(key) if isinstance(kwargs, dict) else None for key in ("volumes", "tmpfs"))
        return Launcher(names, tuple(texts) if all(texts) else None, volumes or [], tmpfs or {})

    @functools.cached_property
    def starts_runs(self) -> list[Service]:
        """The services that start runs: the daemon, and the webserver where no queue is certain to be between."""
        coordinator = (self.config or {}).get("run_coordinator")
        queues = "Queued" in str(coordinator) or any(key in (self.config or {}) for key in _QUEUES)
        daemons = [service for service in self._project.launching if service.role == "daemon"]
        return daemons if queues and daemons else self._project.launching

    def context(self, names: Sequence[str], volumes: Sequence[str], networks_of_module: Sequence[str]) -> str:
        """What the containers of a module's runs have besides what the launcher gives all, as Compose text.

        It holds names of variables and never values: it is kept with each run. `volumes` are as docker-py has them,
        `networks_of_module` as the Compose file does.
        """
        launcher = self.launcher
        if launcher is None:
            return ""
        everywhere = [self.given_to(service) for service in self.starts_runs]
        own = [name for name in self.names if all(name in given for given in everywhere)]
        passed = [name for name in dict.fromkeys((*names, *own)) if name not in launcher.env_vars]
        docker: dict[str, Any] = {}
        if passed:
            docker["env_vars"] = passed
        docker["container_kwargs"] = {"volumes": _joined(launcher.volumes, volumes)}
        if self.scratch and isinstance(launcher.tmpfs, dict):
            docker["container_kwargs"]["tmpfs"] = {**launcher.tmpfs, **dict.fromkeys(self.scratch, SCRATCH)}
        missing = self._networks_to_join(launcher, networks_of_module)
        if missing:
            docker["networks"] = missing
        return json.dumps({"docker": docker})

    def _networks_to_join(self, launcher: Launcher, names: Sequence[str]) -> list[str]:
        """The module's networks, as Docker knows them, where the launcher's are certain to be others."""
        if launcher.networks is None:
            return []
        real = [self._project.network_name(name) for name in names]
        for name, key in zip(map(self._filled, real), names, strict=True):
            for theirs in launcher.networks:
                if self._filled(theirs) == name or theirs.endswith(f"_{key}"):
                    return []
        return real

    # --- how variables reach services

    @property
    def _daemon_first(self) -> list[Service]:
        return sorted(self._project.launching, key=lambda service: service.role != "daemon")

    @functools.cached_property
    def _givers(self) -> list[Service]:
        """Webserver, daemon, and code servers that are there already: who has what the storages name."""
        code = [service for service in self._project.services.values() if service.role == "code"]
        return [*self._project.launching, *code]

    def image_of(self, service: Service) -> Image:
        """What the Dockerfile of a service says."""
        if service.name not in self._images:
            self._images[service.name] = image(service)
        return self._images[service.name]

    @functools.cached_property
    def _images(self) -> dict[str, Image]:
        return {}

    def _given_by(self, service: Service) -> list[str]:
        names = list(environment(service))
        if self._project_env(service):
            names += self._values
        for path in self._other_env_files(service):
            names += self._names_in(path)
        return names

    @functools.cached_property
    def _values(self) -> dict[str, str]:
        """What the workspace's `.env` sets outside modules' blocks."""
        return {item.key: item.value for item in self._project.files.variables() if item.owner is None}

    def _project_env(self, service: Service) -> bool:
        """Whether all of the workspace's own `.env` reaches a service."""
        return any(self._at(path) == self._project.layout.env for path in env_files(service))

    def _other_env_files(self, service: Service) -> list[str]:
        """The other files of variables of a service, as it names them."""
        node = service.node.get("env_file")
        named = [item.text or item.get("path").text for item in (node, *node.items)]
        return [
            name
            for name, path in zip(filter(None, named), env_files(service), strict=True)
            if self._at(path) != self._project.layout.env
        ]

    def _at(self, path: str) -> Path:
        return Path(posixpath.normpath(self._filled(path)))

    def _names_in(self, name: str) -> list[str]:
        """The variables that a file of variables sets; none where it cannot be read."""
        path = self._project.compose_folder / Path(self._filled(name)).expanduser()
        try:
            text = marked_blocks.read(path)
            return [item.key for item in envfile.assignments(text, str(path))]
        except (OSError, DmbError):
            return []

    # --- texts

    def _filled(self, text: str) -> str:
        return filled(text, self._project.values)

    def _text(self, value: Any) -> str:
        """A value of dagster.yaml, also where a variable holds it; "" where that is not seen."""
        if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("env"), str):
            name = value["env"]
            for service in self._givers:
                if name in environment(service):
                    return self._filled(_value(service, name) or self._project.values.get(name, ""))
                if name in self.image_of(service).variables:
                    return self.image_of(service).variables[name]
            return self._project.values.get(name, "")
        return value if isinstance(value, str) else ""


def is_docker(launcher: Mapping[str, Any]) -> bool:
    """Whether a run launcher starts a container for each run, in any of the forms of dagster.yaml."""
    return "DockerRunLauncher" in str(launcher.get("class")) or "docker" in launcher.keys() - {"module", "class"}


def environment_line(name: str, value: str | None) -> str:
    """A variable as an entry of `environment`, which is a mapping; without a value it is passed on by its name."""
    return f"{name}:" if value is None else f"{name}: {scalar(value)}"


def _value(service: Service, name: str) -> str | None:
    """The text of a variable in a service's `environment`; None for a name alone."""
    node = service.node.get("environment")
    for item in node.items:
        key, sign, value = item.text.partition("=")
        if key == name:
            return value if sign else None
    entry: Node = node.get(name)
    return None if entry.kind == "null" else entry.text


def _named(data: Any) -> Iterator[str]:
    """The variables that a part of dagster.yaml names: `{env: NAME}`."""
    if isinstance(data, dict) and len(data) == 1 and isinstance(data.get("env"), str):
        yield data["env"]
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _named(value)


def _base_dirs(data: Any) -> Iterator[Any]:
    """The folders of this machine that a storage of an instance is configured with."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("base_dir", "local_dir"):
                yield value
            else:
                yield from _base_dirs(value)


def _below(path: str, folder: str) -> bool:
    folder = posixpath.normpath(folder) if folder.startswith("/") else ""
    return bool(folder) and (path == folder or path.startswith(f"{folder}/"))


def _joined(theirs: Any, ours: Sequence[str]) -> Any:
    """The launcher's own volumes, but for those at the module's places, and the module's.

    Dagster takes the context's list instead of the launcher's.
    """
    split = [_split(volume) for volume in ours]
    targets = {target for _, target, *_ in split}
    if isinstance(theirs, dict):
        kept = {source: bound for source, bound in theirs.items() if _bound(bound) not in targets}
        more = {source: {"bind": target, "mode": ":".join(mode) or "rw"} for source, target, *mode in split}
        return {**json.loads(json.dumps(kept).replace("$", "$$")), **more}
    volumes = [str(volume) for volume in theirs] if isinstance(theirs, list) else []
    apart = [volume for volume in volumes if targets.isdisjoint(_split(volume)[1:2])]
    return [*(volume.replace("$", "$$") for volume in apart), *ours]


def _bound(bound: Any) -> str:
    """Where a volume is mounted, in the form of docker-py that is a mapping."""
    return str(bound.get("bind", "")) if isinstance(bound, dict) else str(bound)


def _split(volume: str) -> list[str]:
    """`source:target:mode`, taken apart; a variable may hold a colon."""
    return parts(volume)
