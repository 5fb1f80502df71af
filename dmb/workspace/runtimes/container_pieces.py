"""What a module has in a workspace of containers: its own `workspace/local/` files, unchanged, each in its place.

Its code server gets what code needs of this workspace besides (see `instance`). Where each run has a container of its
own, what the code server says of itself (its container context) gives its runs its variables, by name, and its volumes;
what starts runs must have the values. Modules that share the workspace's image share one block in its Dockerfile, a
section each.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.service import build, environment, mounts
from ...compose.services import services
from ...databases import SERVERS
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks
from ...formats.interpolation import variables_in
from ...formats.yamlsplice import YamlFile, dump
from ...module import PIECES
from ...ports.port_variables import port_variable
from ..state import kept_passwords
from ..state.files import Pieces
from .conflicts import refuse_taken
from .fitting import fitted
from .networks import placed, problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...compose.service import Service
    from ...formats.yamlsplice import KeyPath
    from ...module import Module
    from .surroundings import Surroundings

ENV_VARS = ("run_launcher", "config", "env_vars")
VOLUMES = ("run_launcher", "config", "container_kwargs", "volumes")
AUTH = "/run/auth"  # in containers: a folder for each module's credential files


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
    kept = kept_passwords.read(surroundings.files).get(module.name, {})
    variables = _variables(folder / ".env.example", module, ports, kept)
    snippet = ""
    if (folder / "docker-compose.yml").is_file():
        hosts = list(_hosts(locations))
        own = placed(_read(folder / "docker-compose.yml"), surroundings, hosts)
        servers = [service for name, service in services(own).items() if name in hosts]
        launched = _environment(module, servers)
        for about, problem in problems(own, surroundings, hosts):
            surroundings.problems.setdefault(about, problem)
        own = fitted(own, surroundings, hosts, list(launched))
        refuse_taken(own, surroundings, variables, kinds(module).values())
        entries[layout.compose] = {
            (section,): body
            for section in ("services", "networks", "volumes")
            if own.kind((section,)) == "map" and (body := _body(own, section))
        }
        if launched and surroundings.launcher:
            entries[layout.compose] |= _launchers(surroundings, surroundings.instance.starts_runs, launched)
    elif module.code_location == "shared":
        # It runs in webserver and daemon themselves.
        own_names = {name: f"${{{name}}}" for name in variables} | {
            f"{module.prefix}_AUTH_DIR": f"{AUTH}/{module.name}"
        }
        entries[layout.compose] = {
            **_context(surroundings, module),
            **_launchers(surroundings, surroundings.launching, own_names),
            **_credentials(surroundings, module),
        }
        if surroundings.instance.launcher:
            entries[layout.dagster_yaml] = {ENV_VARS: dump(list(own_names))}
            volume = f"{surroundings.layout.auth / module.name}:{AUTH}/{module.name}:ro"
            if surroundings.files.yaml(layout.dagster_yaml).kind(VOLUMES) == "list":
                entries[layout.dagster_yaml] |= {VOLUMES: dump([volume])}
            else:
                surroundings.notes[
                    f"{layout.dagster_yaml}: container_kwargs has no list of volumes, so credential files of "
                    f"{module.name} do not reach them: {volume}"
                ] = None
        snippet = _snippet(folder)
    return Pieces(entries=entries, variables=variables, snippet=snippet)


def _read(path: Path) -> YamlFile:
    if not path.is_file():
        raise NothingToWorkOn(
            "the module lacks this file, so it cannot be added to a docker workspace",
            place=str(path),
            remedy="restore it, or get it from the template: cruft update",
        )
    return YamlFile(marked_blocks.read(path), str(path))


def _hosts(locations: YamlFile) -> Iterator[str]:
    """The hosts of the gRPC servers."""
    listed = locations.plain(("load_from",))
    for item in listed if isinstance(listed, list) else ():
        server = item.get("grpc_server") if isinstance(item, dict) else None
        if isinstance(server, dict) and isinstance(server.get("host"), str):
            yield server["host"]


def _variables(example: Path, module: Module, ports: Mapping[str, int], kept: Mapping[str, str]) -> dict[str, str]:
    """Its variables in `.env`: an empty port is the assigned one, an empty password is generated, or the one that its
    volume was made with.
    """
    if not example.is_file():
        return {}
    values = {}
    ours = {variable: ports[kind] for kind, variable in kinds(module).items()}
    for assignment in envfile.assignments(marked_blocks.read(example), str(example)):
        values[assignment.key] = assignment.value
        if assignment.key in ours:
            values[assignment.key] = str(ours[assignment.key])
        elif not assignment.value and assignment.key.endswith("_PASSWORD"):
            values[assignment.key] = kept.get(assignment.key) or secrets.token_hex(16)
    return values


def needed(pieces: Pieces) -> set[str]:
    """The variables that Compose needs for these pieces and that are not among them."""
    texts = (text for entries in pieces.entries.values() for text in entries.values())
    uses = (use for text in texts for use in variables_in(text))
    return {use.name for use in uses if use.operator in ("?", ":?")} - pieces.variables.keys()


def _body(own: YamlFile, section: str) -> str:
    """The entries of a section; of the volumes those that a service uses."""
    entries = own.root.get(section).entries
    used = {volume for service in services(own).values() for volume in service.volumes}
    if section != "volumes" or used >= entries.keys():
        return own.body((section,))
    kept = {name: definition for name, definition in own.data[section].items() if name in used}
    return dump(kept) if kept else ""


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


def _launchers(
    surroundings: Surroundings, launching: Sequence[Service], variables: Mapping[str, str]
) -> dict[KeyPath, str]:
    """The variables in the environment of what starts runs, which hands them on by name."""
    entries: dict[KeyPath, str] = {}
    for service in launching:
        where = ("services", service.name, "environment")
        if surroundings.compose.kind(where) == "list":
            entries[where] = dump([f"{name}={value}" for name, value in variables.items()])
        else:
            entries[where] = dump(dict(variables))
    return entries


def _credentials(surroundings: Surroundings, module: Module) -> dict[KeyPath, str]:
    """The module's credential files in webserver and daemon, where its code runs and they do not mount them all."""
    entries: dict[KeyPath, str] = {}
    for service in surroundings.launching:
        where = ("services", service.name, "volumes")
        if AUTH in (mount.target.rstrip("/") for mount in mounts(service)):
            continue
        if surroundings.compose.kind(where) == "absent" and service.node.get("volumes").kind != "null":
            surroundings.notes[
                f"{surroundings.place_of(service.name, 'volumes')}: {service.name} has its volumes from elsewhere, so "
                f"credential files of {module.name} do not reach it: mount ./auth at {AUTH} there"
            ] = None
            continue
        entries[where] = dump([f"./auth/{module.name}:{AUTH}/{module.name}:ro"])
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
    return marked_blocks.read(path)
