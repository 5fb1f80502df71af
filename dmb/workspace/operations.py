"""Make a workspace, put modules into it: look first and refuse, then install, then change all files at once."""

from __future__ import annotations

import datetime as dt
import shutil
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import envfile, textblocks
from ..errors import DmbError
from ..transaction import Change, transaction
from . import local
from .environment import Environment
from .plan import Placement, place_modules
from .registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..module import Module
    from .layout import Layout

SKIPPED = "skipped"


@dataclass(frozen=True)
class Initialized:
    """What `init` did. `kept` are files that were there already; `environment` as in Environment, or SKIPPED."""

    layout: Layout
    code_servers: bool
    changes: tuple[Change, ...]
    kept: tuple[Path, ...]
    environment: str


@dataclass(frozen=True)
class Added:
    """What `add` did. `environments` are in the order of `placements`."""

    layout: Layout
    code_servers: bool
    placements: tuple[Placement, ...]
    environments: tuple[str, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def init(
    layout: Layout, *, code_servers: bool, install: bool, dry_run: bool, tell: Callable[[str], None]
) -> Initialized:
    """Make `layout` a workspace of the local runtime. Files that are there stay as they are; what is missing is made.

    `tell` is given a sentence before what takes long. Raises DmbError: the workspace is of another kind, a `.env` that
    is there lacks the workspace's variables, a folder that cannot be written, a failed installation.
    """
    registry = Registry(runtime="local", code_servers=code_servers)
    if layout.exists:
        registry = Registry.parse(layout.registry.read_bytes(), layout.registry)
        if registry.code_servers != code_servers:
            raise DmbError(
                f"this workspace was made {'with' if registry.code_servers else 'without'} --code-servers",
                place=str(layout.root),
                remedy="run it the same way again, or make another workspace in another folder",
            )
    wanted = {path: text.encode() for path, text in local.files(layout, code_servers=code_servers).items()}
    kept = tuple(path for path in wanted if path.exists())
    if layout.env in kept:
        _refuse_unset(layout)
    missing = {path: data for path, data in wanted.items() if path not in kept}
    if not layout.exists:
        missing[layout.registry] = registry.text().encode()
    changes = tuple(Change(path, None, data) for path, data in missing.items())
    environment = Environment.of_workspace(layout.root, layout.requirements)
    if dry_run:
        return Initialized(layout, code_servers, changes, kept, SKIPPED)
    _make(layout, missing)
    done = SKIPPED
    if install:
        if environment.state() != "current":
            tell(f"Installing Dagster into {environment.venv}")
        done = environment.bring_up_to_date()
    return Initialized(layout, code_servers, changes, kept, done)


def _refuse_unset(layout: Layout) -> None:
    """A `.env` that was there is not written to, so it must set what the workspace needs."""
    text = textblocks.decode(layout.env.read_bytes(), str(layout.env))
    present = {variable.key: variable for variable in envfile.assignments(text, str(layout.env))}
    needed = local.variables_of_workspace(layout)
    lines = local.env_lines({name: value for name, value in needed.items() if name not in present})
    if lines:
        raise DmbError(
            "this file is there already and lacks variables of the workspace",
            place=str(layout.env),
            remedy="add, and run again:\n" + textwrap.indent(lines.rstrip(), "     "),
        )
    home = present["DAGSTER_HOME"]
    if home.value != needed["DAGSTER_HOME"]:
        raise DmbError(
            "DAGSTER_HOME is another folder, so Dagster would not read the dagster.yaml of this one",
            place=f"{layout.env}:{home.line}",
            remedy=f"make that folder the workspace, or write {local.env_lines({home.key: needed[home.key]}).strip()}",
        )


def _make(layout: Layout, files: dict[Path, bytes]) -> None:
    """Write the files of a new workspace, all or none; a folder that was made for them goes again with them."""
    made_here = not layout.root.exists()
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        with transaction(layout.state) as tx:
            for path, data in files.items():
                if tx.read(path) is None:  # another init may have been faster
                    tx.write(path, data, mode=0o600 if path in {layout.env, layout.registry} else 0o644)
            tx.commit()
        for folder in (layout.instance, layout.storage):
            folder.mkdir(mode=0o700, exist_ok=True)
    except BaseException as error:
        if made_here:
            shutil.rmtree(layout.root, ignore_errors=True)
        if isinstance(error, OSError):
            raise DmbError(
                f"the workspace cannot be made: {error.strerror}",
                place=str(error.filename or layout.root),
                remedy="mend that, or choose another folder",
            ) from error
        raise


def add(
    layout: Layout, modules: Sequence[Module], *, install: bool, dry_run: bool, tell: Callable[[str], None]
) -> Added:
    """Put modules into the workspace, or bring what is there of them up to date, in one transaction. Twice is once.

    A module whose environment cannot be made is not put in. Raises DmbError with nothing changed in the workspace.
    """
    modules = list({module.path: module for module in modules}.values())
    done = [SKIPPED] * len(modules)
    if dry_run or install:
        looked = _write(layout, modules, commit=False)
        if dry_run:
            return looked
        host = Environment.of_workspace(layout.root, layout.requirements)
        for index, module in enumerate(modules):
            environment = Environment.of_module(module.path, host)
            if environment.state() != "current":
                tell(f"Installing {module.name} into {environment.venv}")
            done[index] = environment.bring_up_to_date()
    return replace(_write(layout, modules, commit=True), environments=tuple(done))


def _write(layout: Layout, modules: Sequence[Module], *, commit: bool) -> Added:
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with transaction(layout.state) as tx:
        data = tx.read(layout.registry)
        if data is None:
            raise DmbError("the registry is gone", place=str(layout.registry), remedy="restore it, or run init again")
        registry = Registry.parse(data, layout.registry)
        registry, placements, unseen = place_modules(tx, layout, registry, modules, now=now)
        tx.write(layout.registry, registry.text().encode(), mode=0o600)
        changes = tuple(tx.changes)
        if commit:
            tx.commit()
        recovery = tx.recovery
    notes = [*unseen]
    if recovery.finished:
        notes.append(f"finished a change that had been interrupted: {', '.join(map(str, recovery.finished))}")
    if recovery.discarded:
        notes.append("took back a change that had been interrupted before it was complete")
    skipped = (SKIPPED,) * len(modules)
    return Added(layout, registry.code_servers, tuple(placements), skipped, changes, tuple(notes))
