"""The lock of a workspace: a file in its state folder, held alone by who changes files and shared by who only reads.

The lock is on an open file, so it is free the moment its holder ends, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from typing import TYPE_CHECKING

from ..errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE, _IGNORES = "lock", (".gitignore", ".dockerignore")
_POLL = 0.02  # seconds between two tries for a lock that somebody holds
_TRIES = 100  # to open a lock whose folder others remove


@contextlib.contextmanager
def exclusive(state: Path, timeout: float, *, keep: bool = True) -> Iterator[None]:
    """Hold the lock alone; makes the state folder, and without `keep` removes it again if it stays empty."""
    deadline, made = time.monotonic() + timeout, not state.exists()
    descriptor = _open_lock(state)
    try:
        _wait(descriptor, deadline, state)
        while not _is_at(state / FILE, descriptor):  # whoever held it has removed the folder that it had made
            os.close(descriptor)
            descriptor = _open_lock(state)
            _wait(descriptor, deadline, state)
        with contextlib.suppress(OSError):  # on a full disk nobody learns who holds it, and reading still works
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
def shared(state: Path, timeout: float) -> Iterator[None]:
    """Hold the lock together with others that only read. Without a lock file nobody can be at work."""
    try:
        descriptor = os.open(state / FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
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
                f"another dmb is working on this workspace (process {holder})",
                place=str(state.parent),
                remedy="Wait until it ends, then run again.",
            )
        time.sleep(_POLL)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_lock(state: Path) -> int:
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile by whoever had made it
            try:
                state.mkdir(mode=0o700, exist_ok=True)
                for name in _IGNORES:
                    if not (state / name).exists():
                        (state / name).write_text("*\n")
                return os.open(state / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise _no_lock(state, error) from None
    raise _no_lock(state, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))


def _no_lock(state: Path, error: OSError) -> DmbError:
    remedy = "Make this folder writable, then run again."
    return DmbError(f"cannot be locked: {error.strerror}", place=str(state), remedy=remedy)


def _is_at(lock: Path, descriptor: int) -> bool:
    """Whether the file that is open is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), lock.stat(follow_symlinks=False))
    except OSError:
        return False


def _remove_if_empty(state: Path) -> None:
    """Remove a state folder that holds only what locking it and a refused change leave there."""
    with contextlib.suppress(OSError):
        if (state / "backups").exists():
            (state / "backups").rmdir()  # only when nothing is in it
        if {path.name for path in state.iterdir()} <= {FILE, *_IGNORES}:
            for name in (*_IGNORES, FILE):
                (state / name).unlink(missing_ok=True)
            state.rmdir()
