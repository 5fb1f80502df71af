"""A workspace that runs, compared with what its files say: which locations loaded, and what serves them."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import DmbError
from ...formats import marked_blocks
from ...formats.yamlsplice import YamlFile
from ..changes.placement import LOCATIONS
from ..state.registry import Registry
from . import code_servers as servers
from .graphql import Webserver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ...layout import Layout

# The problems that only a running workspace shows: id -> (severity, title). Listed in docs/reference/findings.md.
PROBLEMS: Mapping[str, tuple[str, str]] = {
    "WSP051": ("error", "A code location does not load"),
    "WSP052": ("error", "A code location of workspace.yaml is not served"),
    "WSP053": ("warning", "A code location is served that workspace.yaml does not have"),
    "WSP054": ("error", "Two code locations define one asset"),
    "WSP055": ("warning", "A code location has newer libraries of Dagster than the webserver"),
    "WSP056": ("error", "A code server does not answer"),
    "WSP057": ("error", "A code server serves another module"),
    "WSP058": ("error", "Two code servers share one port"),
}

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


class Problem(NamedTuple):
    """What is wrong: a key of TROUBLES, the object, what, and what to do. `line` is that of its item, 0 for none."""

    rule: str
    subject: str
    message: str
    remedy: str
    line: int = 0

    @property
    def severity(self) -> str:
        """As in a finding."""
        return PROBLEMS[self.rule][0]


@dataclass(frozen=True)
class Live:
    """What a webserver and the code servers answered. `notes` say what could not be checked."""

    url: str
    version: str
    locations: tuple[Location, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


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
    remote, notes = [location for location in locations if location.server], []
    try:
        addresses = [location.server for location in remote if location.server]
        answers = servers.ask(addresses, layout, registry.runtime) if remote else []
        problems += _servers(zip(remote, answers, strict=True), packages)
    except DmbError as error:
        notes.append(f"the code servers themselves were not checked: {error.cause}")
    problems = [problem._replace(line=lines.get(problem.subject, 0)) for problem in problems]
    return Live(server.url, str(data["version"]), tuple(locations), tuple(problems), tuple(notes))


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
    file = YamlFile(marked_blocks.decode(path.read_bytes(), str(path)), str(path))
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


def _servers(answers: Iterable[tuple[Location, dict[str, Any]]], packages: Mapping[str, str]) -> list[Problem]:
    problems = []
    for location, answer in answers:
        host, port = location.server or ("", 0)
        address = f"{host}:{port}"
        if "error" in answer:
            message = f"no code server answers for {location.name} at {address}: {answer['error']}"
            problems.append(
                Problem("WSP056", location.name, message, "start it: dmb workspace up, or its line of the Procfile")
            )
            continue
        served = sorted({module for modules in answer["servers"].values() for module in modules})
        if len(answer["servers"]) > 1:
            message = f"{len(answer['servers'])} code servers share {address}: {', '.join(served)}"
            problems.append(Problem("WSP058", location.name, message, "stop all but one, and give each its own port"))
        package = packages.get(location.name)
        others = [module for module in served if package and module.split(".")[0] != package.split(".")[0]]
        if others:
            message = f"the code server at {address} serves {', '.join(others)}, and {location.name} is {package}"
            problems.append(
                Problem("WSP057", location.name, message, "stop that server, or give one of the two another port")
            )
    return problems
