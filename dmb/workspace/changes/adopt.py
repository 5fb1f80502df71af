"""Take over what was put into a workspace by hand: markers around it, an entry in the registry, and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.names import COMPOSE_FILE, COMPOSE_FILES
from ...compose.service import build
from ...compose.services import services
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks
from ...layout import VARIABLE, Layout, find
from ...module import Module
from ...transaction.transaction import read_only, transaction
from ..state.files import Files
from ..state.registry import Entry, Registry, fingerprints
from ..state.session import Session, read_workspace, recovery_notes, timestamp, unknown_module
from ..state.status import blocks_of
from .discover import discover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...formats.yamlsplice import KeyPath
    from ...transaction.transaction import Change, Transaction
    from .discover import Find, Group


@dataclass(frozen=True)
class Adopted:
    """What `adopt` took over, or would."""

    layout: Layout
    groups: tuple[Group, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def adopt(
    named: Path | None,
    names: Sequence[str],
    *,
    mapped: Mapping[str, str],
    given: Sequence[Path],
    commit: bool,
    dry_run: bool = False,
) -> Adopted:
    """Take over the modules `names`, or all that were put in by hand, in the workspace or the folder `named`.

    `mapped` says which module a code location, a service or an old block belongs to; `given` where files of a folder
    stand that is no workspace yet. Without `commit` it is planned only, and with `dry_run` nothing at all is written:
    not even an interrupted change is finished. Raises NothingToWorkOn where there is nothing to take over.
    """
    folder = _place(named, given)
    with read_only(folder.state) if dry_run else transaction(folder.state, keep=False) as tx:
        session = _session(tx, folder, given)
        layout = session.files.layout
        try:
            groups = _selected(
                discover(session.files, session.registry.modules, mapped), names, session.registry, layout
            )
        except NothingToWorkOn as nothing:
            cause = "; ".join((*session.notes, nothing.cause))
            raise NothingToWorkOn(cause, place=nothing.place, remedy=nothing.remedy) from None
        entries = _wrap(session, groups)
        changes = session.finish(session.registry.with_modules(entries), commit=commit)
    return Adopted(layout, tuple(groups), changes, session.notes)


def _place(named: Path | None, given: Sequence[Path]) -> Layout:
    """The workspace that is meant, or the folder that is to become one."""
    root = (named or Path.cwd()).expanduser().resolve()
    try:
        layout = find(named)
    except NothingToWorkOn:
        if not root.is_dir():
            raise
        return Layout(root)
    # The workspace in the usual place is not meant when the current folder looks like one.
    elsewhere = named is None and VARIABLE not in os.environ and layout.root not in (root, *root.parents)
    return Layout(root) if elsewhere and (given or (root / "workspace.yaml").is_file()) else layout


def _session(tx: Transaction, folder: Layout, given: Sequence[Path]) -> Session:
    """The workspace, or the folder as the workspace that it would be.

    It is one when its lock is held: another adopt may have made it, or this one finished what a crash interrupted.
    """
    if folder.exists:
        return read_workspace(tx, find(folder.root))
    registry = _new_registry(folder.root, given)
    files = Files(tx, Layout(folder.root, registry.places))
    return Session(tx, files, _with_runtime(files, registry), tuple(recovery_notes(tx.recovery)), timestamp())


def _new_registry(root: Path, given: Sequence[Path]) -> Registry:
    """The registry that a folder would have: where its files are."""
    places = {}
    for path in given:
        full = (Path.cwd() / path).resolve()
        full = full if full.is_file() else (root / path).resolve()
        if not full.is_file() or not full.is_relative_to(root):
            raise NothingToWorkOn("the workspace has no such file", place=str(path), remedy=f"name one in {root}")
        usual = COMPOSE_FILE if full.name in COMPOSE_FILES else full.name
        places[usual] = full.relative_to(root).as_posix()
    if "workspace.yaml" not in places:
        places["workspace.yaml"] = _only(root, "workspace.yaml")
    beside = (root / places["workspace.yaml"]).parent / "dagster.yaml"
    if "dagster.yaml" not in places and beside.is_file():
        places["dagster.yaml"] = beside.relative_to(root).as_posix()
    compose = next((name for name in COMPOSE_FILES if (root / name).is_file()), None)
    if compose:
        places.setdefault(COMPOSE_FILE, compose)
    return Registry("local", places={usual: place for usual, place in places.items() if usual != place})


def _only(root: Path, name: str) -> str:
    """The one file of that name in `root`, or in a folder not far below."""
    paths = [root / name] if (root / name).is_file() else [*root.glob(f"*/{name}"), *root.glob(f"*/*/{name}")]
    if len(paths) == 1:
        return paths[0].relative_to(root).as_posix()
    if not paths:
        raise NothingToWorkOn(
            f"there is no {name}, so there is nothing to take over",
            place=str(root),
            remedy="create a workspace: dmb workspace init",
        )
    names = ", ".join(sorted(path.relative_to(root).as_posix() for path in paths))
    raise DmbError(
        f"there are several files of that name: {names}",
        place=str(root),
        remedy="say which one with --file PATH, or name its folder",
    )


def _with_runtime(files: Files, registry: Registry) -> Registry:
    """The registry of a folder that becomes a workspace: of containers where one of them runs Dagster."""
    layout = files.layout
    services_here = services(files.yaml(layout.compose)) if files.exists(layout.compose) else {}
    if not {service.role for service in services_here.values()} & {"webserver", "daemon", "code"}:
        return replace(registry, code_servers=files.exists(layout.procfile))
    registry = replace(registry, runtime="docker")
    built = (build(service) for service in services_here.values() if service.role in ("webserver", "daemon"))
    dockerfiles = {Path(image.dockerfile).resolve() for image in built if image}
    images = [path for path in dockerfiles if path.is_file() and path.is_relative_to(layout.root)]
    if len(images) == 1 and images[0] != layout.dockerfile:
        return replace(registry, places={**registry.places, "Dockerfile": layout.name_of(images[0])})
    return registry


def _selected(groups: list[Group], names: Sequence[str], registry: Registry, layout: Layout) -> list[Group]:
    """The groups of the names, each once; all groups where none is named."""
    by_name = {group.name: group for group in groups}
    for name in names:
        if name not in by_name:
            if name in registry.modules:
                raise NothingToWorkOn(
                    f"{name} is managed by dmb already", place=str(layout.root), remedy="see dmb workspace list"
                )
            raise unknown_module(name, by_name, str(layout.root))
    if not groups:
        raise NothingToWorkOn(
            "there is nothing made by hand to take over",
            place=str(layout.workspace_yaml),
            remedy="dmb workspace list shows what dmb manages; a service that no location names: --map NAME=SERVICE",
        )
    return [by_name[name] for name in dict.fromkeys(names)] if names else groups


def _wrap(session: Session, groups: Sequence[Group]) -> dict[str, Entry]:
    """Plan the markers, and the registry's entries."""
    files, layout = session.files, session.files.layout
    finds: dict[Path, list[tuple[str, Find]]] = {}
    for group in groups:
        for piece in group.finds:
            finds.setdefault(piece.file, []).append((group.name, piece))
    owners = {group.name for group in groups}
    blocks: dict[str, dict[str, str]] = {name: {} for name in owners}
    for path, pairs in finds.items():
        if path.suffix in (".yaml", ".yml"):
            text = _wrapped_entries(files, path, pairs)
        else:
            text = _wrapped_lines(files, path, pairs)
        session.tx.write(path, marked_blocks.encode(text))
        after = Files(session.tx, layout)
        for name, digest in fingerprints(blocks_of(after, path), owners).items():
            blocks[name][layout.name_of(path)] = digest
    entries = {}
    for group in groups:
        module = _repository(group, layout)
        entries[group.name] = Entry(
            path=str(module.path) if module else "",
            location_name=group.location,
            package=module.package if module else "",
            database=module.database if module else group.database,
            added=session.now,
            ports={"grpc": group.port} if group.port else {},
            blocks=blocks[group.name],
        )
    return entries


def _wrapped_entries(files: Files, path: Path, pairs: list[tuple[str, Find]]) -> str:
    file = files.yaml(path)
    together: dict[tuple[str, KeyPath], list[str | int]] = {}
    for name, piece in pairs:
        if not piece.wrapped and piece.key is not None:
            together.setdefault((name, piece.path), []).append(piece.key)
    for (name, where), keys in together.items():
        file.adopt(name, where, keys)
    return file.render()


def _wrapped_lines(files: Files, path: Path, pairs: list[tuple[str, Find]]) -> str:
    """Markers around lines of a `.env` or a Procfile."""
    text = files.text(path)
    eol = marked_blocks.eol_of(text)
    starts = [0, *(end.end() for end in marked_blocks.EOL.finditer(text)), len(text)]
    edits = []
    for name, piece in pairs:
        if not piece.wrapped:
            first = starts[piece.line - 1] + (text.startswith(marked_blocks.BOM) if piece.line == 1 else 0)
            last = starts[min(piece.last, len(starts) - 1)]
            edits.append((first, first, f"# BEGIN: {name}{eol}"))
            edits.append((last, last, marked_blocks.fit(text, last, f"# END: {name}{eol}")))
    # Of two at one place, the end of one module comes before the start of the next.
    new = marked_blocks.splice(text, sorted(edits, key=lambda edit: (edit[0], "BEGIN" in edit[2])))
    if path == files.layout.env:
        before, after = (
            [(variable.key, variable.value) for variable in envfile.assignments(content, str(path))]
            for content in (text, new)
        )
        if before != after:
            raise DmbError(
                "markers here would change what the file sets", place=str(path), remedy="write the markers by hand"
            )
    return new


def _repository(group: Group, layout: Layout) -> Module | None:
    """The module's repository, where an entry or a service leads to one."""
    target = group.target
    paths = (target.get("working_directory"), target.get("relative_path"))
    folders = [layout.workspace_yaml.parent / path for path in paths if isinstance(path, str) and path]
    folders += [Path(image.context) for image in map(build, group.services) if image]
    for folder in folders:
        if "$" not in str(folder):
            try:
                module = Module.read(folder)
            except (DmbError, OSError, ValueError):
                continue
            if module.name == group.name:
                return module
    return None
