"""What a module has in a workspace of containers: its own `workspace/local/` files, as they stand, each where it goes.

A variable of a run must be in the launcher's `env_vars` and in the environment of what launches it; a `depends_on` of
webserver and daemon starts the code server first. Modules that share the workspace's image share one block in its
Dockerfile, a section each.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from .. import envfile, textblocks
from ..answers import DATABASE_SERVERS
from ..errors import DmbError, NothingToWorkOn
from ..yamlsplice import YamlFile, dump
from .compose import services
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


def kinds(module: Module) -> dict[str, str]:
    """The ports that it publishes on the host, and the variable of each."""
    return {module.database: f"{module.prefix}_DB_PORT"} if module.database in DATABASE_SERVERS else {}


def pieces(module: Module, files: Files, ports: Mapping[str, int]) -> Pieces:
    """What the module has there. Refuses (DmbError) pieces that this workspace cannot hold as they are."""
    layout = files.layout
    folder = module.path / FOLDER
    locations = _read(folder / "workspace.yaml")
    entries: dict[Path, dict[KeyPath, str]] = {layout.workspace_yaml: {("load_from",): locations.body(("load_from",))}}
    variables = _variables(folder / ".env.example", module, ports)
    snippet = ""
    if (folder / "docker-compose.yml").is_file():
        own = _read(folder / "docker-compose.yml")
        _refuse_unknown(own, files, variables)
        compose: dict[KeyPath, str] = {
            (section,): own.body((section,))
            for section in ("services", "networks", "volumes")
            if own.kind((section,)) == "map"
        }
        hosts = [str(item.get("grpc_server", {}).get("host")) for item in locations.plain(("load_from",)) or ()]
        servers = [one for name, one in services(own.plain(())).items() if name in hosts]
        entries[layout.compose] = {**compose, **_depends_on(files, servers)}
        launched = _environment(module, servers)
        if launched and _has_launcher(files):
            entries[layout.dagster_yaml] = {ENV_VARS: dump(list(launched))}
            entries[layout.compose] |= _launchers(files, launched)
    elif module.code_location == "shared":
        # It runs in webserver and daemon themselves.
        own_names = {name: f"${{{name}}}" for name in variables}
        entries[layout.compose] = {**_context(files, module), **(_launchers(files, own_names) if own_names else {})}
        if own_names and _has_launcher(files):
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


def _refuse_unknown(own: YamlFile, files: Files, variables: Mapping[str, str]) -> None:
    """A network, a volume or a variable that the pieces use must be theirs or the workspace's."""
    whole, there = own.plain(()), files.yaml(files.layout.compose).plain(())
    for section, used in (("networks", _networks(whole)), ("volumes", _volumes(whole))):
        known = {**(_map(there, section)), **(_map(whole, section))}
        for name, service in used.items():
            if name not in known:
                raise DmbError(
                    f"{service} uses {section[:-1]} {name}, which the workspace does not have",
                    place=f"{own.place}:{own.line(('services', service, section))}",
                    remedy=f"write one of the workspace's there ({', '.join(_map(there, section)) or 'it has none'}), "
                    f"or define {name} in {files.layout.compose}",
                )
    taken = {
        str(one.definition["container_name"]): one.name
        for one in services(there).values()
        if "container_name" in one.definition and one.name not in services(whole)
    }
    for one in services(whole).values():
        name = str(one.definition.get("container_name", ""))
        if name in taken:
            raise DmbError(
                f"the service {taken[name]} of the workspace has the container name {name}",
                place=f"{own.place}:{own.line(('services', one.name, 'container_name'))}",
                remedy="give this one another name, or none",
            )
    present = {variable.key for variable in files.variables()} | variables.keys()
    missing = [name for name in dict.fromkeys(_NEEDED.findall(own.text)) if name not in present]
    if missing:
        raise DmbError(
            f"the module's services need variables that the workspace does not set: {', '.join(missing)}",
            place=str(files.layout.env),
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


def _launching(files: Files) -> list[Service]:
    """Webserver and daemon: what loads code and starts runs."""
    found = services(files.yaml(files.layout.compose).plain(()))
    return [one for one in found.values() if one.role in ("webserver", "daemon")]


def _depends_on(files: Files, servers: list[Service]) -> dict[KeyPath, str]:
    """Webserver and daemon start after the code servers, in the form that each has."""
    file = files.yaml(files.layout.compose)
    found: dict[KeyPath, str] = {}
    for one in _launching(files) if servers else ():
        where = ("services", one.name, "depends_on")
        if file.kind(where) == "list":
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


def _has_launcher(files: Files) -> bool:
    path = files.layout.dagster_yaml
    if not files.exists(path):
        return False
    launcher = files.yaml(path).plain(("run_launcher",))
    return isinstance(launcher, dict) and launcher.get("class") == "DockerRunLauncher"


def _launchers(files: Files, launched: Mapping[str, str]) -> dict[KeyPath, str]:
    """The same variables in the environment of webserver and daemon, which hand them to the runs that they start."""
    file = files.yaml(files.layout.compose)
    found: dict[KeyPath, str] = {}
    for one in _launching(files):
        where = ("services", one.name, "environment")
        if file.kind(where) == "list":
            found[where] = dump([f"{name}={value}" for name, value in launched.items()])
        else:
            found[where] = dump(dict(launched))
    return found


def _context(files: Files, module: Module) -> dict[KeyPath, str]:
    """The module's folder as a build context of the workspace's image."""
    file = files.yaml(files.layout.compose)
    builders = [one for one in _launching(files) if file.kind(("services", one.name, "build")) == "map"]
    if not builders:
        raise DmbError(
            "no service of webserver or daemon has a `build` of its own with a `context`",
            place=str(files.layout.compose),
            remedy="write it as `build:` with `context: .` below, or make the module an isolated one",
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
