"""What a module has in a workspace of containers: its own `workspace/local/` files, as they stand, each where it goes.

A variable of a run must be in the launcher's `env_vars` and in the environment of what launches it; a `depends_on` of
webserver and daemon starts the code server first. Modules that share the workspace's image share one block in its
Dockerfile, a section each.
"""

from __future__ import annotations

import functools
import re
import secrets
from typing import TYPE_CHECKING

from .. import envfile, textblocks
from ..answers import DATABASE_SERVERS
from ..errors import DmbError, NothingToWorkOn
from ..yamlsplice import YamlFile, dump
from .compose import dockerfile, environment, services
from .files import Pieces
from .reach import placed
from .taken import container_names, refuse_taken, volume_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..module import Module
    from ..yamlsplice import KeyPath
    from .compose import Service
    from .files import Files

FOLDER = "workspace/local"
ENV_VARS = ("run_launcher", "config", "env_vars")

_NEEDED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?\?")


class Surroundings:
    """What modules meet in a workspace of containers, read once for all of them."""

    def __init__(self, files: Files) -> None:
        self.files, self.layout = files, files.layout
        self.compose = files.yaml(self.layout.compose)
        self.whole = self.compose.plain(())
        self.services = services(self.compose)
        # What loads code and starts runs.
        self.launching = [one for one in self.services.values() if one.role in ("webserver", "daemon")]
        self.variables = {variable.key for variable in files.variables()}

    @functools.cached_property
    def containers(self) -> dict[str, str]:
        """The names that containers are given -> their service."""
        return container_names(self.services)

    @functools.cached_property
    def volumes(self) -> dict[str, str]:
        """The names that volumes are given -> their key."""
        return volume_names(self.whole)

    @functools.cached_property
    def launcher(self) -> bool:
        """Whether each run has a container of its own, with the variables that dagster.yaml names."""
        path = self.layout.dagster_yaml
        launcher = self.files.yaml(path).plain(("run_launcher",)) if self.files.exists(path) else None
        return isinstance(launcher, dict) and launcher.get("class") == "DockerRunLauncher"


def kinds(module: Module) -> dict[str, str]:
    """The ports that it publishes on the host, and the variable of each."""
    return {module.database: f"{module.prefix}_DB_PORT"} if module.database in DATABASE_SERVERS else {}


def pieces(module: Module, there: Surroundings, ports: Mapping[str, int]) -> Pieces:
    """What the module has there. Refuses (DmbError) pieces that this workspace cannot hold as they are."""
    layout = there.layout
    folder = module.path / FOLDER
    locations = _read(folder / "workspace.yaml")
    entries: dict[Path, dict[KeyPath, str]] = {layout.workspace_yaml: {("load_from",): locations.body(("load_from",))}}
    variables = _variables(folder / ".env.example", module, ports)
    snippet = ""
    if (folder / "docker-compose.yml").is_file():
        hosts = list(_hosts(locations))
        own = placed(_read(folder / "docker-compose.yml"), there, hosts)
        refuse_taken(own, there, variables, kinds(module).values())
        _refuse_missing(own, there, variables)
        compose: dict[KeyPath, str] = {
            (section,): own.body((section,))
            for section in ("services", "networks", "volumes")
            if own.kind((section,)) == "map"
        }
        servers = [one for name, one in services(own).items() if name in hosts]
        entries[layout.compose] = {**compose, **_depends_on(there, servers)}
        if there.launcher:
            _refuse_not_given(module, there)
        launched = _environment(module, servers)
        if launched and there.launcher:
            entries[layout.dagster_yaml] = {ENV_VARS: dump(list(launched))}
            entries[layout.compose] |= _launchers(there, launched)
    elif module.code_location == "shared":
        # It runs in webserver and daemon themselves.
        _refuse_not_given(module, there)
        own_names = {name: f"${{{name}}}" for name in variables}
        entries[layout.compose] = {**_context(there, module), **(_launchers(there, own_names) if own_names else {})}
        if own_names and there.launcher:
            entries[layout.dagster_yaml] = {ENV_VARS: dump(list(own_names))}
        snippet = _snippet(folder)
    return Pieces(entries=entries, variables=variables, snippet=snippet)


def _read(path: Path) -> YamlFile:
    if not path.is_file():
        raise NothingToWorkOn(
            "the module lacks this piece, so it cannot go into a workspace of containers",
            place=str(path),
            remedy="restore it, or bring the template's: cruft update",
        )
    return YamlFile(textblocks.decode(path.read_bytes(), str(path)), str(path))


def _hosts(locations: YamlFile) -> Iterator[str]:
    """The hosts of the gRPC servers."""
    listed = locations.plain(("load_from",))
    for item in listed if isinstance(listed, list) else ():
        server = item.get("grpc_server") if isinstance(item, dict) else None
        if isinstance(server, dict) and isinstance(server.get("host"), str):
            yield server["host"]


def _variables(example: Path, module: Module, ports: Mapping[str, int]) -> dict[str, str]:
    """Its variables in `.env`: an empty port is the assigned one, an empty password is minted."""
    if not example.is_file():
        return {}
    values = {}
    ours = {variable: ports[kind] for kind, variable in kinds(module).items()}
    for one in envfile.assignments(textblocks.decode(example.read_bytes(), str(example)), str(example)):
        values[one.key] = one.value
        if one.key in ours:
            values[one.key] = str(ours[one.key])
        elif not one.value and one.key.endswith("_PASSWORD"):
            values[one.key] = secrets.token_hex(16)
    return values


def _refuse_missing(own: YamlFile, there: Surroundings, variables: Mapping[str, str]) -> None:
    """A variable without which Compose refuses to start must be the module's or the workspace's."""
    present = there.variables | variables.keys()
    missing = [name for name in dict.fromkeys(_NEEDED.findall(own.text)) if name not in present]
    if missing:
        raise DmbError(
            f"the module's services need variables that the workspace does not set: {', '.join(missing)}",
            place=str(there.layout.env),
            remedy="add them there, outside the markers of modules, and run again",
        )


def _depends_on(there: Surroundings, servers: list[Service]) -> dict[KeyPath, str]:
    """Webserver and daemon start after the code servers, in the form that each has."""
    found: dict[KeyPath, str] = {}
    for one in there.launching if servers else ():
        where = ("services", one.name, "depends_on")
        if there.compose.kind(where) == "list":
            found[where] = dump([server.name for server in servers])
        else:
            found[where] = dump({server.name: {"condition": "service_started"} for server in servers})
    return found


def _environment(module: Module, servers: list[Service]) -> dict[str, str]:
    """The module's own variables in its code server's environment."""
    found = {name: value for one in servers for name, value in environment(one).items()}
    return {name: value for name, value in found.items() if name.startswith(f"{module.prefix}_")}


def _refuse_not_given(module: Module, there: Surroundings) -> None:
    """What a module requires of the workspace must reach webserver and daemon where they, or what they start, run it.

    It is not written here: it is shared, so it belongs to no module's block.
    """
    lacking: dict[str, list[str]] = {}  # place -> variables
    for one in there.launching if module.requires else ():
        given = environment(one)
        if "env_file" not in one.definition and (names := [name for name in module.requires if name not in given]):
            lacking[f"{there.compose.place}:{there.compose.line(('services', one.name, 'environment'))}"] = names
    if there.launcher and module.requires:
        file = there.files.yaml(there.layout.dagster_yaml)
        listed = file.plain(ENV_VARS)
        passed = {str(item).partition("=")[0] for item in (listed if isinstance(listed, list) else ())}
        if names := [name for name in module.requires if name not in passed]:
            lacking[f"{file.place}:{file.line(ENV_VARS)}"] = names
    if lacking:
        names = list(dict.fromkeys(name for each in lacking.values() for name in each))
        lines = ", ".join(f"`{name}: ${{{name}}}`" for name in names)
        launcher = " and their names in env_vars of dagster.yaml," if there.launcher else ""
        raise DmbError(
            f"{module.name} requires {', '.join(names)}, which {'its runs' if there.launcher else 'it'} would not get",
            place=", ".join(lacking),
            remedy=f"write {lines} in the environment of webserver and daemon,{launcher} outside of modules' markers",
        )


def _launchers(there: Surroundings, launched: Mapping[str, str]) -> dict[KeyPath, str]:
    """The same variables in the environment of webserver and daemon, which hand them to the runs that they start."""
    found: dict[KeyPath, str] = {}
    for one in there.launching:
        where = ("services", one.name, "environment")
        if there.compose.kind(where) == "list":
            found[where] = dump([f"{name}={value}" for name, value in launched.items()])
        else:
            found[where] = dump(dict(launched))
    return found


def _context(there: Surroundings, module: Module) -> dict[KeyPath, str]:
    """The module's folder as a build context of the workspace's image."""
    builders = [one for one in there.launching if there.compose.kind(("services", one.name, "build")) == "map"]
    if not builders:
        raise DmbError(
            "no service of webserver or daemon has a `build` of its own with a `context`",
            place=str(there.layout.compose),
            remedy="write it as `build:` with `context: .` below, or make the module an isolated one",
        )
    for one in builders:
        if dockerfile(one, there.layout.compose.parent) != there.layout.dockerfile.resolve():
            raise DmbError(
                f"the image of {one.name} is not built from {there.layout.name_of(there.layout.dockerfile)}, "
                "which is where modules that share it go",
                place=f"{there.layout.compose}:{there.compose.line(('services', one.name, 'build'))}",
                remedy="have webserver and daemon built from that file, or make the module an isolated one",
            )
    return {
        ("services", one.name, "build", "additional_contexts"): dump({module.name: str(module.path)})
        for one in builders
    }


def _snippet(folder: Path) -> str:
    """How the module gets into the workspace's image."""
    path = folder / "dockerfile.snippet"
    if not path.is_file():
        raise NothingToWorkOn(
            "the module shares the workspace's image and lacks this piece",
            place=str(path),
            remedy="restore it, or bring the template's: cruft update",
        )
    return textblocks.decode(path.read_bytes(), str(path))
