"""`up --dev`: modules served from their folders on this host, and reloaded when a file there changes.

A Compose override in `.dmb`, beside the workspace's files, mounts each folder and puts it before what is installed, at
a place of its own: over the installed package it would hide the wheel's dg.toml. `dagster code-server start` takes the
place of `dagster api grpc`: it loads code again, and lets the runs go on that it has started.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...compose.service import role
from ...errors import DmbError, NothingToWorkOn
from ...formats import marked_blocks, toml
from ...formats.yamlsplice import YamlFile
from ...module import Module
from ..changes.placement import LOCATIONS
from ..runtimes import engine
from ..runtimes.instance import CONTEXT
from ..state.session import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ...layout import Layout

MOUNTED = "/modules"  # where the folders are in the containers
PAUSE = 0.3  # seconds between two looks at the files
_SKIPPED = {"__pycache__", "node_modules"}
_NEEDS_BUILD = ("uv.lock", "Dockerfile", "requirements.txt")  # beside what pyproject.toml says of dependencies


@dataclass(frozen=True)
class Source:
    """A module that is served from its folder: `services` run it, `code` is the folder that Python imports it from."""

    name: str
    location: str
    folder: Path
    code: Path
    package: Path
    services: tuple[str, ...]

    @property
    def mounted(self) -> str:
        """Where its folder is in a container."""
        return f"{MOUNTED}/{self.name}"

    @property
    def python_path(self) -> str:
        """Where Python imports it from there."""
        return f"{self.mounted}/{self.code.relative_to(self.folder)}".removesuffix("/.")


class Saved(NamedTuple):
    """Files of a module that were saved; `needs_build` says that its image lacks what they now ask for."""

    source: Source
    needs_build: bool


def sources(layout: Layout, names: Sequence[str]) -> tuple[list[Source], list[str]]:
    """The modules `names`, or all whose folder is on this host, and what is to be said about others.

    Raises DmbError for a named one that cannot be served from its folder, and where none can.
    """
    with open_workspace(layout) as session:
        if session.registry.runtime != "docker":
            raise DmbError(
                "--dev is for workspaces of containers: here the code is loaded from the modules' folders anyway",
                place=str(layout.root),
                remedy="leave --dev out, and use Reload on the Deployment page",
            )
        chosen = session.checked(names) or list(session.registry.modules)
        entries = dict(session.registry.modules)
        locations = session.files.yaml(layout.workspace_yaml)
    config = engine.project(layout)
    hosts = _hosts(locations)
    able, notes = [], []
    for name in chosen:
        try:
            able.append(_source(name, Path(entries[name].path or "/"), hosts, config, layout))
        except DmbError as error:
            if names:
                raise
            notes.append(f"{name} is served from its image: {error.cause}")
    if not able:
        raise NothingToWorkOn(
            "no module here can be served from its folder" + "".join(f"\n  {note}" for note in notes),
            place=str(layout.root),
            remedy="add one: dmb workspace add MODULE_DIR",
        )
    return able, notes


def _hosts(locations: YamlFile) -> dict[str, str]:
    """The code servers of workspace.yaml: location -> host."""
    listed = locations.plain(LOCATIONS)
    servers = [
        item.get("grpc_server") for item in (listed if isinstance(listed, list) else ()) if isinstance(item, dict)
    ]
    return {
        str(server["location_name"]): str(server["host"])
        for server in servers
        if isinstance(server, dict) and {"location_name", "host"} <= server.keys()
    }


def _source(name: str, folder: Path, hosts: Mapping[str, str], config: dict[str, Any], layout: Layout) -> Source:
    if not (folder / "pyproject.toml").is_file():
        raise DmbError("its folder is not on this host", place=str(folder), remedy="clone it there, and add it again")
    module = Module.read(folder)
    services = config["services"]
    if module.location_name in hosts:
        host = hosts[module.location_name]
        running = [key for key, node in services.items() if host in (key, node.get("container_name"))]
        cause = f"no service of the Compose file has the name {host}"
    else:
        running = [
            key
            for key, node in services.items()
            if role(key, " ".join(node.get("command") or ()), str(node.get("image"))) in ("webserver", "daemon")
        ]
        cause = "no service of the Compose file runs the webserver"
    if not running:
        raise DmbError(cause, place=str(layout.compose), remedy="start it by hand")
    top = module.package.partition(".")[0]
    code = next((place for place in (folder / "src", folder) if (place / top).is_dir()), None)
    if code is None:
        raise DmbError(
            f"there is no package {top} in it", place=str(folder), remedy="fix root_module in pyproject.toml"
        )
    return Source(name, module.location_name, folder, code, code / top, tuple(running))


def override(layout: Layout, modules: Sequence[Source]) -> str:
    """The Compose file that goes over the workspace's own, as JSON, which is YAML too."""
    config = engine.project(layout)
    launched = _launcher(layout)
    services: dict[str, dict[str, Any]] = {}
    for source in modules:
        for name in source.services:
            image = (engine.inspect_image(engine.image_of(config, name)) or {}).get("Config", {})
            _refuse_unreadable(source, str(image.get("User") or ""))
            node = config["services"][name]
            if name not in services:
                command = node.get("command") or image.get("Cmd") or []
                given = dict(word.partition("=")[::2] for word in image.get("Env") or ()) | (
                    node.get("environment") or {}
                )
                services[name] = {"environment": {"PYTHONPATH": given.get("PYTHONPATH") or ""}, "volumes": []}
                if role(name, " ".join(command), "") not in ("webserver", "daemon"):
                    services[name]["command"] = _reloading(command, source)
                    if launched:
                        services[name]["environment"][CONTEXT] = _context(given, source, launched)
            before = services[name]["environment"]["PYTHONPATH"]
            services[name]["environment"]["PYTHONPATH"] = ":".join(filter(None, (source.python_path, before)))
            mount = {"type": "bind", "source": str(source.folder), "target": source.mounted, "read_only": True}
            services[name]["volumes"].append(mount)
    return json.dumps({"services": services}, indent=1).replace("$", "$$") + "\n"


def _launcher(layout: Layout) -> dict[str, Any] | None:
    """The configuration of the launcher that gives each run a container of its own; None where there is none."""
    path = layout.dagster_yaml
    if not path.is_file():
        return None
    launcher = YamlFile(marked_blocks.read(path), str(path)).plain(("run_launcher",))
    if not isinstance(launcher, dict) or launcher.get("class") != "DockerRunLauncher":
        return None
    return launcher.get("config") or {}


def _context(given: Mapping[str, str | None], source: Source, launched: Mapping[str, Any]) -> str:
    """What a run's own container gets besides: the folder too, so that it has the code that the server has.

    The volumes of a code location take the place of the launcher's, so those are named again.
    """
    context = json.loads(given.get(CONTEXT) or "{}")
    docker = context.setdefault("docker", {})
    options = docker.setdefault("container_kwargs", {})
    volumes = options.get("volumes") or (launched.get("container_kwargs") or {}).get("volumes") or []
    if isinstance(volumes, dict):  # Docker's other form
        options["volumes"] = {**volumes, str(source.folder): {"bind": source.mounted, "mode": "ro"}}
    else:
        options["volumes"] = [*volumes, f"{source.folder}:{source.mounted}:ro"]
    docker["env_vars"] = [*(docker.get("env_vars") or ()), f"PYTHONPATH={source.python_path}"]
    return json.dumps(context)


def _reloading(command: Sequence[str], source: Source) -> list[str]:
    """The command of a code server that loads code again, made from the one that does not."""
    words = [word for word in command if word != "--lazy-load-user-code"]
    pairs = list(itertools.pairwise(words))
    if ("code-server", "start") in pairs:
        return words
    if ("api", "grpc") not in pairs:
        raise DmbError(
            f"the code server of {source.name} is not started by `dagster api grpc`: {' '.join(command)!a}",
            place=", ".join(source.services),
            remedy="write `command:` as a list with `dagster api grpc …`, or leave this module out",
        )
    at = pairs.index(("api", "grpc"))
    return [*words[:at], "code-server", "start", *words[at + 2 :]]


def _refuse_unreadable(source: Source, user: str) -> None:
    """The server's user must be able to read the files: they keep their owner and mode when they are mounted."""
    owner = user.partition(":")[0]
    if not owner.isdigit() or owner == "0":
        return
    for path in (source.folder, *_files(source.package)):
        status = path.stat()
        needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
        if status.st_uid != int(owner) and status.st_mode & needed != needed:
            raise DmbError(
                f"the user {owner} of the container of {source.name} cannot read it",
                place=str(path),
                remedy=f"make the code readable: chmod -R o+rX {source.folder}",
            )


@contextlib.contextmanager
def overridden(layout: Layout, modules: Sequence[Source]) -> Iterator[Path]:
    """The override's file, as long as it is needed."""
    path = layout.state / "dev.compose.yml"
    path.write_text(override(layout, modules), encoding="utf-8")
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def command(layout: Layout, file: Path, *words: str) -> tuple[str, ...]:
    """A `docker compose` command on the workspace with the override's file."""
    return engine.compose(layout, *words, overrides=(str(file),))


def is_running(layout: Layout) -> bool:
    """Whether the workspace's webserver has a container that runs."""
    return any(each.role == "webserver" and each.running for each in engine.containers(layout))


@contextlib.contextmanager
def replaced(layout: Layout, modules: Sequence[Source], file: Path) -> Iterator[None]:
    """The containers of the modules' services replaced in a workspace that runs, and put back at the end."""
    services = dict.fromkeys(service for source in modules for service in source.services)
    words = ("up", "--detach", "--no-deps", "--no-build", *services)
    try:
        _run(layout, command(layout, file, *words))
        yield
    finally:
        _run(layout, engine.compose(layout, *words))


def _run(layout: Layout, words: tuple[str, ...]) -> None:
    if subprocess.run(words, cwd=layout.root, check=False, stdin=subprocess.DEVNULL).returncode:
        raise DmbError(
            f"`docker compose up` failed for {' '.join(words[words.index('--no-build') + 1 :])}",
            place=str(layout.compose),
            remedy="look at its output above",
        )


def saves(modules: Sequence[Source], going_on: Callable[[], bool]) -> Iterator[Saved]:
    """Each module of which files were saved, when it is quiet again, as long as `going_on()`."""
    known = {source.name: _seen(source) for source in modules}
    dependencies = {source.name: _dependencies(source) for source in modules}
    while going_on():
        time.sleep(PAUSE)
        for source in modules:
            now = _seen(source)
            if now == known[source.name]:
                continue
            while going_on():  # an editor, or git, may not be done yet
                time.sleep(PAUSE / 3)
                if (later := _seen(source)) == now:
                    break
                now = later
            known[source.name] = now
            before, dependencies[source.name] = dependencies[source.name], _dependencies(source)
            yield Saved(source, dependencies[source.name] != before)


def _seen(source: Source) -> dict[Path, tuple[int, int]]:
    """What tells that a file changed: when it was written, and its size."""
    seen = {}
    for path in (source.folder / "pyproject.toml", *(source.folder / name for name in _NEEDS_BUILD)):
        with contextlib.suppress(OSError):
            status = path.stat()
            seen[path] = (status.st_mtime_ns, status.st_size)
    for path in _files(source.package):
        with contextlib.suppress(OSError):
            status = path.stat()
            seen[path] = (0, 0) if stat.S_ISDIR(status.st_mode) else (status.st_mtime_ns, status.st_size)
    return seen


def _files(folder: Path) -> Iterator[Path]:
    """The folder, and what is below it that may be code or data of it."""
    yield folder
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        yield from (Path(place, name) for name in (*folders, *names) if not name.endswith((".pyc", "~", ".swp")))


def _dependencies(source: Source) -> list[object]:
    """What decides which packages its image has."""
    contents: list[object] = []
    with contextlib.suppress(OSError, DmbError):
        file = source.folder / "pyproject.toml"
        document = toml.document(marked_blocks.read(file), str(file))
        project = document.get("project")
        listed = project if isinstance(project, dict) else {}
        contents += [listed.get("dependencies"), listed.get("optional-dependencies"), document.get("dependency-groups")]
    for name in _NEEDS_BUILD:
        path = source.folder / name
        contents.append(path.read_bytes() if path.is_file() else None)
    return contents
