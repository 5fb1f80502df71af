"""What a module has in a workspace of containers: its own `workspace/local/` files, as they stand, each where it goes.

A variable of a run must be in the launcher's `env_vars` and in the environment of what launches it; a `depends_on` of
webserver and daemon starts the code server first. Modules that share the workspace's image share one block in its
Dockerfile, a section each.
"""

from __future__ import annotations

import functools
import re
import secrets
from typing import TYPE_CHECKING, Any

from .. import envfile, textblocks
from ..answers import DATABASE_SERVERS
from ..errors import DmbError, NothingToWorkOn
from ..yamlsplice import YamlFile, dump
from .compose import dockerfile, services
from .files import Pieces

if TYPE_CHECKING:
    from collections.abc import Mapping
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
        self.services = services(self.whole)
        # What loads code and starts runs.
        self.launching = [one for one in self.services.values() if one.role in ("webserver", "daemon")]
        self.containers = {
            str(one.definition["container_name"]): one.name
            for one in self.services.values()
            if "container_name" in one.definition
        }
        self.variables = {variable.key for variable in files.variables()}

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
        own = _read(folder / "docker-compose.yml")
        _refuse_unknown(own, there, variables)
        compose: dict[KeyPath, str] = {
            (section,): own.body((section,))
            for section in ("services", "networks", "volumes")
            if own.kind((section,)) == "map"
        }
        hosts = [str(item.get("grpc_server", {}).get("host")) for item in locations.plain(("load_from",)) or ()]
        servers = [one for name, one in services(own.plain(())).items() if name in hosts]
        entries[layout.compose] = {**compose, **_depends_on(there, servers)}
        launched = _environment(module, servers)
        if launched and there.launcher:
            entries[layout.dagster_yaml] = {ENV_VARS: dump(list(launched))}
            entries[layout.compose] |= _launchers(there, launched)
    elif module.code_location == "shared":
        # It runs in webserver and daemon themselves.
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


def _refuse_unknown(own: YamlFile, there: Surroundings, variables: Mapping[str, str]) -> None:
    """A network, a volume or a variable that the pieces use must be theirs or the workspace's."""
    whole = own.plain(())
    for section, used in (("networks", _networks(whole)), ("volumes", _volumes(whole))):
        known = _map(there.whole, section).keys() | _map(whole, section).keys()
        for name, service in used.items():
            if name not in known:
                has = ", ".join(_map(there.whole, section)) or "it has none"
                raise DmbError(
                    f"{service} uses {section[:-1]} {name}, which the workspace does not have",
                    place=f"{own.place}:{own.line(('services', service, section))}",
                    remedy=f"write one of the workspace's there ({has}), or define {name} in {there.layout.compose}",
                )
    ours = services(whole)
    for one in ours.values():
        name = str(one.definition.get("container_name", ""))
        if there.containers.get(name, one.name) not in ours:
            raise DmbError(
                f"the service {there.containers[name]} of the workspace has the container name {name}",
                place=f"{own.place}:{own.line(('services', one.name, 'container_name'))}",
                remedy="give this one another name, or none",
            )
    missing = [
        name for name in dict.fromkeys(_NEEDED.findall(own.text)) if name not in there.variables | variables.keys()
    ]
    if missing:
        raise DmbError(
            f"the module's services need variables that the workspace does not set: {', '.join(missing)}",
            place=str(there.layout.env),
            remedy="add them there, outside the markers of modules, and run again",
        )


def _networks(whole: Any) -> dict[str, str]:
    """The networks that services use -> one of these services."""
    used: dict[str, str] = {}
    for one in services(whole).values():
        networks = one.definition.get("networks")
        used |= {str(name): one.name for name in networks} if isinstance(networks, (list, dict)) else {}
    return {name: service for name, service in used.items() if name != "default"}


def _volumes(whole: Any) -> dict[str, str]:
    return {volume: one.name for one in services(whole).values() for volume in one.volumes}


def _map(whole: Any, section: str) -> dict[str, Any]:
    found = whole.get(section) if isinstance(whole, dict) else None
    return found if isinstance(found, dict) else {}


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
    found: dict[str, str] = {}
    for one in servers:
        environment = one.definition.get("environment")
        if isinstance(environment, list):
            environment = dict(str(item).partition("=")[::2] for item in environment)
        found |= environment if isinstance(environment, dict) else {}
    return {name: str(value) for name, value in found.items() if name.startswith(f"{module.prefix}_")}


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
