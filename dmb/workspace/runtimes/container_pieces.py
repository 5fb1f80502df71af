"""What a module has in a workspace of containers: its own `workspace/local/` files, as they stand, each where it goes.

A variable of a run must be in the launcher's `env_vars` and in the environment of what launches it; a `depends_on` of
webserver and daemon starts the code server first. Modules that share the workspace's image share one block in its
Dockerfile, a section each.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.service import build, environment
from ...compose.services import services
from ...databases import SERVERS
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks
from ...formats.yamlsplice import YamlFile, dump
from ..state.files import Pieces
from .conflicts import refuse_taken
from .networks import placed, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...compose.service import Service
    from ...formats.yamlsplice import KeyPath
    from ...module import Module
    from .surroundings import Surroundings

FOLDER = "workspace/local"
ENV_VARS = ("run_launcher", "config", "env_vars")

_NEEDED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?\?")  # Compose refuses to start without it


def kinds(module: Module) -> dict[str, str]:
    """The ports that it publishes on the host, and the variable of each."""
    return {module.database: f"{module.prefix}_DB_PORT"} if module.database in SERVERS else {}


def pieces(module: Module, there: Surroundings, ports: Mapping[str, int]) -> Pieces:
    """What the module has there; what is missing for it goes to `there.problems`.

    Refuses (DmbError) pieces that this workspace cannot hold as they are.
    """
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
        for about, problem in problems(own, there, hosts):
            there.problems.setdefault(about, problem)
        compose: dict[KeyPath, str] = {
            (section,): own.body((section,))
            for section in ("services", "networks", "volumes")
            if own.kind((section,)) == "map"
        }
        servers = [one for name, one in services(own).items() if name in hosts]
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
    return YamlFile(marked_blocks.decode(path.read_bytes(), str(path)), str(path))


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
    for one in envfile.assignments(marked_blocks.decode(example.read_bytes(), str(example)), str(example)):
        values[one.key] = one.value
        if one.key in ours:
            values[one.key] = str(ours[one.key])
        elif not one.value and one.key.endswith("_PASSWORD"):
            values[one.key] = secrets.token_hex(16)
    return values


def needed(found: Pieces) -> set[str]:
    """The variables that Compose needs for these pieces and that are not among them."""
    texts = (text for entries in found.entries.values() for text in entries.values())
    return {name for text in texts for name in _NEEDED.findall(text)} - found.variables.keys()


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


def not_given(modules: Sequence[Module], there: Surroundings) -> Iterator[DmbError]:
    """What modules require of the workspace must reach webserver and daemon where they, or what they start, run it.

    It is not written here: it is shared, so it belongs to no module's block.
    """
    asking = [module for module in modules if there.launcher or module.code_location == "shared"]
    required = list(dict.fromkeys(name for module in asking for name in module.requires))
    lacking: dict[str, list[str]] = {}  # place -> variables
    for one in there.launching if required else ():
        given = environment(one)
        if "env_file" not in one.node.entries and (names := [name for name in required if name not in given]):
            lacking[f"{there.compose.place}:{there.compose.line(('services', one.name, 'environment'))}"] = names
    if there.launcher and required:
        file = there.files.yaml(there.layout.dagster_yaml)
        listed = file.plain(ENV_VARS)
        passed = {str(item).partition("=")[0] for item in (listed if isinstance(listed, list) else ())}
        if names := [name for name in required if name not in passed]:
            lacking[f"{file.place}:{file.line(ENV_VARS)}"] = names
    if lacking:
        names = list(dict.fromkeys(name for each in lacking.values() for name in each))
        who = [module.name for module in asking if not set(names).isdisjoint(module.requires)]
        verb, its = ("requires", "its") if len(who) == 1 else ("require", "their")
        what = f"{its} {'runs' if there.launcher else 'code'}"
        lines = ", ".join(f"`{name}: ${{{name}}}`" for name in names)
        launcher = " and their names in env_vars of dagster.yaml," if there.launcher else ""
        yield DmbError(
            f"{', '.join(who)} {verb} {', '.join(names)}, which {what} would not get",
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
        image = build(one)
        if image is None or Path(image.dockerfile).resolve() != there.layout.dockerfile.resolve():
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
    return marked_blocks.decode(path.read_bytes(), str(path))
