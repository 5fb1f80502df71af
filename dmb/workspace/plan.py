"""What has to change in a workspace's files for some modules to be in it: planned into a transaction, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from .. import envfile, textblocks
from ..errors import DmbError, NothingToWorkOn
from ..ports import SOURCES, Held, Holder, propose, survey
from ..yamlsplice import YamlFile
from . import local, targets
from .registry import Entry, Registry, fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..envfile import Assignment
    from ..module import Module
    from ..transaction import Transaction
    from .layout import Layout
    from .targets import Spliced


class Placement(NamedTuple):
    """What becomes of one module. `ports` are the assigned ones; `notes` say why one is not the preferred one."""

    module: Module
    status: Literal["added", "changed", "unchanged"]
    ports: Mapping[str, int]
    notes: tuple[str, ...]


def place_modules(
    tx: Transaction, layout: Layout, registry: Registry, modules: Sequence[Module], *, now: str
) -> tuple[Registry, list[Placement], tuple[str, ...]]:
    """Plan all modules into the workspace's files: the new registry, what becomes of each module, notes for the user.

    `now` is the time of the change, ISO 8601. Raises DmbError with the file and line that is in the way.
    """
    for module in modules:
        local.check_path(module.path)
        _refuse_another(module, modules, registry)
    env = _text(tx, layout.env)
    variables = envfile.assignments(env, str(layout.env))
    for module in modules:
        _refuse_missing(module, variables, layout.env)
    # Read before the ports are looked for: what is wrong with the file is told better here.
    listed = YamlFile(_text(tx, layout.workspace_yaml), str(layout.workspace_yaml))
    held = survey(layout.root) if registry.code_servers else None
    ports, reasons = _assign(layout, held, modules, variables)
    entries = {module.name: registry.modules.get(module.name) for module in modules}
    blocks: dict[str, dict[str, str]] = {module.name: {} for module in modules}

    def splice(path: Path, spliced: Spliced, *, rewritten: bool = True) -> None:
        file = path.name
        if rewritten:
            wrote = {name: entry.blocks.get(file) if entry else None for name, entry in entries.items()}
            targets.refuse_edited(spliced, path, wrote)
        tx.write(path, textblocks.encode(spliced.text))
        for name, mine in blocks.items():
            if name in spliced.after:
                mine[file] = fingerprint(spliced.after[name].body)

    locations = {module.name: local.location(module, ports[module.name].get("grpc")) for module in modules}
    splice(layout.workspace_yaml, targets.put_locations(listed, layout.workspace_yaml, locations))
    if registry.code_servers:
        file = layout.procfile
        lines = {module.name: local.process(module, ports[module.name]["grpc"]) for module in modules}
        splice(file, targets.put_processes(_text(tx, file), file, lines))
    own = {module.name: local.variables(module, layout, ports[module.name].get("grpc")) for module in modules}
    # What people changed in a block of .env is kept, so there is nothing to refuse.
    splice(layout.env, targets.put_variables(env, layout.env, own), rewritten=False)

    placements = []
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
        registry = registry.with_module(module.name, entry)
        status: Literal["added", "changed", "unchanged"] = "added" if old is None else "changed"
        if entry == old:
            status = "unchanged"
        placements.append(Placement(module, status, ports[module.name], tuple(reasons[module.name])))
    return registry, placements, held.notes if held else ()


def _assign(
    layout: Layout, held: Held | None, modules: Sequence[Module], variables: Sequence[Assignment]
) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    """A port for each module's code server, by module, and sentences on each port; none where nothing is `held`.

    The one in the module's block of `.env` is kept; else it is the preferred one if free, else the next free one.
    """
    ports: dict[str, dict[str, int]] = {module.name: {} for module in modules}
    reasons: dict[str, list[str]] = {module.name: [] for module in modules}
    if held is None:
        return ports, reasons
    for module in modules:
        kept = _kept_port(module, layout, variables)
        port = propose(module.name, {"grpc": kept}, held, preferred=module.ports)["grpc"]
        ports[module.name] = {"grpc": port}
        reasons[module.name].append(_sentence(port, module, held))
        held = Held([*held.holders, Holder(port, "grpc", module.name, str(layout.registry), "registry")])
    return ports, reasons


def _sentence(port: int, module: Module, held: Held) -> str:
    """The port, and why it is not the one that the module prefers."""
    preferred = module.ports.get("grpc", port)
    holder = held.holder(preferred, besides=module.name) if preferred != port else None
    if holder is None:
        return f"gRPC port {port}"
    by = f"{holder.who} ({SOURCES[holder.source]}; {holder.place})"
    return f"gRPC port {port}, since {preferred}, which it prefers, is held by {by}"


def _kept_port(module: Module, layout: Layout, variables: Sequence[Assignment]) -> int | None:
    """The port in the module's block of `.env`, which a person may have changed."""
    name = local.port_variable(module)
    for variable in variables:
        if (variable.owner, variable.key) == (module.name, name):
            value = variable.value
            if value.isascii() and value.isdecimal() and len(value) <= 5 and 1024 <= int(value) <= 65535:
                return int(value)
            raise DmbError(
                f"{name} is no port",
                place=f"{layout.env}:{variable.line}",
                remedy="write a number from 1024 to 65535, or take the line out to have one assigned",
            )
    return None


def _text(tx: Transaction, path: Path) -> str:
    data = tx.read(path)
    if data is None:
        raise NothingToWorkOn(
            "this file of the workspace is gone",
            place=str(path),
            remedy="restore it, or have it made anew: dmb workspace init, as it was made",
        )
    return textblocks.decode(data, str(path))


def _refuse_another(module: Module, modules: Sequence[Module], registry: Registry) -> None:
    """A name is one module: not two of this call, not that of another folder that is still there."""
    for other in modules:
        if other.name == module.name and other.path != module.path:
            raise DmbError(
                f"two modules have the name {module.name}",
                place=str(other.path),
                remedy=f"rename this or {module.path}",
            )
    entry = registry.modules.get(module.name)
    if entry and entry.path != str(module.path) and (Path(entry.path) / "pyproject.toml").exists():
        raise DmbError(
            f"the workspace has a module {module.name} already, from {entry.path}",
            place=str(module.path),
            remedy="rename one of the two; or move the other folder away, if this one takes its place",
        )


def _refuse_missing(module: Module, variables: Sequence[Assignment], env: Path) -> None:
    """What a module requires of the workspace must be there; it is never made up here."""
    present = {variable.key for variable in variables if variable.owner is None}
    missing = [name for name in module.requires if name not in present]
    if missing:
        raise DmbError(
            f"{module.name} requires variables that the workspace does not set: {', '.join(missing)}",
            place=str(env),
            remedy="add them there, outside the markers of modules, and run again",
        )
