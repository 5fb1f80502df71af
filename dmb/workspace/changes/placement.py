"""What has to change in a workspace's files for modules to be in it: planned into a transaction, or refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ...errors import DmbError, refuse
from ...formats import marked_blocks
from ...ports.choice import Held, propose
from ...ports.port_variables import port_variable
from ...ports.survey import survey
from ...ports.tables import SOURCES, Holder
from ..runtimes import container_pieces, local
from ..runtimes.surroundings import Surroundings
from ..state import kept_passwords
from ..state.files import NO_PIECES
from ..state.registry import Entry, Registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...formats.envfile import Assignment
    from ...module import Module
    from ..state.files import Files, Pieces

LOCATIONS = ("load_from",)

_PROCESS = re.compile(r"^([A-Za-z0-9_-]+):[ \t]*\S", re.MULTILINE)  # as honcho reads a line of a Procfile


class Placement(NamedTuple):
    """What becomes of one module. `ports` are the assigned ones; `notes` say why one is not the preferred one."""

    module: Module
    status: Literal["added", "changed", "unchanged"]
    ports: Mapping[str, int]
    notes: tuple[str, ...]


def place_modules(
    files: Files,
    registry: Registry,
    modules: Sequence[Module],
    *,
    now: str,
    force: bool = False,
    gone: Sequence[str] = (),
) -> tuple[Registry, list[Placement], tuple[str, ...]]:
    """Plan all modules into the workspace's files: the new registry, what becomes of each module, notes for the user.

    The modules named in `gone` are removed. `now` is the time of the change, ISO 8601. Raises DmbError with
    the file and line of what prevents it.
    """
    layout = files.layout
    _refuse_twins(modules)
    for module in modules:
        local.check_path(module.path)
        _refuse_another(module, registry)
    # Before the ports are looked for: the errors about a broken file are better here.
    variables = files.variables() if modules else ()
    _refuse_locations(files, {module.location_name: module.name for module in modules})
    docker = registry.runtime == "docker"
    surroundings = Surroundings(files) if docker and modules else None
    wanted = {module.name: container_pieces.kinds(module) if docker else {} for module in modules}
    if registry.code_servers:
        wanted = {module.name: {"grpc": port_variable(module.prefix, "grpc")} for module in modules}
    held = survey(layout.root, documents=files.documents) if any(wanted.values()) else None
    ports, reasons = _assign(files, held, modules, wanted)
    awaits = registry.code_servers and local.makes_storage(files.text(layout.procfile))
    pieces: dict[str, Pieces] = {
        module.name: container_pieces.pieces(module, surroundings, ports[module.name])
        if surroundings
        else local.pieces(module, layout, ports[module.name].get("grpc"), awaits=awaits)
        for module in modules
    }
    problems = list(_unset(modules, pieces, variables, str(layout.env)))
    if surroundings:
        problems += [*container_pieces.not_given(modules, surroundings), *surroundings.problems.values()]
    refuse(problems)
    if registry.code_servers:
        _refuse_processes(files, pieces)
    kept_passwords.keep(files, gone)
    kept_passwords.forget(files, pieces.keys())
    entries = {name: registry.modules.get(name) for name in (*pieces, *gone)}
    blocks, touched = files.change({**pieces, **dict.fromkeys(gone, NO_PIECES)}, entries, force=force)

    placements = []
    changed: dict[str, Entry | None] = dict.fromkeys(gone)
    for module in modules:
        old = entries[module.name]
        entry = Entry(
            path=str(module.path),
            location_name=module.location_name,
            package=module.package,
            database=module.database,
            added=old.added if old else now,
            ports=ports[module.name],
            blocks=blocks[module.name],
        )
        changed[module.name] = entry
        status: Literal["added", "changed", "unchanged"] = "added" if old is None else "changed"
        if entry == old and module.name not in touched:
            status = "unchanged"
        placements.append(Placement(module, status, ports[module.name], tuple(reasons[module.name])))
    notes = (*(held.notes if held else ()), *(surroundings.notes if surroundings else ()))
    return registry.with_modules(changed), placements, notes


def location_name(item: object) -> str | None:
    """The name of an item of `load_from`; None where it has none and Dagster makes one."""
    if not isinstance(item, dict) or len(item) != 1:
        return None
    (target,) = item.values()
    if isinstance(target, dict):
        target = target.get("location_name") or target.get("module_name") or target.get("package_name")
    return target if isinstance(target, str) else None


def _assign(
    files: Files, held: Held | None, modules: Sequence[Module], wanted: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """A port for each kind that a module wants, by module, and sentences on each port.

    `wanted` has the variable of each kind. The port in the module's block of `.env` is kept; else it is the preferred
    one if free, else the next free one.
    """
    ports: dict[str, dict[str, int]] = {module.name: {} for module in modules}
    reasons: dict[str, list[str]] = {module.name: [] for module in modules}
    if held is None:
        return ports, reasons
    kept = _kept_ports(files, {(name, variable) for name, kinds in wanted.items() for variable in kinds.values()})
    for module in modules:
        known = {kind: kept.get((module.name, variable)) for kind, variable in wanted[module.name].items()}
        ports[module.name] = propose(module.name, known, held, preferred=module.ports)
        for kind, port in ports[module.name].items():
            reasons[module.name].append(_sentence(kind, port, module, held))
            held.add(Holder(port, kind, module.name, str(files.layout.registry), "registry"))
    return ports, reasons


def _sentence(kind: str, port: int, module: Module, held: Held) -> str:
    """The port, and why it is not the one that the module prefers."""
    words = f"{'gRPC' if kind == 'grpc' else kind} port {port}"
    preferred = module.ports.get(kind, port)
    holder = held.holder(preferred, besides=module.name) if preferred != port else None
    if holder is None:
        return words
    by = f"{holder.who} ({SOURCES[holder.source]}; {holder.place})"
    return f"{words}; the preferred port {preferred} is held by {by}"


def _kept_ports(files: Files, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The ports in modules' blocks of `.env`, which a person may have changed, by module and variable."""
    kept: dict[tuple[str, str], int] = {}
    for variable in files.variables():
        if variable.owner is None or (variable.owner, variable.key) not in wanted:
            continue
        value = variable.value
        if not (value.isascii() and value.isdecimal() and len(value) <= 5 and 1024 <= int(value) <= 65535):
            raise DmbError(
                f"{variable.key} is not a port number",
                place=f"{files.layout.env}:{variable.line}",
                remedy="write a number from 1024 to 65535, or remove the line to have one assigned",
            )
        kept.setdefault((variable.owner, variable.key), int(value))
    return kept


def _refuse_twins(modules: Sequence[Module]) -> None:
    """A name is one module, and so is a code location's name."""
    names: dict[str, Module] = {}
    locations: dict[str, Module] = {}
    for module in modules:
        other = names.setdefault(module.name, module)
        if other is not module:
            raise DmbError(
                f"two modules are named {module.name}",
                place=str(module.path),
                remedy=f"rename this one or {other.path}",
            )
        other = locations.setdefault(module.location_name, module)
        if other is not module:
            raise DmbError(
                f"two of the modules have the same code_location_name, {module.location_name}",
                place=str(module.path),
                remedy=f"give this one or {other.path} another name",
            )


def _refuse_another(module: Module, registry: Registry) -> None:
    """A module's name is taken while another folder that has it still exists."""
    entry = registry.modules.get(module.name)
    if entry and entry.path not in ("", str(module.path)) and (Path(entry.path) / "pyproject.toml").exists():
        raise DmbError(
            f"the workspace already has a module {module.name}, from {entry.path}",
            place=str(module.path),
            remedy="rename one of the two; or, if this folder replaces the other, move the other one away",
        )


def _unset(
    modules: Sequence[Module], pieces: Mapping[str, Pieces], variables: Sequence[Assignment], place: str
) -> Iterator[DmbError]:
    """What modules require of the workspace, and Compose for them, must be set; it is never made up here."""
    affected: dict[str, None] = {}  # modules
    missing: dict[str, None] = {}  # variables
    present = {variable.key for variable in variables}
    shared = {variable.key for variable in variables if variable.owner is None}
    for module in modules:
        names = {*module.requires} - shared | container_pieces.needed(pieces[module.name]) - present
        missing |= dict.fromkeys(sorted(names))
        affected |= dict.fromkeys([module.name] if names else [])
    if missing:
        verb = "requires" if len(affected) == 1 else "require"
        yield DmbError(
            f"{', '.join(affected)} {verb} variables that the workspace does not set: {', '.join(missing)}",
            place=place,
            remedy="add them there, outside the markers of modules:\n" + "\n".join(f"     {name}=" for name in missing),
        )


def _refuse_locations(files: Files, names: Mapping[str, str]) -> None:
    """A code location's name must exist once; `names` maps it to its module."""
    path = files.layout.workspace_yaml
    file = files.yaml(path)
    if not file.says(names):
        return
    loaded = file.plain(LOCATIONS)
    # An item may be no mapping where the file is not one of Dagster's: the splice refuses it then.
    for entry, item in zip(file.entries(LOCATIONS), loaded if isinstance(loaded, list) else (), strict=False):
        name = location_name(item)
        module = names.get(name) if name else None
        if module is not None and entry.owner != module:
            where = f"in the block of {entry.owner}" if entry.owner else "outside dmb's blocks"
            remedy = f"remove or rename it; or give {module} another code_location_name in [tool.dg.project]"
            raise DmbError(
                f"the code location {name} already exists, {where}",
                place=f"{path}:{entry.line}",
                remedy=remedy if entry.owner else f"dmb workspace adopt takes it over; or {remedy}",
            )


def _refuse_processes(files: Files, names: Mapping[str, Pieces]) -> None:
    """A process's name must be in the Procfile once."""
    path = files.layout.procfile
    text = files.text(path)
    owners = {(block.owner, line) for block in marked_blocks.find_blocks(text, str(path)) for line in lines_of(block)}
    for process in _PROCESS.finditer(text):
        line = marked_blocks.line_of(text, process.start()) if process[1] in names else 0
        if line and (process[1], line) not in owners:
            raise DmbError(
                f"the process {process[1]} already exists, outside dmb's blocks",
                place=f"{path}:{line}",
                remedy="remove that line, or rename the process",
            )


def lines_of(block: marked_blocks.Block) -> range:
    """The lines between the markers of a block, 1-based."""
    return range(block.line + 1, block.line + 1 + marked_blocks.lines_between(block.text, *block.inner))
