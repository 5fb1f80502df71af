"""The names in a repository's index, read without git: git would read the repository's settings, which may start
programs, and to start it takes time at every commit.

Read are versions 2 to 4 (gitformat-index), with SHA-1 or SHA-256. Of a sparse index the files are read, not the folders
that stand for what is not checked out. A split index is refused.
"""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 100_000_000  # bytes of an index, and of all names in it: a million files
_FIXED = 42  # bytes of an entry before its name: times, numbers, mode, flags; the object's hash is between them
_HASHES = (20, 32)  # bytes: SHA-1, SHA-256
_FOLDER = 0o040000
_SPARSE = b"sdir"
# No file of a repository is called so; git itself refuses such names.
_OUTSIDE = re.compile(r"(?:^|/)(?:\.{0,2}|\.git)(?:/|\Z)", re.IGNORECASE)


class Unreadable(Exception):
    """An index that cannot be read here; the text says why."""


def entries(index: Path) -> frozenset[str]:
    """The files in an index, those that lead out of the repository or into `.git` left out; none where it is missing.

    Raises Unreadable.
    """
    try:
        descriptor = os.open(index, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its writer
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        raise Unreadable(f"git's index cannot be read: {error.strerror}") from None
    with open(descriptor, "rb") as file:  # noqa: PTH123 - only `open` takes a descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("git's index is not a file")
        if status.st_size > _LARGEST:
            raise Unreadable(f"git's index is larger than {_LARGEST // 1_000_000} MB")
        data = file.read()
    for size in _HASHES:
        try:
            names = _names(data, size)
        except (ValueError, IndexError):
            continue
        texts = [name.decode("utf-8", "surrogateescape") for name in names]
        return frozenset(text for text in texts if not _OUTSIDE.search(text))
    raise Unreadable("git's index is damaged, or newer than what is known here")


def _names(data: bytes, size: int) -> list[bytes]:
    """The names in an index whose hashes have `size` bytes; ValueError or IndexError where it is none."""
    version, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        raise ValueError
    names: list[bytes] = []
    at, name, total, fixed = 12, b"", 0, _FIXED + size
    for _ in range(count):
        mode = int.from_bytes(data[at + 24 : at + 28])
        start = at + fixed + 2 * (data[at + fixed - 2] >> 6 & 1)  # the bit says that there are more flags
        if version == 4:  # a name is told by what it shares with the one before
            cut, start = _number(data, start)
            end = data.index(b"\0", start)
            name, at = name[: len(name) - cut] + data[start:end], end + 1
        else:
            end = data.index(b"\0", start)
            name, at = data[start:end], at + (end - at + 8) // 8 * 8
        total += len(name)
        if total > _LARGEST:
            raise ValueError
        if mode != _FOLDER:
            names.append(name)
    while at < len(data) - size:
        kind = data[at : at + 4]
        if kind == b"link":
            raise Unreadable("git's index is split: `git update-index --no-split-index` makes it one file")
        if not kind[:1].isupper() and kind != _SPARSE:  # an extension that one must understand
            raise ValueError
        at += 8 + int.from_bytes(data[at + 4 : at + 8])
    if at != len(data) - size:
        raise ValueError
    return names


def _number(data: bytes, at: int) -> tuple[int, int]:
    """(a number of variable width, where it ends), as in pack files for OFS_DELTA."""
    value = data[at] & 127
    while data[at] & 128:
        if value > _LARGEST:
            raise ValueError
        at += 1
        value = (value + 1 << 7) + (data[at] & 127)
    return value, at + 1
