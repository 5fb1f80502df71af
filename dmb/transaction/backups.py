"""The backups of a workspace: its files as they were before each change, and how long they are kept."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .journal import DONE, TIME, Journal, backup_names, order

if TYPE_CHECKING:
    from pathlib import Path

KEEP_DAYS, KEEP_NEWEST = 7, 10


@dataclass(frozen=True, slots=True)
class Backup:
    """The files as they were before the change made at `time` (UTC).

    `problem` says why it cannot be restored: it is damaged, or belongs to another workspace. "" when it can.
    """

    time: dt.datetime
    folder: Path
    files: tuple[Path, ...]
    _names: tuple[str | None, ...] = field(repr=False)
    problem: str = ""

    @property
    def made(self) -> tuple[Path, ...]:
        """The files that did not exist before."""
        return tuple(path for path, name in zip(self.files, self._names, strict=True) if name is None)

    def read(self) -> dict[Path, bytes | None]:
        """The old bytes of each file, None for one that did not exist; OSError when the backup is gone.

        Only of a backup without a `problem`.
        """
        return {
            path: (self.folder / name).read_bytes() if name else None
            for path, name in zip(self.files, self._names, strict=True)
        }


def backups(state: Path) -> list[Backup]:
    """The backups of the workspace, newest first; those that cannot be restored have a `problem`."""
    kept = []
    for folder in sorted((state / "backups").glob("*/"), key=lambda folder: order(folder.name), reverse=True):
        with contextlib.suppress(FileNotFoundError, ValueError):  # of a change that is not done, or not a backup
            time = dt.datetime.strptime(folder.name.partition("-")[0], TIME).replace(tzinfo=dt.UTC)
            kept.append(_backup(state, folder, time))
    return kept


def _backup(state: Path, folder: Path, time: dt.datetime) -> Backup:
    try:
        entries = Journal.load(folder / DONE, state).entries
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        return Backup(time, folder, (), (), problem=f"its {DONE} is damaged: {error}")
    names = tuple(entry.backup if entry.old else None for entry in entries)
    links = [str(link) for link in (folder, *(folder / name for name in names if name)) if link.is_symlink()]
    strays = [*(entry.stray for entry in entries if entry.stray), *(f"{link} is a link" for link in links)]
    problem = f"it is not a backup of this workspace: {strays[0]}" if strays else ""
    return Backup(time, folder, tuple(entry.path for entry in entries), names, problem)


def prune(state: Path) -> None:
    """Delete the backups that are older than KEEP_DAYS, never one of the KEEP_NEWEST."""
    oldest = (dt.datetime.now(dt.UTC) - dt.timedelta(days=KEEP_DAYS)).strftime(TIME)
    for name in sorted(backup_names(state), key=order, reverse=True)[KEEP_NEWEST:]:
        if name < oldest:
            shutil.rmtree(state / "backups" / name, ignore_errors=True)
