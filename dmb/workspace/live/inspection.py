"""A workspace that runs, compared with what its files say: which locations loaded, and what serves them."""

from __future__ import annotations

import contextlib
import re
import shlex
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import DmbError
from ...formats import marked_blocks
from ...formats.yamlsplice import YamlFile
from ..changes.placement import LOCATIONS
from ..changes.rotate import interrupted
from ..runtimes import engine
from ..state.registry import Registry
from . import code_servers as servers
from .graphql import Webserver
from .problems import Problem
from .runs import Inspection, ask_runs
from .runs import addresses as executing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ...layout import Layout

_ENTRY = """name displayMetadata { key value } locationOrLoadError { __typename
  ... on RepositoryLocation { dagsterLibraryVersions { name version } %s }
  ... on PythonError { message errorChain { error { message } } } }"""
_ENTRIES = "locationEntries { " + _ENTRY + " }"
_ASSETS = "repositories { assetNodes { assetKey { path } isExecutable } }"
_WORKSPACE = "{ version workspaceOrError { __typename ... on Workspace { %s } ... on PythonError { message } } }" % (
    _ENTRIES % _ASSETS
)
_RELOAD = """mutation { reloadWorkspace { __typename ... on Workspace { %s } ... on PythonError { message }
  ... on UnauthorizedError { message } } }""" % (_ENTRIES % "")
_RELOAD_LOCATION = """mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename
  ... on WorkspaceLocationEntry { %s } ... on PythonError { message } ... on ReloadNotSupported { message }
  ... on RepositoryLocationNotFound { message } ... on UnauthorizedError { message } } }""" % (_ENTRY % "")


class Location(NamedTuple):
    """A code location as the webserver has it. `error` is None when it loaded; `dagster` is its version."""

    name: str
    error: str | None
    dagster: str | None
    server: tuple[str, int] | None  # the address of its gRPC server
    libraries: Mapping[str, str]  # those of Dagster that it has loaded -> version


@dataclass(frozen=True)
class Live:
    """What a webserver and the code servers answered. `notes` say what could not be checked.

    `logs` are the last lines of servers in containers that do not answer, by location.
    """

    url: str
    version: str
    locations: tuple[Location, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    logs: Mapping[str, tuple[str, ...]]


def inspect_workspace(url: str, layout: Layout) -> Live:
    """Ask the webserver at `url`, and each gRPC server itself. Raises DmbError when the webserver does not answer."""
    server, lines = Webserver(url), location_lines(layout)
    data = server.ask(_WORKSPACE)
    with _understanding(server):
        entries = _entries(data["workspaceOrError"], server)
        locations = [_location(entry) for entry in entries]
        problems = [
            *_served(locations, lines),
            *_collisions(entries),
            *_versions(locations, _libraries(layout, str(data["version"]))),
        ]
    registry = Registry.parse(layout.registry.read_bytes(), layout.registry)
    packages = {entry.location_name: entry.package for entry in registry.modules.values()}
    served = {location.name: location.server for location in locations if location.server}
    notes, runs = list[str](), None
    try:
        runs = ask_runs(server)
    except DmbError as error:
        notes.append(f"the runs were not checked: {error.cause}")
    addresses = list({*served.values(), *(executing(runs) if runs else ())})
    answers: dict[tuple[str, int], dict[str, Any]] = {}
    logs, remedies = dict[str, tuple[str, ...]](), dict[str, str]()
    try:
        answers = (
            dict(zip(addresses, servers.ask(addresses, layout, registry.runtime), strict=True)) if addresses else {}
        )
        silent = {name: host for name, (host, port) in served.items() if "error" in answers[host, port]}
        if registry.runtime == "docker":
            logs, remedies = _of_containers(silent, layout)
        problems += _servers(served, answers, packages, remedies)
    except DmbError as error:
        notes.append(f"the code servers themselves were not checked: {error.cause}")
    for name in interrupted(layout):
        notes.append(f"the new password of {name} is not yet in .env; run again: dmb workspace rotate {name}")
    if runs and runs.unfinished:
        names = {location.name for location in locations}
        inspection = Inspection(server, layout, registry.runtime, runs, answers=answers, served=names)
        problems += inspection.problems
        notes += inspection.notes
    problems = [problem._replace(line=lines.get(problem.subject, 0)) for problem in problems]
    return Live(server.url, str(data["version"]), tuple(locations), tuple(problems), tuple(notes), logs)


def reload(url: str) -> tuple[Location, ...]:
    """Have the webserver at `url` read its workspace.yaml again and reload every location. Returns the locations.

    Raises DmbError when it does not answer or cannot read the file: it then goes on with what it had.
    """
    server = Webserver(url)
    data = server.ask(_RELOAD)
    with _understanding(server):
        return tuple(_location(entry) for entry in _entries(data["reloadWorkspace"], server))


def reload_location(url: str, name: str) -> Location:
    """Have the webserver at `url` load one code location again, from a code server that loads its code again.

    Raises DmbError when it does not answer, or has no such location.
    """
    server = Webserver(url)
    entry = server.ask(_RELOAD_LOCATION, name=name)["reloadRepositoryLocation"]
    with _understanding(server):
        if entry["__typename"] != "WorkspaceLocationEntry":
            raise DmbError(
                f"the webserver does not load {name} again: {entry.get('message', entry['__typename'])}".strip(),
                place=server.url,
                remedy="look whether it is in workspace.yaml, and reload all on the Deployment page",
            )
        return _location(entry)


def waiting(locations: Iterable[Location], layout: Layout) -> tuple[str, ...]:
    """The locations that only wait for a container that nobody has started yet: Dagster takes them in when it runs."""
    absent = {location.name: location.server[0] for location in locations if location.error and location.server}
    if not absent or Registry.parse(layout.registry.read_bytes(), layout.registry).runtime != "docker":
        return ()
    try:
        names = {name for container in engine.containers(layout) for name in container.names}
    except DmbError:
        return ()
    return tuple(name for name, host in absent.items() if host not in names)


@contextlib.contextmanager
def _understanding(server: Webserver) -> Iterator[None]:
    """Refuse an answer without the expected fields."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DmbError(
            "the answer is not that of a Dagster webserver",
            place=server.url,
            remedy="give the webserver's own address; if it is that, report its version",
        ) from error


def _entries(answer: Mapping[str, Any], server: Webserver) -> list[dict[str, Any]]:
    if answer["__typename"] != "Workspace":
        raise DmbError(
            f"the webserver cannot load its workspace: {answer.get('message', answer['__typename'])}".strip(),
            place=server.url,
            remedy="fix workspace.yaml; dmb workspace validate shows what is wrong",
        )
    return list(answer["locationEntries"])


def _location(entry: Mapping[str, Any]) -> Location:
    """`loadStatus` says LOADED for a failure too, so the type decides."""
    loaded = entry["locationOrLoadError"] or {"__typename": "none"}
    versions = {item["name"]: item["version"] for item in loaded.get("dagsterLibraryVersions") or ()}
    metadata = {item["key"]: item["value"] for item in entry["displayMetadata"]}
    server = (
        (metadata["host"], int(metadata["port"]))
        if "host" in metadata and metadata.get("port", "").isdecimal()
        else None
    )
    error = None
    if loaded["__typename"] == "PythonError":
        chain = [item["error"]["message"] for item in loaded.get("errorChain") or ()]
        # The last cause is what the module's author has to fix; the rest is how Dagster reached it.
        error = (chain or [loaded["message"]])[-1].strip()
    elif loaded["__typename"] != "RepositoryLocation":
        error = "it is still loading"
    return Location(str(entry["name"]), error, versions.get("dagster"), server, versions)


def location_lines(layout: Layout) -> dict[str, int]:
    """The names of the locations in workspace.yaml, with their lines."""
    path = layout.workspace_yaml
    file = YamlFile(marked_blocks.read(path), str(path))
    loaded = file.plain(LOCATIONS)
    served_names = [_served_name(item) for item in (loaded if isinstance(loaded, list) else ())]
    pairs = zip(file.entries(LOCATIONS), served_names, strict=False)
    return {name: entry.line for entry, name in pairs if name is not None}


def _served_name(item: object) -> str | None:
    """The name that Dagster serves an item of `load_from` under; None where it comes from its environment."""
    kind, target = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else ("", None)
    if isinstance(target, str):
        target = {"relative_path" if kind == "python_file" else "module_name": target}
    if not isinstance(target, dict):
        return None
    if name := target.get("location_name"):
        return name if isinstance(name, str) else None
    if kind == "grpc_server":
        endpoint = target.get("socket", target.get("port"))
        return f"grpc:{target.get('host', 'localhost')}:{endpoint}" if isinstance(endpoint, str) else None
    name = (
        target.get("module_name") or target.get("package_name") or PurePosixPath(str(target.get("relative_path"))).name
    )
    return f"{name}:{target['attribute']}" if target.get("attribute") else str(name)


def _served(locations: Sequence[Location], lines: Mapping[str, int]) -> list[Problem]:
    problems = []
    for location in locations:
        if location.error is not None:
            message = f"{location.name} does not load: {location.error}"
            problems.append(
                Problem("WSP051", location.name, message, "fix the module's code or environment, then reload")
            )
        if location.name not in lines:
            message = f"{location.name} is served, but it is not in workspace.yaml"
            remedy = "reload or restart the webserver; it may also belong to another workspace"
            problems.append(Problem("WSP053", location.name, message, remedy))
    served = {location.name for location in locations}
    for name in (name for name in lines if name not in served):
        message = f"{name} is in workspace.yaml, but the webserver does not have it"
        remedy = "reload it; plain `dagster dev` serves from a copy of the file: stop it and start it again"
        problems.append(Problem("WSP052", name, message, remedy))
    return problems


def _collisions(entries: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Assets that more than one location can compute. One that only depends on it has a stub that cannot."""
    owners: dict[str, list[str]] = {}
    for entry in entries:
        for repository in (entry["locationOrLoadError"] or {}).get("repositories") or ():
            for node in repository["assetNodes"]:
                if node["isExecutable"]:
                    owners.setdefault("/".join(node["assetKey"]["path"]), []).append(str(entry["name"]))
    remedy = "give the keys of each module a prefix of its own (key_prefix)"
    return [
        Problem("WSP054", names[-1], f"the asset {key} is defined in {' and in '.join(names)}", remedy)
        for key, names in sorted(owners.items())
        if len(set(names)) > 1
    ]


def _libraries(layout: Layout, version: str) -> dict[str, str]:
    """The libraries that webserver and daemon have: those of the workspace's environment, if that is the one that runs.

    In an image they cannot be seen; most move with Dagster itself.
    """
    installed: dict[str, str] = {}
    for site in layout.venv.glob("lib/python*/site-packages"):
        distributions = Distribution.discover(path=[str(site)])
        installed |= {
            distribution.name: distribution.version
            for distribution in distributions
            if distribution.name and distribution.name.startswith("dagster")
        }
    return installed if installed.get("dagster") == version else {"dagster": version}


def _versions(locations: Iterable[Location], host: Mapping[str, str]) -> Iterator[Problem]:
    for location in locations:
        newer = [
            name
            for name, version in location.libraries.items()
            if name in host and _number(version) > _number(host[name])
        ]
        if newer:
            theirs = ", ".join(f"{name} {location.libraries[name]}" for name in newer)
            ours = ", ".join(f"{name} {host[name]}" for name in newer)
            message = f"{location.name} has {theirs}, and the webserver has {ours}"
            yield Problem("WSP055", location.name, message, "upgrade the webserver and the daemon first")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _servers(
    served: Mapping[str, tuple[str, int]],
    answers: Mapping[tuple[str, int], Mapping[str, Any]],
    packages: Mapping[str, str],
    remedies: Mapping[str, str],
) -> list[Problem]:
    problems = []
    for name, (host, port) in served.items():
        address, answer = f"{host}:{port}", answers[host, port]
        if "error" in answer:
            remedy = "start it: dmb workspace up, or its line of the Procfile"
            message = f"no code server answers for {name} at {address}: {answer['error']}"
            problems.append(Problem("WSP056", name, message, remedies.get(name, remedy)))
            continue
        modules = sorted({module for modules in answer["servers"].values() for module in modules})
        if len(answer["servers"]) > 1:
            message = f"{len(answer['servers'])} code servers share {address}: {', '.join(modules)}"
            problems.append(Problem("WSP058", name, message, "stop all but one, and give each its own port"))
        package = packages.get(name)
        others = [module for module in modules if package and module.split(".")[0] != package.split(".")[0]]
        if others:
            message = f"the code server at {address} serves {', '.join(others)}, and {name} is {package}"
            problems.append(Problem("WSP057", name, message, "stop that server, or give one of the two another port"))
    return problems


def _of_containers(silent: Mapping[str, str], layout: Layout) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The ends of the logs of code servers (location -> host) that do not answer, and what to do for each."""
    start = f"cd {shlex.quote(str(layout.root))} && docker compose"
    logs, remedies = {}, {}
    try:
        containers = engine.containers(layout) if silent else ()
        for name, host in silent.items():
            container = next((each for each in containers if host in each.names), None)
            if container is None:
                remedies[name] = f"start it: {start} up --detach"
                continue
            service, lines = container.service, engine.last_lines(layout, container.service)
            logs[name] = tuple(lines)
            log = f"its log ends with: {lines[-1]}" if lines else "its log is empty"
            again = "" if container.running else f"; start it: {start} up --detach {service}"
            remedies[name] = f"{log}; more of it: {start} logs --tail 100 {service}{again}"
    except DmbError as error:
        remedies = dict.fromkeys(silent, f"look at its container ({error.cause}): {start} ps --all")
    return logs, remedies
