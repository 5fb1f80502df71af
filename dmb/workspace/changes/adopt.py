"""Take over what was put into a workspace by hand: markers around it, an entry in the registry, and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.service import build
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks
from ...layout import VARIABLE, Layout, find
from ...module import Module
from ...ports.known_workspaces import remember
from ...transaction.transaction import read_only, transaction
from ..state.files import Files
from ..state.git_ignored import unignored
from ..state.registry import Entry, Registry, fingerprints
from ..state.session import Session, read_workspace, recovery_notes, timestamp, unknown_module
from ..state.status import blocks_of
from .discover import discover
from .locate import locate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...formats.yamlsplice import KeyPath
    from ...transaction.transaction import Change, Transaction
    from .discover import Find, Group
    from .locate import Located


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
            found = discover(session.files, session.registry.modules, mapped)
            if found or names or layout.exists:
                groups = _selected(found, names, session.registry, layout)
            else:  # an empty folder of Dagster's becomes a workspace all the same
                groups = []
                session.tx.write(layout.registry, session.registry.text().encode(), mode=0o600)
        except NothingToWorkOn as nothing:
            cause = "; ".join((*session.notes, nothing.cause))
            raise NothingToWorkOn(cause, place=nothing.place, remedy=nothing.remedy) from None
        entries = _wrap(session, groups)
        changes = session.finish(session.registry.with_modules(entries), commit=commit)
    if commit and session.registry.runtime == "docker":
        remember(layout.root)
    return Adopted(layout, tuple(groups), changes, (*session.notes, *unignored(layout)))


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
    located = locate(folder.root, given)
    for path, data in located.writes.items():
        tx.write(path, data, mode=0o644)
    registry = _registry_of(folder.root, located)
    files = Files(tx, Layout(folder.root, registry.places, tuple(registry.compose_files)))
    notes = (*recovery_notes(tx.recovery), *located.notes)
    return Session(tx, files, registry, notes, timestamp())


def _registry_of(root: Path, located: Located) -> Registry:
    """The registry that a folder would have."""
    if located.docker:
        return Registry("docker", places=located.places, compose_files=tuple(located.compose_files))
    return Registry("local", code_servers=Layout(root).procfile.exists(), places=located.places)


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
