"""What a module has in a workspace of containers: its own `workspace/local/` files, unchanged, each in its place.

A variable of a run must be in the launcher's `env_vars` and in the environment of what launches it; a `depends_on` of
webserver and daemon starts the code server first. Modules that share the workspace's image share one block in its
Dockerfile, a section each.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.service import build, environment
from ...compose.services import services
from ...databases import SERVERS
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks
from ...formats.interpolation import variables_in
from ...formats.yamlsplice import YamlFile, dump
from ...module import PIECES
from ...ports.port_variables import port_variable
from ..state.files import Pieces
from .conflicts import refuse_taken
from .instance import with_instance
from .networks import placed, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...compose.service import Service
    from ...formats.yamlsplice import KeyPath
    from ...module import Module
    from .surroundings import Surroundings

ENV_VARS = ("run_launcher", "config", "env_vars")


def kinds(module: Module) -> dict[str, str]:
    """The ports that it publishes on the host, and the variable of each."""
    return {module.database: port_variable(module.prefix, module.database)} if module.database in SERVERS else {}


def pieces(module: Module, surroundings: Surroundings, ports: Mapping[str, int]) -> Pieces:
    """What the module has in the workspace's files; what is missing for it goes to `surroundings.problems`.

    Refuses (DmbError) pieces that this workspace cannot hold as they are.
    """
    layout = surroundings.layout
    folder = module.path / PIECES
    locations = _read(folder / "workspace.yaml")
    entries: dict[Path, dict[KeyPath, str]] = {layout.workspace_yaml: {("load_from",): locations.body(("load_from",))}}
    variables = _variables(folder / ".env.example", module, ports)
    snippet = ""
    if (folder / "docker-compose.yml").is_file():
        hosts = list(_hosts(locations))
        own = with_instance(placed(_read(folder / "docker-compose.yml"), surroundings, hosts), surroundings, hosts)
        refuse_taken(own, surroundings, variables, kinds(module).values())
        for about, problem in problems(own, surroundings, hosts):
            surroundings.problems.setdefault(about, problem)
        compose: dict[KeyPath, str] = {
            (section,): own.body((section,))
            for section in ("services", "networks", "volumes")
            if own.kind((section,)) == "map"
        }
        servers = [service for name, service in services(own).items() if name in hosts]
        entries[layout.compose] = {**compose, **_depends_on(surroundings, servers)}
        launched = _environment(module, servers)
        if launched and surroundings.launcher:
            entries[layout.dagster_yaml] = {ENV_VARS: dump(list(launched))}
            entries[layout.compose] |= _launchers(surroundings, launched)
    elif module.code_location == "shared":
        # It runs in webserver and daemon themselves.
        own_names = {name: f"${{{name}}}" for name in variables}
        entries[layout.compose] = {
            **_context(surroundings, module),
            **(_launchers(surroundings, own_names) if own_names else {}),
        }
        if own_names and surroundings.launcher:
            entries[layout.dagster_yaml] = {ENV_VARS: dump(list(own_names))}
        snippet = _snippet(folder)
    return Pieces(entries=entries, variables=variables, snippet=snippet)


def _read(path: Path) -> YamlFile:
    if not path.is_file():
        raise NothingToWorkOn(
            "the module lacks this file, so it cannot be added to a docker workspace",
            place=str(path),
            remedy="restore it, or get it from the template: cruft update",
        )
    return YamlFile(marked_blocks.decode(path.read_bytes(), str(path)), str(path))


def _hosts(locations: YamlFile) -> Iterator[str]:
    """The hosts of the gRPC servers."""
    listed = locations.plain(("load_from",))
    for item in listed if isinstance(listed, list) else ():
        server = item.get("grpc_server") if isinstance(item, dict) else None
        if isinstance(server, dict) and isinstance(server.get("host"), str):
            yield server["host"]


def _variables(example: Path, module: Module, ports: Mapping[str, int]) -> dict[str, str]:
    """Its variables in `.env`: an empty port is the assigned one, an empty password is generated."""
    if not example.is_file():
        return {}
    values = {}
    ours = {variable: ports[kind] for kind, variable in kinds(module).items()}
    for assignment in envfile.assignments(marked_blocks.decode(example.read_bytes(), str(example)), str(example)):
        values[assignment.key] = assignment.value
        if assignment.key in ours:
            values[assignment.key] = str(ours[assignment.key])
        elif not assignment.value and assignment.key.endswith("_PASSWORD"):
            values[assignment.key] = secrets.token_hex(16)
    return values


def needed(pieces: Pieces) -> set[str]:
    """The variables that Compose needs for these pieces and that are not among them."""
    texts = (text for entries in pieces.entries.values() for text in entries.values())
    uses = (use for text in texts for use in variables_in(text))
    return {use.name for use in uses if use.operator in ("?", ":?")} - pieces.variables.keys()


def _depends_on(surroundings: Surroundings, servers: list[Service]) -> dict[KeyPath, str]:
    """Webserver and daemon start after the code servers, in the form that each has."""
    entries: dict[KeyPath, str] = {}
    for service in surroundings.launching if servers else ():
        where = ("services", service.name, "depends_on")
        if surroundings.compose.kind(where) == "list":
            entries[where] = dump([server.name for server in servers])
        else:
            entries[where] = dump({server.name: {"condition": "service_started"} for server in servers})
    return entries


def _environment(module: Module, servers: list[Service]) -> dict[str, str]:
    """The module's own variables in its code server's environment."""
    variables = {name: value for server in servers for name, value in environment(server).items()}
    return {name: value for name, value in variables.items() if name.startswith(f"{module.prefix}_")}


def not_given(modules: Sequence[Module], surroundings: Surroundings) -> Iterator[DmbError]:
    """What modules require of the workspace must reach webserver and daemon where they, or what they start, run it.

    It is not written here: it is shared, so it belongs to no module's block.
    """
    affected = [module for module in modules if surroundings.launcher or module.code_location == "shared"]
    required = list(dict.fromkeys(name for module in affected for name in module.requires))
    lacking: dict[str, list[str]] = {}  # place -> variables
    for service in surroundings.launching if required else ():
        given = environment(service)
        if "env_file" not in service.node.entries and (names := [name for name in required if name not in given]):
            lacking[surroundings.place_of(service.name, "environment")] = names
    if surroundings.launcher and required:
        file = surroundings.files.yaml(surroundings.layout.dagster_yaml)
        listed = file.plain(ENV_VARS)
        passed = {str(item).partition("=")[0] for item in (listed if isinstance(listed, list) else ())}
        if names := [name for name in required if name not in passed]:
            lacking[f"{file.place}:{file.line(ENV_VARS)}"] = names
    if lacking:
        names = list(dict.fromkeys(name for lacking_names in lacking.values() for name in lacking_names))
        who = [module.name for module in affected if not set(names).isdisjoint(module.requires)]
        verb, its = ("requires", "its") if len(who) == 1 else ("require", "their")
        what = f"{its} {'runs' if surroundings.launcher else 'code'}"
        lines = ", ".join(f"`{name}: ${{{name}}}`" for name in names)
        launcher = " and their names in env_vars of dagster.yaml," if surroundings.launcher else ""
        yield DmbError(
            f"{', '.join(who)} {verb} {', '.join(names)}, which {what} would not get",
            place=", ".join(lacking),
            remedy=f"write {lines} in the environment of webserver and daemon,{launcher} outside modules' markers",
        )


def _launchers(surroundings: Surroundings, launched: Mapping[str, str]) -> dict[KeyPath, str]:
    """The same variables in the environment of webserver and daemon, which hand them to the runs that they start."""
    entries: dict[KeyPath, str] = {}
    for service in surroundings.launching:
        where = ("services", service.name, "environment")
        if surroundings.compose.kind(where) == "list":
            entries[where] = dump([f"{name}={value}" for name, value in launched.items()])
        else:
            entries[where] = dump(dict(launched))
    return entries


def _context(surroundings: Surroundings, module: Module) -> dict[KeyPath, str]:
    """The module's folder as a build context of the workspace's image."""
    builders = [
        service
        for service in surroundings.launching
        if surroundings.compose.kind(("services", service.name, "build")) == "map"
    ]
    if not builders:
        raise DmbError(
            "neither webserver nor daemon has its own `build` with a `context`",
            place=str(surroundings.layout.compose),
            remedy="write `build:` with `context: .` below it, or make the module an isolated one",
        )
    dockerfile = surroundings.layout.name_of(surroundings.layout.dockerfile)
    for service in builders:
        image = build(service)
        if image is None or Path(image.dockerfile).resolve() != surroundings.layout.dockerfile.resolve():
            raise DmbError(
                f"the image of {service.name} is not built from {dockerfile}, where modules that share the image go",
                place=surroundings.place_of(service.name, "build"),
                remedy="build webserver and daemon from that file, or make the module an isolated one",
            )
    return {
        ("services", service.name, "build", "additional_contexts"): dump({module.name: str(module.path)})
        for service in builders
    }


def _snippet(folder: Path) -> str:
    """How the module gets into the workspace's image."""
    path = folder / "dockerfile.snippet"
    if not path.is_file():
        raise NothingToWorkOn(
            "the module shares the workspace's image and lacks this file",
            place=str(path),
            remedy="restore it, or get it from the template: cruft update",
        )
    return marked_blocks.decode(path.read_bytes(), str(path))
