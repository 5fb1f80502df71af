"""Put modules into a workspace: look first and refuse, then install, then change all files at once."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...formats import envfile, marked_blocks
from ...ports.known_workspaces import remember
from ..runtimes.python_environment import Environment
from ..state.git_ignored import unignored
from ..state.session import open_workspace
from .placement import Placement, place_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ...layout import Layout
    from ...module import Module
    from ...transaction.transaction import Change

SKIPPED = "skipped"


@dataclass(frozen=True)
class Added:
    """What `add` did. `environments` are in the order of `placements`."""

    layout: Layout
    runtime: str
    code_servers: bool
    placements: tuple[Placement, ...]
    environments: tuple[str, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def add_modules(
    layout: Layout,
    modules: Sequence[Module],
    *,
    install: bool,
    dry_run: bool,
    tell: Callable[[str], None],
    force: bool = False,
) -> Added:
    """Put modules into the workspace, or update what it has of them, in one transaction. Idempotent.

    A module whose environment cannot be created is not added. With `force`, blocks that people changed are overwritten.
    Raises DmbError with nothing changed in the workspace.
    """
    modules = list({module.path: module for module in modules}.values())
    environments = [SKIPPED] * len(modules)
    if dry_run or install:
        planned = _place(layout, modules, commit=False, force=force)
        if dry_run:
            return planned
        if planned.runtime == "local":
            environments = install_modules(layout, modules, tell)
    added = replace(_place(layout, modules, commit=True, force=force), environments=tuple(environments))
    make_folders(added)
    if added.runtime == "docker":
        remember(layout.root)
    return replace(added, notes=(*added.notes, *unignored(layout)))


def make_folders(added: Added) -> None:
    """A folder for each module's credential files: where it is missing, Docker makes one that belongs to root.

    On the host a module looks where `.env` says; no folder is made for a module whose `.env` names another.
    """
    layout, docker = added.layout, added.runtime == "docker"
    folders = [layout.auth / placed.module.name for placed in added.placements]
    if docker:
        text = layout.compose.read_text("utf-8")
        folders = [folder for folder in folders if layout.auth.is_dir() or f"/auth/{folder.name}" in text]
    else:
        values = _values(layout.env)
        folders = [folder for folder in folders if str(folder) in values]
    if folders or not docker:
        with contextlib.suppress(OSError):
            layout.auth.mkdir(mode=0o700, exist_ok=True)
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700)
            folder.chmod(0o755 if docker else 0o700)  # a container's user reads it


def _values(env: Path) -> set[str]:
    """All values of a `.env`."""
    text = marked_blocks.read(env) if env.exists() else ""
    return {value for _, _, value in envfile.owned(text, str(env))}


def install_modules(layout: Layout, modules: Sequence[Module], tell: Callable[[str], None]) -> list[str]:
    """Bring each module's environment up to date: what was done to each."""
    host = Environment.of_workspace(layout.root, layout.requirements)
    outcomes: list[str] = []
    for module in modules:
        environment = Environment.of_module(module.path, host)
        if environment.state() != "current":
            tell(f"Installing {module.name} into {environment.venv}")
        outcomes.append(environment.bring_up_to_date())
    return outcomes


def _place(layout: Layout, modules: Sequence[Module], *, commit: bool, force: bool) -> Added:
    with open_workspace(layout) as session:
        registry, placements, unseen = place_modules(
            session.files, session.registry, modules, now=session.now, force=force
        )
        changes = session.finish(registry, commit=commit)
    skipped = (SKIPPED,) * len(modules)
    return Added(
        layout, registry.runtime, registry.code_servers, tuple(placements), skipped, changes, (*unseen, *session.notes)
    )
