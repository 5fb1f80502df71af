"""Remove modules from a workspace, and delete their data on request."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..state import kept_passwords
from ..state.files import NO_PIECES
from ..state.session import open_workspace
from . import stored_data, stored_volumes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ...layout import Layout
    from ...transaction.transaction import Change
    from ..state.session import Session
    from .stored_data import Kept


@dataclass(frozen=True)
class Removed:
    """What `remove` did. `kept` is the data of the modules, by module: deleted with `with_data`.

    `commands` delete what only Docker reaches; a person has to run them.
    """

    layout: Layout
    names: tuple[str, ...]
    changes: tuple[Change, ...]
    kept: dict[str, list[Kept]]
    commands: tuple[str, ...]
    notes: tuple[str, ...]


def remove_modules(layout: Layout, names: Sequence[str], *, with_data: bool, force: bool, commit: bool) -> Removed:
    """Remove modules from the workspace, whether or not their folders still exist; their own files stay.

    `with_data` also deletes what they keep in the storage. A block that a person changed is refused unless `force`.
    Raises NothingToWorkOn for a name that no module has.
    """
    with open_workspace(layout) as session:
        names = session.checked(names)
        kept, commands = _data(session, names) if with_data else ({}, [])
        if with_data:
            kept_passwords.forget(session.files, names)
        else:
            kept_passwords.keep(session.files, names)
        session.files.change(
            dict.fromkeys(names, NO_PIECES),
            {name: session.registry.modules[name] for name in names},
            force=force,
        )
        changes = session.finish(session.registry.with_modules(dict.fromkeys(names)), commit=commit)
        if commit:
            for item in (item for data in kept.values() for item in data):
                stored_data.delete(item)
            for name in names:
                with contextlib.suppress(OSError):  # credential files of people stay
                    (layout.auth / name).rmdir()
            if not session.files.mounts_all_credentials:
                with contextlib.suppress(OSError):
                    layout.auth.rmdir()
    return Removed(layout, tuple(names), changes, kept, tuple(commands), session.notes)


def _data(session: Session, names: Sequence[str]) -> tuple[dict[str, list[Kept]], list[str]]:
    """What modules keep where this process reaches it, by module, and commands for the rest."""
    root: Path | None = stored_data.storage(session.files)
    commands: list[str] = []
    if session.registry.runtime == "docker":
        mount = stored_volumes.storage_mount(session.files)
        root = mount.host if mount else None
        commands = stored_volumes.commands(names, session.files, mount)
    return {name: stored_data.data_of(name, root, session.files) for name in names} if root else {}, commands
