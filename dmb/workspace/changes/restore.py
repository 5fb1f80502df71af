"""Go back: the files of a workspace as they were before a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import DmbError, NothingToWorkOn
from ...transaction.backups import backups
from ...transaction.transaction import transaction
from ..state.session import recovery_notes

if TYPE_CHECKING:
    from pathlib import Path

    from ...layout import Layout
    from ...transaction.backups import Backup
    from ...transaction.transaction import Change

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True)
class Restored:
    """What `restore` did: all is as it was before the change at `time`."""

    layout: Layout
    time: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def label(backup: Backup) -> str:
    """The time of a backup as it is shown and named: UTC, to the microsecond."""
    return backup.time.strftime(TIME)


def undoable(layout: Layout) -> list[Backup]:
    """The changes that can be undone, newest first: all but the one that made the workspace."""
    return [backup for backup in _changes(layout) if not backup.problem]


def not_undoable(layout: Layout) -> list[DmbError]:
    """Why each of the other backups cannot be restored here."""
    return [_refusal(backup) for backup in _changes(layout) if backup.problem]


def _changes(layout: Layout) -> list[Backup]:
    """The backups of all changes but the one that made the workspace, newest first."""
    return [backup for backup in backups(layout.state) if layout.workspace_yaml not in backup.made]


def _refusal(backup: Backup) -> DmbError:
    return DmbError(
        f"the backup of {label(backup)} cannot be restored: {backup.problem}",
        place=str(backup.folder),
        remedy="copy what you need from it by hand; delete this folder to undo earlier changes",
    )


def _contents(backup: Backup) -> dict[Path, bytes | None]:
    if backup.problem:
        raise _refusal(backup)
    try:
        return backup.read()
    except OSError as error:
        raise DmbError(
            f"this backup is incomplete: {error.strerror}",
            place=str(error.filename or backup.folder),
            remedy="delete its folder; later changes can still be undone",
        ) from error


def restore(layout: Layout, time: str, *, commit: bool) -> Restored:
    """Bring every file that a change has touched since `time` back to what it was before the change at `time`.

    `time` is the start of one backup's `label`. Raises NothingToWorkOn when there is none, DmbError when there are
    several, or when that backup or one made since cannot be restored here.
    """
    with transaction(layout.state) as tx:
        changes_made = _changes(layout)
        matches = [backup for backup in changes_made if label(backup).startswith(time)]
        if not matches:
            raise NothingToWorkOn(
                f"there is no backup of {time}", place=str(layout.state), remedy="dmb workspace restore lists them"
            )
        if len(matches) > 1:
            labels = ", ".join(map(label, matches))
            raise DmbError(f"{time} matches several backups: {labels}", remedy="name one of them")
        old: dict[Path, bytes | None] = {}
        # Newest first, so that the oldest content wins.
        for backup in changes_made[: changes_made.index(matches[0]) + 1]:
            old |= _contents(backup)
        for path, data in old.items():
            tx.write(path, data, mode=0o600 if path in (layout.env, layout.registry) else 0o644)
        changes = tuple(tx.changes)
        if commit:
            tx.commit()
        return Restored(layout, label(matches[0]), changes, tuple(recovery_notes(tx.recovery)))
