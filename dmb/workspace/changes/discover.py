"""What a workspace holds that was put in by hand, grouped by the module that it seems to belong to, with the evidence.

A code location is a module. What leads from there: the service that its host names, the databases and volumes that
only that service uses, what names it in `depends_on`, variables and processes named for it. Blocks between markers that
the registry does not know count by the name in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ...answers import prefix_from, slug_from
from ...compose.services import services
from ...databases import SERVERS
from ...ports.hosts import this_host
from ..state.status import blocks_of
from .placement import LOCATIONS, lines_of, location_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ...compose.service import Service
    from ...formats.yamlsplice import Entry as YamlEntry
    from ...formats.yamlsplice import KeyPath
    from ..state.files import Files


class Find(NamedTuple):
    """One thing that belongs to a module: an entry of a YAML file (`path`, `key`), or the lines `line` to `last`."""

    file: Path
    line: int
    words: str  # what it is, and why it is taken to be the module's
    path: KeyPath = ()
    key: str | int | None = None
    last: int = 0
    wrapped: bool = False  # it is between markers of that name already


@dataclass
class Group:
    """What one module has by hand. `notes` say what stays outside, and why."""

    name: str
    location: str
    target: Mapping[str, Any] = field(default_factory=dict)
    finds: list[Find] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)

    @property
    def port(self) -> int | None:
        """The port of its code server on this host."""
        host, port = (str(self.target.get(key, "")) for key in ("host", "port"))
        return int(port) if port.isdecimal() and this_host(host) else None

    @property
    def database(self) -> str:
        """The kind of server that it has."""
        return next((service.role for service in self.services if service.role in SERVERS), "none")


def discover(files: Files, known: Mapping[str, object], names: Mapping[str, str]) -> list[Group]:
    """All groups that the registry does not know. `names` gives a code location, or an old block, another name."""
    groups: dict[str, Group] = {}
    for item in _locations(files, known):
        name = names.get(item.location) or names.get(item.owner) or item.owner or slug_from(item.location)
        group = groups.setdefault(name, Group(name, item.location, item.target))
        group.finds.append(item.find)
    if files.exists(files.layout.compose):
        _add_services(files, known, groups, names)
    _add_blocks(files, known, groups, names)
    if files.exists(files.layout.procfile):
        _add_processes(files, groups)
    _add_variables(files, groups)
    return list(groups.values())


class _Location(NamedTuple):
    location: str
    owner: str  # of the block that it is in, "" outside
    target: Mapping[str, Any]
    find: Find


def _locations(files: Files, known: Mapping[str, object]) -> Iterator[_Location]:
    path = files.layout.workspace_yaml
    file = files.yaml(path)
    loaded = file.plain(LOCATIONS)
    items = loaded if isinstance(loaded, list) else []
    for number, (entry, item) in enumerate(zip(file.entries(LOCATIONS), items, strict=False)):
        if entry.owner in known:
            continue
        kind, target = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else ("", {})
        target = target if isinstance(target, dict) else {"": target}
        location = location_name(item) or target.get("relative_path") or target.get("host") or f"location-{number + 1}"
        words = f"{kind} {location}"
        if kind == "grpc_server":
            words += f" on {target.get('host', '?')}:{target.get('port', '?')}"
        find = Find(path, entry.line, words, LOCATIONS, number, wrapped=entry.owner is not None)
        yield _Location(str(location), entry.owner or "", target, find)


def _add_services(
    files: Files, known: Mapping[str, object], groups: dict[str, Group], names: Mapping[str, str]
) -> None:
    """The service that a location's host names, or `names` does, and what only that service uses."""
    path = files.layout.compose
    file = files.yaml(path)
    everything = services(file)
    lines = {entry.key: entry for entry in file.entries(("services",))}
    free = {name: service for name, service in everything.items() if name in lines and lines[name].owner not in known}
    hosts: dict[str, str] = {}
    for key in ("container_name", "hostname"):
        hosts |= {called: name for name, service in free.items() if (called := service.node.get(key).text)}
    hosts |= {name: name for name in free}
    used = _users(everything)
    for name in (names[service] for service in free if service in names):
        groups.setdefault(name, Group(name, name))  # one that no location leads to
    for group in groups.values():
        mapped = [name for name in free if names.get(name) == group.name]
        host = hosts.get(str(group.target.get("host", "")))
        own = [name for name in dict.fromkeys((host, *mapped)) if name]
        if host:
            _note(group, file, path, lines[host], ("services",), f"service {host}: the host of {group.location}")
        for name in mapped:
            if name != host:
                _note(group, file, path, lines[name], ("services",), f"service {name}: named by --map")
        for name in list(own):
            for need in free[name].needs:
                if need in free and free[need].role in SERVERS and used[need] <= {*own, need}:
                    own.append(need)
                    words = f"service {need}: a database that only {name} depends on"
                    _note(group, file, path, lines[need], ("services",), words)
        group.services = [everything[name] for name in own]
        _add_uses(group, file, path, everything, own)


def _users(everything: Mapping[str, Service]) -> dict[str, set[str]]:
    """Which services depend on each service."""
    users: dict[str, set[str]] = {name: set() for name in everything}
    for service in everything.values():
        for need in service.needs:
            users.setdefault(need, set()).add(service.name)
    return users


def _add_uses(group: Group, file: Any, path: Path, everything: Mapping[str, Service], own: list[str]) -> None:
    """What names the services in `depends_on` of others, and the volumes that nobody else mounts."""
    for service in everything.values():
        if service.name in own or not set(service.needs) & set(own):
            continue
        where = ("services", service.name, "depends_on")
        if file.kind(where) not in ("list", "map"):
            group.notes.append(
                f"{path}:{file.line(where)}: {service.name} depends on it in a form that no marker can wrap"
            )
            continue
        for number, (entry, need) in enumerate(zip(file.entries(where), service.needs, strict=False)):
            if need in own:
                words = f"{service.name} depends on {need}"
                _note(group, file, path, entry, where, words, key=entry.key if entry.key else number)
    mine = {volume for service in group.services for volume in service.volumes}
    others = {volume for service in everything.values() if service.name not in own for volume in service.volumes}
    for entry in file.entries(("volumes",)):
        if entry.key in mine - others:
            _note(group, file, path, entry, ("volumes",), f"volume {entry.key}: nothing else mounts it")


def _note(
    group: Group, file: Any, path: Path, entry: YamlEntry, where: KeyPath, words: str, key: str | int | None = None
) -> None:
    """Take an entry in; one that shares its line with others stays outside."""
    at = entry.key if key is None else key
    if entry.owner is not None:
        group.finds.append(Find(path, entry.line, words, where, at, wrapped=True))
    elif sum(other.line == entry.line for other in file.entries(where)) > 1 or file.line(where) == entry.line:
        group.notes.append(
            f"{path}:{entry.line}: {words}: it shares its line; put each on its own line to have it taken over"
        )
    else:
        group.finds.append(Find(path, entry.line, words, where, at))


def _add_blocks(files: Files, known: Mapping[str, object], groups: dict[str, Group], names: Mapping[str, str]) -> None:
    """Blocks between markers that dmb did not write, as a guide tells people to paste them."""
    layout = files.layout
    for path in (layout.workspace_yaml, layout.compose, layout.dagster_yaml, layout.env, layout.procfile):
        for block in blocks_of(files, path):
            name = names.get(block.owner, block.owner)
            if block.owner in known or name != block.owner:
                continue
            group = groups.setdefault(name, Group(name, name))
            if not any(find.file == path and find.wrapped for find in group.finds):
                group.finds.append(Find(path, block.line, f"a block with markers of {name}", wrapped=True))


def _add_processes(files: Files, groups: Mapping[str, Group]) -> None:
    path = files.layout.procfile
    inside = {line for block in blocks_of(files, path) for line in lines_of(block)}
    for number, text in enumerate(files.text(path).splitlines(), 1):
        process = text.partition(":")[0].strip()
        group = groups.get(process) or groups.get(slug_from(process))
        if group and ":" in text and not text.startswith("#") and number not in inside:
            group.finds.append(Find(path, number, f"process {process}", last=number))


def _add_variables(files: Files, groups: Mapping[str, Group]) -> None:
    """The longest run of variables that are named for a module; others of that name are noted and stay outside."""
    path = files.layout.env
    prefixes = {prefix_from(slug_from(group.name)): group for group in groups.values()}
    for group in groups.values():
        for word in (group.location, *(service.name for service in group.services[:1])):
            prefixes.setdefault(prefix_from(slug_from(word)), group)
    longest = sorted(prefixes, key=len, reverse=True)
    runs: dict[str, list[list[int]]] = {}
    variables = files.variables()
    dagster_yaml = files.layout.dagster_yaml
    needed = set(_named_variables(files.yaml(dagster_yaml).plain(()))) if files.exists(dagster_yaml) else set()
    wrapped = {find.file: group for group in groups.values() for find in group.finds if find.wrapped}
    for index, variable in enumerate(variables):
        prefix = next((p for p in longest if p and variable.key.startswith(f"{p}_")), None)
        if prefix is None or variable.owner is not None:
            continue
        if variable.key in needed:  # the instance's, whatever its name: without it Dagster does not start
            words = f"{variable.key} is used in {files.layout.name_of(dagster_yaml)} and stays as it is"
            groups[prefixes[prefix].name].notes.append(f"{path}:{variable.line}: {words}")
            continue
        several = runs.setdefault(prefixes[prefix].name, [])
        if several and several[-1][-1] == index - 1 and variables[index - 1].owner is None:
            several[-1].append(index)
        else:
            several.append([index])
    for name, several in runs.items():
        group = groups[name]
        best = max(several, key=len)
        if wrapped.get(path) is group or any("\n" in variables[index].value for index in best):
            best = []
        if best:
            first, last = variables[best[0]], variables[best[-1]]
            keys = ", ".join(variables[index].key for index in best)
            group.finds.append(Find(path, first.line, f"{keys}: named for it", last=last.line))
        for index in (index for run in several if run is not best for index in run):
            variable = variables[index]
            group.notes.append(f"{path}:{variable.line}: {variable.key} is not next to the others and stays as it is")


def _named_variables(data: object) -> Iterator[str]:
    """The variables that one of Dagster's own files names: `{env: NAME}`."""
    if isinstance(data, dict) and len(data) == 1 and isinstance(data.get("env"), str):
        yield data["env"]
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _named_variables(value)
