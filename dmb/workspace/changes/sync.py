"""Bring a workspace into line with the modules on disk: what is new comes in, what changed is updated, all at once."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DmbError, NothingToWorkOn
from ...module import Module
from ..state.session import session
from .add import SKIPPED, Added, install_modules, make_folders
from .plan import place_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..state.layout import Layout
    from ..state.registry import Registry
    from ..state.session import Session


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
        gone = vanished if prune else ()
        added = _write(on, modules, gone, force=force, commit=not (dry_run or install))
    done = [SKIPPED] * len(modules)
    if install and not dry_run:
        if added.runtime == "local":
            done = install_modules(layout, modules, tell)
        with session(layout) as on:
            added = _write(on, modules, gone, force=force, commit=True)
    if not dry_run:
        make_folders(added)
    return Synced(replace(added, environments=tuple(done)), vanished, prune, broken)


def _survey(registry: Registry, projects: Path | None) -> tuple[list[Module], tuple[str, ...], tuple[DmbError, ...]]:
    """The modules that are to be there, the names of those that vanished, and why some could not be read."""
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
                vanished.append(name)  # renamed: another one is there now
    for folder in _folders(projects) if projects else ():
        if str(folder) in modules:
            continue
        try:
            modules[str(folder)] = Module.at(folder)
        except NothingToWorkOn:
            continue  # a project of another kind
        except DmbError as error:
            broken.append(error)
    found = list(modules.values())
    moved = {module.name for module in found}
    return found, tuple(name for name in vanished if name not in moved), tuple({str(e): e for e in broken}.values())


def _resolver() -> Callable[[str], Path]:
    """What resolves a path: a folder with many modules in it once."""
    folder = functools.cache(os.path.realpath)

    def resolved(path: str) -> Path:
        above, name = os.path.split(path)
        there = os.path.join(folder(above), name)  # noqa: PTH118
        return Path(os.path.realpath(there) if os.path.islink(there) else there)  # noqa: PTH114

    return resolved


def _folders(projects: Path) -> list[Path]:
    root = projects.expanduser().resolve()
    if not root.is_dir():
        raise NothingToWorkOn("there is no such folder", place=str(projects), remedy="name the folder of your modules")
    found = (root / name for name in sorted(os.listdir(root)) if "{{" not in name)  # noqa: PTH208 - in their order
    there = (path for path in found if (path / "pyproject.toml").is_file())
    return [path.resolve() if path.is_symlink() else path for path in there]


def _write(on: Session, modules: Sequence[Module], gone: Sequence[str], *, force: bool, commit: bool) -> Added:
    gone = [name for name in gone if name in on.registry.modules]
    registry, placements, unseen = place_modules(on.files, on.registry, modules, now=on.now, force=force, gone=gone)
    changes = on.finish(registry, commit=commit)
    notes, skipped = (*unseen, *on.notes), (SKIPPED,) * len(modules)
    layout, code_servers = on.files.layout, registry.code_servers
    return Added(layout, registry.runtime, code_servers, tuple(placements), skipped, changes, notes)
