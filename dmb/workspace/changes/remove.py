"""Take modules out of a workspace, and delete what they keep there where that is asked for."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..state.files import NONE
from ..state.session import session
from . import stored_data, stored_volumes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ...transaction.transaction import Change
    from ..state.layout import Layout
    from ..state.session import Session
    from .stored_data import Kept


@dataclass(frozen=True)
class Removed:
    """What `remove` did. `kept` is the data of the modules, by module: deleted if that was asked for.

    `commands` delete what only Docker reaches: to be run by a person.
    """

    layout: Layout
    names: tuple[str, ...]
    changes: tuple[Change, ...]
    kept: dict[str, list[Kept]]
    commands: tuple[str, ...]
    notes: tuple[str, ...]


def remove_modules(layout: Layout, names: Sequence[str], *, with_data: bool, force: bool, commit: bool) -> Removed:
    """Take modules out of the workspace, whether or not their folders are still there; their own files stay.

    `with_data` also deletes what they keep in the storage. A block that a person changed is refused unless `force`.
    Raises NothingToWorkOn for a name that no module has.
    """
    with session(layout) as on:
        asked = on.known(names)
        kept, commands = _data(on, asked) if with_data else ({}, [])
        on.files.change(dict.fromkeys(asked, NONE), {name: on.registry.modules[name] for name in asked}, force=force)
        changes = on.finish(on.registry.with_modules(dict.fromkeys(asked)), commit=commit)
        if commit:
            for each in (each for found in kept.values() for each in found):
                stored_data.delete(each)
            for name in asked:
                with contextlib.suppress(OSError):  # credential files of people stay
                    (layout.root / "auth" / name).rmdir()
    return Removed(layout, tuple(asked), changes, kept, tuple(commands), on.notes)


def _data(on: Session, names: Sequence[str]) -> tuple[dict[str, list[Kept]], list[str]]:
    """What modules keep where this process reaches it, by module, and commands for the rest."""
    root: Path | None = stored_data.storage(on.files)
    commands: list[str] = []
    if on.registry.runtime == "docker":
        mount = stored_volumes.storage_mount(on.files)
        root = mount.host if mount else None
        commands = stored_volumes.commands(names, on.files, mount)
    return {name: stored_data.data_of(name, root, on.files) for name in names} if root else {}, commands
