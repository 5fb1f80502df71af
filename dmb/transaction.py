"""Changes to several files that happen all or not at all, also when the machine stops in the middle.

A redo journal: the new contents are staged next to their targets, one rename makes the journal valid (the commit point),
then each staged file replaces its target. Whoever locks the workspace next finishes what was committed and discards what
was not. All of it stands in the workspace's state folder (`.dmb`, 0700):

    lock                   flock'ed, never deleted; holds the holder's pid
    journal.tmp            a change that is not committed: its staged files are discarded
    journal.json           a committed change: its staged files are put in place
    backups/<time>-<id>/   the files as they were before a change, 0600; kept seven days, and always the newest ten

    with transaction(state) as tx:
        text = tx.read(path)              # bytes, or None when there is no file
        tx.write(path, new_bytes)         # nothing on disk yet
        tx.commit()                       # all or nothing; without it nothing is written
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEEP_DAYS, KEEP_NEWEST = 7, 10
_POLL = 0.02  # seconds between two looks at a lock that somebody holds


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a transaction: `old` and `new` are its bytes, None when there is no file."""

    path: Path
    old: bytes | None
    new: bytes | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found of a change that did not end, and what became of it; false when there was none.

    `finished` were put in place, `discarded` belonged to a change that was never committed. `conflicts` were edited after the
    crash: then no file of that change was touched, and `backup` holds the old (`<n>-name`) and the new (`<n>-name.new`) ones.
    """

    finished: tuple[Path, ...] = ()
    discarded: tuple[Path, ...] = ()
    conflicts: tuple[Path, ...] = ()
    backup: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.finished or self.discarded or self.conflicts)


@dataclass(frozen=True, slots=True)
class Backup:
    """The files as they were before the change made at `time` (UTC); None stands for a file that did not exist."""

    time: dt.datetime
    folder: Path
    files: tuple[Path, ...]

    def read(self) -> dict[Path, bytes | None]:
        """Every file's old bytes."""
        return {Path(e["path"]): _read(self.folder / e["backup"]) for e in _load(self.folder / "files.json")["entries"]}


@dataclass(slots=True)
class Transaction:
    """Reads and planned writes under the workspace's lock: see `transaction`. `recovery` is what the lock found to do."""

    state: Path
    recovery: Recovery = field(default_factory=Recovery)
    _old: dict[Path, bytes | None] = field(default_factory=dict)
    _new: dict[Path, tuple[bytes | None, int]] = field(default_factory=dict)

    def read(self, path: Path) -> bytes | None:
        """The bytes of `path` as this transaction sees it (its own writes included), None when there is no file."""
        if path in self._new:
            return self._new[path][0]
        if path not in self._old:
            self._old[path] = _read(path)
        return self._old[path]

    def write(self, path: Path, new: bytes | None, *, mode: int = 0o644) -> None:
        """Plan `new` as the content of `path`, None to delete it. `mode` is for a file that is made new.

        The file must still hold at `commit` what it held at its first `read` or `write` here.
        """
        self.read(path)
        self._new[path] = (new, mode)

    @property
    def changes(self) -> list[Change]:
        """What `commit` would do: the planned writes that change something, in the order of planning."""
        return [Change(p, self._old[p], new) for p, (new, _) in self._new.items() if new != self._old[p]]

    def commit(self) -> Path | None:
        """Make all changes or none; the folder of the backups, None when there was nothing to change.

        Refuses (DmbError, nothing changed) when a file was edited since it was read, cannot be written, or the disk is full.
        """
        changes = self.changes
        if not changes:
            return None
        stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ") + "-" + secrets.token_hex(3)
        folder = self.state / "backups" / stamp
        entries = [_entry(change, number, stamp) for number, change in enumerate(changes)]
        journal = {"version": 1, "inode": self.state.stat().st_ino, "backup": stamp, "entries": entries}
        place = str(self.state)
        try:
            _write(self.state / "journal.tmp", json.dumps(journal).encode(), 0o600, sync=False)
            folder.mkdir(mode=0o700, parents=True)
            for change, entry in zip(changes, entries, strict=True):
                place = str(change.path)
                if change.new is not None:
                    _stage(Path(entry["staged"]), change.new, Path(entry["target"]), self._new[change.path][1])
                if change.old is not None:
                    _write(folder / entry["backup"], change.old, 0o600)
            _write(folder / "files.json", json.dumps(journal).encode(), 0o600)
            for parent in {folder, folder.parent, *(Path(entry["staged"]).parent for entry in entries)}:
                _sync_folder(parent)
            for change in changes:
                if _read(change.path) != change.old:
                    raise DmbError("edited while this command ran", place=str(change.path), remedy="Run it again.")
            _sync(self.state / "journal.tmp")
            (self.state / "journal.tmp").replace(self.state / "journal.json")
        except OSError as error:
            _discard(self.state)
            raise DmbError(
                f"cannot be written: {error.strerror}",
                place=place,
                remedy="Nothing was changed. Make room or give the right to write, then run again.",
            ) from error
        except BaseException:
            _discard(self.state)
            raise
        _sync_folder(self.state)
        _roll_forward(self.state, entries)
        self._old.update({change.path: change.new for change in changes})
        self._new.clear()
        _prune(self.state / "backups")
        return folder


@contextlib.contextmanager
def transaction(state: Path, *, timeout: float = 10.0) -> Iterator[Transaction]:
    """The lock of the workspace whose state folder is `state` (made when absent), what was left undone brought to an end.

    Waits `timeout` seconds for another holder, then refuses with its pid. Refuses when a file of an unfinished change
    was edited since (see `Recovery`); the next call goes on.
    """
    with _lock(state, timeout):
        recovery = _recover(state)
        if recovery.conflicts:
            raise DmbError(
                "edited after a change to it was interrupted; nothing was overwritten",
                place=str(recovery.conflicts[0]),
                remedy=f"Old and new files are in {recovery.backup}. Compare, then run again.",
            )
        yield Transaction(state, recovery)


def recover(state: Path, *, timeout: float = 10.0) -> Recovery:
    """Bring an interrupted change to its end, as `transaction` does first."""
    with _lock(state, timeout):
        return _recover(state)


def backups(state: Path) -> list[Backup]:
    """The backups of the workspace, newest first."""
    found = []
    for folder in sorted((state / "backups").glob("*/"), reverse=True):
        with contextlib.suppress(OSError, ValueError, KeyError):
            when = dt.datetime.strptime(folder.name.partition("-")[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=dt.UTC)
            files = tuple(Path(entry["path"]) for entry in _load(folder / "files.json")["entries"])
            found.append(Backup(when, folder, files))
    return found


@contextlib.contextmanager
def _lock(state: Path, timeout: float) -> Iterator[None]:
    if not state.is_dir():
        state.mkdir(mode=0o700)
        for ignore in (".gitignore", ".dockerignore"):
            (state / ignore).write_text("*\n")
    descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
                    raise DmbError(
                        f"another dmb works on this workspace (process {holder})",
                        place=str(state.parent),
                        remedy=f"Wait until it has ended, or end process {holder}, then run again.",
                    ) from None
                time.sleep(_POLL)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)  # gives the lock back


def _entry(change: Change, number: int, stamp: str) -> dict[str, Any]:
    """The journal's record of one change; refuses a target that cannot be replaced."""
    target = change.path.resolve()
    if change.old is not None:
        _check_replaceable(change.path, target)
    return {
        "path": str(change.path.absolute()),
        "target": str(target),
        "staged": str(target.with_name(f".{target.name}.{stamp[-6:]}.dmb")),
        "backup": f"{number}-{target.name}",
        "old": _digest(change.old),
        "new": _digest(change.new),
    }


def _check_replaceable(path: Path, target: Path) -> None:
    """Refuse a read-only file: renaming over it would go through, but somebody meant it not to change."""
    if not stat.S_IMODE(target.stat().st_mode) & 0o222:
        raise DmbError("read-only", place=str(path), remedy=f"Run `chmod u+w {path}`, then again.")
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CLOEXEC))
    except OSError as error:
        raise DmbError(
            f"cannot be written: {error.strerror}", place=str(path), remedy="Give the right to write."
        ) from None


def _stage(staged: Path, content: bytes, target: Path, mode: int) -> None:
    """Write `content` next to `target` with the owner, mode and attributes that `target` has (`mode` when it is new)."""
    _write(staged, content, mode)
    if target.exists():
        was = target.stat()
        if (was.st_uid, was.st_gid) != (os.geteuid(), staged.stat().st_gid):
            os.chown(staged, was.st_uid, was.st_gid)
        shutil.copystat(target, staged)
        os.utime(staged)
        _sync(staged)


def _recover(state: Path) -> Recovery:
    """Finish or discard what `journal.json` or `journal.tmp` says. Needs the lock."""
    discarded = _discard(state)
    try:
        journal = _load(state / "journal.json")
    except FileNotFoundError:
        return Recovery(discarded=discarded)
    entries = journal["entries"]
    paths = tuple(Path(entry["path"]) for entry in entries)
    edited = tuple(path for path, entry in zip(paths, entries, strict=True) if not _as_left(entry))
    if not edited:
        _roll_forward(state, entries)
        return Recovery(finished=paths)
    kept = state / "backups" / (journal["backup"] + "-conflict")
    if not kept.exists():
        (state / "backups" / journal["backup"]).rename(kept)
    for entry in entries:
        staged = Path(entry["staged"])
        if staged.exists():
            _write(kept / (entry["backup"] + ".new"), staged.read_bytes(), 0o600)
    (state / "journal.json").replace(state / "journal.tmp")
    _discard(state)
    return Recovery(conflicts=edited, backup=kept)


def _as_left(entry: dict[str, Any]) -> bool:
    """Whether the target is as the interrupted change left it: already new, or still old with the new one at hand."""
    now = _digest(_read(Path(entry["target"])))
    if now == entry["new"]:
        return True
    return bool(now == entry["old"] and _digest(_read(Path(entry["staged"]))) == entry["new"])


def _roll_forward(state: Path, entries: list[dict[str, Any]]) -> None:
    """Put the staged files of a committed change in place, then drop the journal."""
    for entry in entries:
        staged, target = Path(entry["staged"]), Path(entry["target"])
        if entry["new"] is None:
            target.unlink(missing_ok=True)
        elif staged.exists():
            staged.replace(target)
    for parent in {Path(entry["target"]).parent for entry in entries}:
        _sync_folder(parent)
    (state / "journal.json").unlink()


def _discard(state: Path) -> tuple[Path, ...]:
    """Remove what a change that was not committed has staged; the paths it was about."""
    unfinished = state / "journal.tmp"
    try:
        journal = _load(unfinished)
    except FileNotFoundError:
        return ()
    except ValueError:  # cut off by a power failure, before anything was staged
        journal = {"entries": [], "backup": ""}
    for entry in journal["entries"]:
        Path(entry["staged"]).unlink(missing_ok=True)
    if journal["backup"]:
        shutil.rmtree(state / "backups" / journal["backup"], ignore_errors=True)
    unfinished.unlink()
    return tuple(Path(entry["path"]) for entry in journal["entries"])


def _prune(folder: Path) -> None:
    """Delete the backups that are older than seven days, never one of the newest ten."""
    oldest = (dt.datetime.now(dt.UTC) - dt.timedelta(days=KEEP_DAYS)).strftime("%Y%m%dT%H%M%S")
    for old in sorted(folder.iterdir(), reverse=True)[KEEP_NEWEST:]:
        if old.name < oldest:
            shutil.rmtree(old, ignore_errors=True)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes, mode: int, *, sync: bool = True) -> None:
    """Make `path` anew with `content`, on the disk itself when `sync`."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, for O_EXCL
        file.write(content)
        file.flush()
        if sync:
            os.fsync(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_sync_folder = _sync
