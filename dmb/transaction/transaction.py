"""Changes to several files of a workspace: all or none, even when the machine stops in the middle.

    with transaction(state) as tx:        # waits for the workspace's lock, ends what a crash left unfinished
        text = tx.read(path)              # bytes, or None when there is no file
        tx.write(path, new_bytes)         # nothing on disk yet
        tx.commit()                       # all or nothing; without it nothing is written

New contents are staged next to their targets; one rename makes the journal valid (the commit point); then each staged
file replaces its target. If one cannot, the others are put back. See `journal` for what is on disk meanwhile,
all of it in the state folder (`.dmb`, 0700).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import DmbError
from . import disk, lock, recovery
from .backups import prune
from .journal import COMMITTED, Journal
from .recovery import Recovery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a transaction: `old` and `new` are its bytes, None when there is no file."""

    path: Path
    old: bytes | None
    new: bytes | None


@dataclass(slots=True)
class Transaction:
    """Reads and planned writes under the workspace's lock: see `transaction`. `recovery` is what it did first."""

    state: Path
    recovery: Recovery = field(default_factory=Recovery)
    _old: dict[Path, bytes | None] = field(default_factory=dict)
    _new: dict[Path, tuple[bytes | None, int]] = field(default_factory=dict)

    def read(self, path: Path) -> bytes | None:
        """The bytes of `path` as this transaction sees it (its own writes included), None when there is no file."""
        if path in self._new:
            return self._new[path][0]
        if path not in self._old:
            self._old[path] = disk.read(path)
        return self._old[path]

    def write(self, path: Path, new: bytes | None, *, mode: int = 0o644) -> None:
        """Plan `new` as the content of `path`, None to delete it; `mode` (less the umask) is for a file that is new.

        At `commit` the file must still hold what it held at its first `read` or `write` here.
        """
        self.read(path)
        self._new[path] = (new, mode)

    @property
    def changes(self) -> list[Change]:
        """What `commit` would do: the planned writes that change something, in the order of planning."""
        return [Change(path, self._old[path], new) for path, (new, _) in self._new.items() if new != self._old[path]]

    def commit(self) -> Path | None:
        """Make all changes or none: the folder of the backups, None when there was nothing to change.

        Refuses (DmbError, nothing changed) when a file was edited since it was read, or cannot be written, or the disk
        is full.
        """
        changes = self.changes
        if not changes:
            return None
        journal = Journal.begin(self.state, [(change.path, change.old, change.new) for change in changes])
        _check(journal)
        place = str(self.state)
        try:
            journal.draft()
            for change, entry in zip(changes, journal.entries, strict=True):
                place = str(change.path)
                if change.old is not None:
                    disk.keep(entry.target, journal.folder / entry.backup)
                if change.new is not None:
                    disk.stage(journal.staged(entry), change.new, entry.target, self._new[change.path][1])
            for change in changes:
                if disk.read(change.path) != change.old:
                    raise DmbError("edited while this command ran", place=str(change.path), remedy="Run it again.")
            journal.commit()
        except OSError as error:
            with contextlib.suppress(OSError):  # the next command does it
                if not (self.state / COMMITTED).exists() or journal.withdraw():
                    journal.discard()
            remedy = "Nothing was changed. Check permissions and free space, then run again."
            raise DmbError(f"cannot be written: {error.strerror}", place=place, remedy=remedy) from error
        except BaseException:
            if not (self.state / COMMITTED).exists():
                journal.discard()
            raise
        recovery.finish(journal)
        self._old.update({change.path: change.new for change in changes})
        self._new.clear()
        with contextlib.suppress(OSError):
            prune(self.state)
        return journal.folder


@contextlib.contextmanager
def transaction(state: Path, *, timeout: float = 10.0, keep: bool = True) -> Iterator[Transaction]:
    """Lock the workspace whose state folder is `state` (made when missing), and end what a crash left unfinished.

    Waits `timeout` seconds for another holder, then refuses with its pid. Refuses once when a file of an interrupted
    change was edited since (see `Recovery`). Without `keep`, a state folder that was made here is removed again if it
    stays empty.
    """
    with lock.exclusive(state, timeout, keep=keep):
        done = recovery.resume(state)
        if done.conflicts:
            raise DmbError(
                "edited after a change to it was interrupted; nothing was overwritten",
                place=str(done.conflicts[0]),
                remedy=f"The new content is in {done.backup}. Compare, then run again.",
            )
        yield Transaction(state, done)


@contextlib.contextmanager
def read_only(state: Path, *, timeout: float = 10.0) -> Iterator[Transaction]:
    """A transaction for planning only: nothing is written or deleted, and it must not commit.

    Refuses when a committed change was interrupted: the files then hold half of it.
    """
    with lock.shared(state, timeout):
        if (state / COMMITTED).exists():
            raise DmbError(
                "an interrupted change is not finished",
                place=str(state / COMMITTED),
                remedy="Run without --dry-run to finish it first.",
            )
        yield Transaction(state)


def recover(state: Path, *, timeout: float = 10.0) -> Recovery:
    """End what a crash left unfinished, as `transaction` does first; conflicts are reported, not raised."""
    with lock.exclusive(state, timeout):
        return recovery.resume(state)


def _check(journal: Journal) -> None:
    """Refuse what could not be replaced once the change is committed."""
    targets: set[Path] = set()
    for entry in journal.entries:
        if entry.target in targets:
            raise DmbError(
                "two of the paths lead to the same file", place=str(entry.path), remedy="Remove one of the two links."
            )
        targets.add(entry.target)
    disk.check_replaceable((entry.path, entry.target) for entry in journal.entries if entry.old is not None)
