"""Changes to several files of a workspace that happen all or not at all, also when the machine stops in the middle.

    with transaction(state) as tx:        # waits for the workspace's lock, ends what a crash left undone
        text = tx.read(path)              # bytes, or None when there is no file
        tx.write(path, new_bytes)         # nothing on disk yet
        tx.commit()                       # all or nothing; without it nothing is written

New contents are staged next to their targets; one rename makes the journal valid (the commit point); then each staged
file replaces its target. Where one cannot, those that did are put back. See `journal` for what is on disk meanwhile,
all of it in the state folder (`.dmb`, 0700).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import DmbError
from . import disk
from .journal import COMMITTED, DONE, DRAFT, TIME, Journal, order, prune

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK, _IGNORES = "lock", (".gitignore", ".dockerignore")
_POLL = 0.02  # seconds between two looks at a lock that somebody holds
_TRIES = 100  # to open a lock whose folder others remove


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a transaction: `old` and `new` are its bytes, None when there is no file."""

    path: Path
    old: bytes | None
    new: bytes | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of a change that was interrupted; false when there was none.

    `finished` were put in place; `discarded` belong to a change that was not committed, or is taken back since it could
    not be finished. `conflicts` were edited after the crash: then no file of that change was touched, and `backup`
    holds what was to be written (`<n>-name.new`) and the old contents of what had been written already (`<n>-name`).
    """

    finished: tuple[Path, ...] = ()
    discarded: tuple[Path, ...] = ()
    conflicts: tuple[Path, ...] = ()
    backup: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.finished or self.discarded or self.conflicts)


@dataclass(frozen=True, slots=True)
class Backup:
    """The files as they were before the change made at `time` (UTC).

    `problem` says why it cannot be restored here, "" when it can: it is damaged, or the backup of another workspace.
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
            remedy = "Nothing was changed. Give the right to write, or make room, then run again."
            raise DmbError(f"cannot be written: {error.strerror}", place=place, remedy=remedy) from error
        except BaseException:
            if not (self.state / COMMITTED).exists():
                journal.discard()
            raise
        _finish(journal)
        self._old.update({change.path: change.new for change in changes})
        self._new.clear()
        with contextlib.suppress(OSError):
            prune(self.state)
        return journal.folder


@contextlib.contextmanager
def transaction(state: Path, *, timeout: float = 10.0, keep: bool = True) -> Iterator[Transaction]:
    """The lock of the workspace whose state folder is `state` (made when absent), a crash before it brought to an end.

    Waits `timeout` seconds for another holder, then refuses with its pid. Refuses once when a file of an interrupted
    change was edited since (see `Recovery`). Without `keep` a state folder that was made here goes again while nothing
    is in it.
    """
    with _lock(state, timeout, keep=keep):
        recovery = _recover(state)
        if recovery.conflicts:
            raise DmbError(
                "edited after a change to it was interrupted; nothing was overwritten",
                place=str(recovery.conflicts[0]),
                remedy=f"What was to be written is in {recovery.backup}. Compare, then run again.",
            )
        yield Transaction(state, recovery)


@contextlib.contextmanager
def looking(state: Path, *, timeout: float = 10.0) -> Iterator[Transaction]:
    """A transaction that is for planning alone: nothing is written or deleted, and it must not commit.

    Refuses when a change was interrupted after it was committed: what is there now is half of it.
    """
    with _looking(state, timeout):
        if (state / COMMITTED).exists():
            raise DmbError(
                "a change that was interrupted is not finished",
                place=str(state / COMMITTED),
                remedy="Run it without --dry-run: that finishes this change first.",
            )
        yield Transaction(state)


def recover(state: Path, *, timeout: float = 10.0) -> Recovery:
    """End what a crash left undone, as `transaction` does first; conflicts are reported, not raised."""
    with _lock(state, timeout):
        return _recover(state)


def backups(state: Path) -> list[Backup]:
    """The backups of the workspace, newest first; with those that cannot be restored, which have a `problem`."""
    kept = []
    for folder in sorted((state / "backups").glob("*/"), key=lambda folder: order(folder.name), reverse=True):
        with contextlib.suppress(FileNotFoundError, ValueError):  # the backup of a change that is not done, or none
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
    problem = f"it is not of this workspace: {strays[0]}" if strays else ""
    return Backup(time, folder, tuple(entry.path for entry in entries), names, problem)


@contextlib.contextmanager
def _lock(state: Path, timeout: float, *, keep: bool = True) -> Iterator[None]:
    deadline, made = time.monotonic() + timeout, not state.exists()
    descriptor = _open_lock(state)
    try:
        _wait(descriptor, deadline, state)
        while not _is_at(state / _LOCK, descriptor):  # whoever held it has removed the folder that it had made
            os.close(descriptor)
            descriptor = _open_lock(state)
            _wait(descriptor, deadline, state)
        with contextlib.suppress(OSError):  # on a full disk others are not told who holds it, and looking still works
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        try:
            yield
        finally:
            if made and not keep:
                _remove_if_empty(state)
    finally:
        os.close(descriptor)  # gives the lock back


@contextlib.contextmanager
def _looking(state: Path, timeout: float) -> Iterator[None]:
    """The lock, shared with others that only look. Where there is none yet nobody can be at work."""
    try:
        descriptor = os.open(state / _LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        yield
        return
    except OSError as error:
        raise _no_lock(state, error) from None
    try:
        _wait(descriptor, time.monotonic() + timeout, state, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, deadline: float, state: Path, kind: int = fcntl.LOCK_EX) -> None:
    while not _taken(descriptor, kind):
        if time.monotonic() >= deadline:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise DmbError(
                f"another dmb works on this workspace (process {holder})",
                place=str(state.parent),
                remedy="Wait until it has ended, then run again.",
            )
        time.sleep(_POLL)


def _open_lock(state: Path) -> int:
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile by whoever had made it
            try:
                state.mkdir(mode=0o700, exist_ok=True)
                for name in _IGNORES:
                    if not (state / name).exists():
                        (state / name).write_text("*\n")
                return os.open(state / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise _no_lock(state, error) from None
    raise _no_lock(state, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))


def _no_lock(state: Path, error: OSError) -> DmbError:
    remedy = "Give the right to write to this folder, then run again."
    return DmbError(f"cannot be locked: {error.strerror}", place=str(state), remedy=remedy)


def _is_at(lock: Path, descriptor: int) -> bool:
    """Whether the file that is open is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), lock.stat(follow_symlinks=False))
    except OSError:
        return False


def _remove_if_empty(state: Path) -> None:
    """Remove a state folder that holds nothing but what opening it and a change that was refused leave there."""
    with contextlib.suppress(OSError):
        if (state / "backups").exists():
            (state / "backups").rmdir()  # only when nothing is in it
        if {path.name for path in state.iterdir()} <= {_LOCK, *_IGNORES}:
            for name in (*_IGNORES, _LOCK):
                (state / name).unlink(missing_ok=True)
            state.rmdir()


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check(journal: Journal) -> None:
    """Refuse what could not be replaced once the change is committed."""
    targets: set[Path] = set()
    for entry in journal.entries:
        if entry.target in targets:
            raise DmbError("two names of one file", place=str(entry.path), remedy="Remove one of the two links.")
        targets.add(entry.target)
    disk.check_replaceable((entry.path, entry.target) for entry in journal.entries if entry.old is not None)


def _finish(journal: Journal) -> None:
    """Put the files of a committed change in place."""
    try:
        journal.roll_forward()
    except OSError as error:
        place = str(error.filename2 or error.filename or journal.state)
        remedy = f"{_taken_back(journal)} Remove the cause, then run again."
        raise DmbError(f"cannot be replaced: {error.strerror}", place=place, remedy=remedy) from error


def _taken_back(journal: Journal) -> str:
    """Take back a committed change that cannot be finished: what has become of it, as a sentence."""
    rest = "The change is in part taken back; the next command takes back the rest."
    if journal.takes_back:
        return rest
    try:
        if journal.withdraw():
            return "Nothing was changed."
        back = journal.reverse()
    except OSError:
        if (journal.state / COMMITTED).exists():
            return "The change is in part in place; the next command finishes it."
        return "Nothing was changed."
    try:
        back.roll_forward()
    except OSError:
        return rest
    return "All files are as they were before."


def _recover(state: Path) -> Recovery:
    """Finish or discard what the journal says. Needs the lock."""
    try:
        discarded = _discard(state)
        if not (state / COMMITTED).exists():
            return Recovery(discarded=discarded)
        journal = _committed(state)
        edited = journal.edited()
        if edited:
            journal.set_aside()
            return Recovery(discarded=discarded, conflicts=tuple(one.path for one in edited), backup=journal.folder)
    except OSError as error:
        raise DmbError(
            f"a change that was interrupted cannot be brought to an end: {error.strerror}",
            place=str(error.filename or state),
            remedy="Remove the cause, then run again.",
        ) from error
    _finish(journal)
    paths = tuple(entry.path for entry in journal.entries)
    return Recovery(discarded=paths) if journal.takes_back else Recovery(finished=paths, discarded=discarded)


def _discard(state: Path) -> tuple[Path, ...]:
    """Take back a change that was not committed: its files."""
    if not (state / DRAFT).exists():
        return ()
    try:
        draft = Journal.load(state / DRAFT, state)
    except ValueError:
        draft = None
    if draft is None or draft.led_away:  # cut off by a power failure: nothing was staged durably; or not ours
        (state / DRAFT).unlink()
        return ()
    draft.discard()
    return () if draft.takes_back else tuple(entry.path for entry in draft.entries)


def _committed(state: Path) -> Journal:
    """The change that is to be finished."""
    cause: Exception | None = None
    try:
        journal = Journal.load(state / COMMITTED, state)
        if not journal.led_away:
            return journal
    except ValueError as error:
        cause = error
    raise DmbError(
        "this journal of an interrupted change is damaged",
        place=str(state / COMMITTED),
        remedy=f"Compare your files with the newest folder in {state / 'backups'}, then delete this file.",
    ) from cause
