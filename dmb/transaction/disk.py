"""Reads and writes for transactions: whole files, synced to disk, with the owner and mode of what they replace."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOUNTS = Path("/proc/self/mountinfo")


def read(path: Path) -> bytes | None:
    """The bytes of the file at `path`, None when there is none; refuses anything else (a folder, a pipe)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its writer
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise DmbError("not a file", place=str(path), remedy="Move it away, then run again.")
            return b"".join(iter(lambda: os.read(descriptor, status.st_size + 1), b""))
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DmbError(f"cannot be read: {error.strerror}", place=str(path), remedy="Check its permissions.") from None


def digest(content: bytes | None) -> str | None:
    """The fingerprint of a file's bytes, None when there is no file."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def write(path: Path, content: bytes) -> None:
    """Make `path` with `content`, synced to disk, readable by its owner only."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        path.unlink()
        descriptor = os.open(path, flags, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - only `open` takes a descriptor
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def sync(path: Path) -> None:
    """Sync a file's content, or the names in a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot do it for folders
            raise
    finally:
        os.close(descriptor)


def stage(staged: Path, content: bytes, target: Path, mode: int) -> None:
    """Make `staged` with `content` so that it can replace `target`: same owner, mode and attributes (new: `mode`)."""
    write(staged, content)
    try:
        was = target.stat()
    except FileNotFoundError:
        staged.chmod(mode & ~_umask())
    else:
        now = staged.stat()
        if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
            os.chown(staged, was.st_uid, was.st_gid)
        shutil.copystat(target, staged)
        os.utime(staged)


def replace(path: Path, content: bytes) -> None:
    """Replace or make one file atomically; owner and mode stay. Refuses what `check_replaceable` refuses.

    A link is followed: what it names is replaced.
    """
    target = path.resolve()
    staged = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        if target.exists():
            check_replaceable([(path, target)])
        stage(staged, content, target, 0o644)
        staged.replace(target)
    except OSError as error:
        raise DmbError(
            f"cannot be written: {error.strerror}", place=str(path), remedy="Check its permissions."
        ) from None
    finally:
        staged.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def keep(target: Path, backup: Path) -> None:
    """Make `backup` hold what `target` holds: by a link when it has no other name, else by a copy."""
    if target.stat().st_nlink == 1:
        with contextlib.suppress(OSError):  # another file system, or one without hard links
            backup.hardlink_to(target)
            return
    write(backup, target.read_bytes())


def check_replaceable(files: Iterable[tuple[Path, Path]]) -> None:
    """Refuse (DmbError) files that cannot be replaced by a rename, or that their owner protects from changes.

    Each is a path as it was named, and the target that it leads to.
    """
    mounts = _mounts()
    for path, target in files:
        if not stat.S_IMODE(target.stat().st_mode) & 0o222:
            raise DmbError("read-only", place=str(path), remedy=f"Run `chmod u+w {path}`, then again.")
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CLOEXEC))
        except OSError as error:
            raise DmbError(
                f"cannot be written: {error.strerror}", place=str(path), remedy="Check its permissions."
            ) from None
        name = str(target).replace("\\", "\\134").replace(" ", "\\040")
        if name in mounts and any(line.split(" ", 5)[4] == name for line in mounts.splitlines()):
            raise DmbError(
                "a mount point of its own",
                place=str(path),
                remedy="Mount its folder instead, or run dmb outside the container.",
            )


def _mounts() -> str:
    """What is mounted where, a line each, from Linux; nothing on other systems."""
    try:
        return _MOUNTS.read_text(errors="replace")
    except OSError:
        return ""
