"""Bring a workspace into line with the modules on disk: what is new comes in, what changed is updated, all at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DmbError, NothingToWorkOn
from ..module import Module
from .operations import SKIPPED, Added, install_modules, make_folders
from .plan import place_modules
from .session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .layout import Layout
    from .registry import Registry


@dataclass(frozen=True)
class Synced:
    """What `sync` did: `added` to all that is there; the `vanished`, `pruned` or not; `broken` is what was left out."""

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
    """Add each module in the folder `projects` that is not there yet, update all that are; `prune` those that vanished.

    A module vanished when its folder holds no manifest any more. One whose manifest is broken stays as it is.
    """
    with session(layout) as on:
        modules, vanished, broken = _survey(on.registry, projects)
    done = [SKIPPED] * len(modules)
    gone = vanished if prune else ()
    added = _write(layout, modules, gone, force=force, commit=not (dry_run or install))
    if install and not dry_run:
        if added.runtime == "local":
            done = install_modules(layout, modules, tell)
        added = _write(layout, modules, gone, force=force, commit=True)
    if not dry_run:
        make_folders(added)
    return Synced(replace(added, environments=tuple(done)), vanished, prune, broken)


def _survey(registry: Registry, projects: Path | None) -> tuple[list[Module], tuple[str, ...], tuple[DmbError, ...]]:
    """The modules that are to be there, the names of those that vanished, and why some could not be read."""
    modules: dict[str, Module] = {}
    vanished = []
    broken: list[DmbError] = []
    for name, entry in registry.modules.items():
        if not entry.path:
            continue  # adopted, with no repository known
        try:
            module = Module.read(Path(entry.path))
        except NothingToWorkOn:
            vanished.append(name)
        except DmbError as error:
            broken.append(error)
        else:
            if module.name == name:
                modules[entry.path] = module
            else:
                vanished.append(name)  # renamed: another one is there now
    for folder in _folders(projects) if projects else ():
        if str(folder) in modules:
            continue
        try:
            modules[str(folder)] = Module.read(folder)
        except NothingToWorkOn:
            continue  # a project of another kind
        except DmbError as error:
            broken.append(error)
    found = list(modules.values())
    moved = {module.name for module in found}
    return found, tuple(name for name in vanished if name not in moved), tuple({str(e): e for e in broken}.values())


def _folders(projects: Path) -> list[Path]:
    root = projects.expanduser().resolve()
    if not root.is_dir():
        raise NothingToWorkOn("there is no such folder", place=str(projects), remedy="name the folder of your modules")
    found = (path for path in root.iterdir() if "{{" not in path.name)
    there = sorted(path for path in found if (path / "pyproject.toml").is_file())
    return [path.resolve() if path.is_symlink() else path for path in there]


def _write(layout: Layout, modules: Sequence[Module], gone: Sequence[str], *, force: bool, commit: bool) -> Added:
    with session(layout) as on:
        gone = [name for name in gone if name in on.registry.modules]
        registry, placements, unseen = place_modules(on.files, on.registry, modules, now=on.now, force=force, gone=gone)
        changes = on.finish(registry, commit=commit)
    skipped = (SKIPPED,) * len(modules)
    return Added(
        layout, registry.runtime, registry.code_servers, tuple(placements), skipped, changes, (*unseen, *on.notes)
    )
