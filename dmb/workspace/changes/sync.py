"""Bring a workspace into line with the modules on disk: new ones are added, changed ones updated, all at once."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DmbError, NothingToWorkOn
from ...module import Module
from ..state.session import open_workspace
from .add import SKIPPED, Added, install_modules, make_folders
from .placement import place_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...layout import Layout
    from ..state.registry import Registry
    from ..state.session import Session


@dataclass(frozen=True)
class Synced:
    """What `sync` did: `added` for the modules on disk; the `vanished`, `pruned` or not; `broken` was left out."""

    added: Added
    vanished: tuple[str, ...]
    pruned: bool
    broken: tuple[DmbError, ...]


def sync(
    layout: Layout,
    projects: Path | None,
    *,
    prune: bool,
    force: bool,
    install: bool,
    dry_run: bool,
    tell: Callable[[str], None],
) -> Synced:
    """Add each new module in the folder `projects`, update all others; `prune` those that vanished.

    A module vanished when its folder holds no manifest any more. One whose manifest is broken stays as it is.
    """
    with open_workspace(layout) as session:
        modules, vanished, broken = _survey(session.registry, projects)
        gone = vanished if prune else ()
        added = _write(session, modules, gone, force=force, commit=not (dry_run or install))
    environments = [SKIPPED] * len(modules)
    if install and not dry_run:
        if added.runtime == "local":
            environments = install_modules(layout, modules, tell)
        with open_workspace(layout) as session:
            added = _write(session, modules, gone, force=force, commit=True)
    if not dry_run:
        make_folders(added)
    return Synced(replace(added, environments=tuple(environments)), vanished, prune, broken)


def _survey(registry: Registry, projects: Path | None) -> tuple[list[Module], tuple[str, ...], tuple[DmbError, ...]]:
    """The modules on disk, the names of those that vanished, and why some could not be read."""
    modules: dict[str, Module] = {}
    vanished = []
    broken: list[DmbError] = []
    resolved = _resolver()
    for name, entry in registry.modules.items():
        if not entry.path:
            continue  # adopted, with no repository known
        try:
            module = Module.at(resolved(entry.path))
        except NothingToWorkOn:
            vanished.append(name)
        except DmbError as error:
            broken.append(error)
        else:
            if module.name == name:
                modules[entry.path] = module
            else:
                vanished.append(name)  # renamed: the folder has another module now
    for folder in _folders(projects) if projects else ():
        if str(folder) in modules:
            continue
        try:
            modules[str(folder)] = Module.at(folder)
        except NothingToWorkOn:
            continue  # a project of another kind
        except DmbError as error:
            broken.append(error)
    present = list(modules.values())
    present_names = {module.name for module in present}
    return (
        present,
        tuple(name for name in vanished if name not in present_names),
        tuple({str(e): e for e in broken}.values()),
    )


def _resolver() -> Callable[[str], Path]:
    """What resolves a path: a folder with many modules in it once."""
    folder = functools.cache(os.path.realpath)

    def resolved(path: str) -> Path:
        above, name = os.path.split(path)
        full = os.path.join(folder(above), name)  # noqa: PTH118
        return Path(os.path.realpath(full) if os.path.islink(full) else full)  # noqa: PTH114

    return resolved


def _folders(projects: Path) -> list[Path]:
    root = projects.expanduser().resolve()
    if not root.is_dir():
        raise NothingToWorkOn("there is no such folder", place=str(projects), remedy="give the folder of your modules")
    candidates = (root / name for name in sorted(os.listdir(root)) if "{{" not in name)  # noqa: PTH208 - in their order
    folders = (path for path in candidates if (path / "pyproject.toml").is_file())
    return [path.resolve() if path.is_symlink() else path for path in folders]


def _write(session: Session, modules: Sequence[Module], gone: Sequence[str], *, force: bool, commit: bool) -> Added:
    gone = [name for name in gone if name in session.registry.modules]
    registry, placements, unseen = place_modules(
        session.files, session.registry, modules, now=session.now, force=force, gone=gone
    )
    changes = session.finish(registry, commit=commit)
    notes, skipped = (*unseen, *session.notes), (SKIPPED,) * len(modules)
    layout, code_servers = session.files.layout, registry.code_servers
    return Added(layout, registry.runtime, code_servers, tuple(placements), skipped, changes, notes)
