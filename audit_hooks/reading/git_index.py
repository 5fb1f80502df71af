"""The names in a repository's index, read without git: to start it takes longer than to audit a small module.

Only the index that nearly every repository has is read (gitformat-index, versions 2 to 4). Whatever else there may be
(a linked work tree, a submodule, settings that change what git would do, a split or sparse index) is left to git.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FIXED = 62  # bytes of an entry before its name: times, numbers, mode, the object's SHA-1, flags
_HASH = 20


def names(root: Path) -> frozenset[str] | None:
    """What `git ls-files` lists in the top folder `root` of a repository; None where only git itself can tell."""
    folder = root / ".git"
    try:
        if not (_plain(folder) and _owned(root) and _owned(folder)):
            return None
        # In a hook of `git commit FILE` the commit in the making has an index of its own.
        return _entries((root / os.environ.get("GIT_INDEX_FILE", folder / "index")).read_bytes())
    except (OSError, ValueError, IndexError):
        return None


def _plain(folder: Path) -> bool:
    """Whether this is a repository as `git init` and `git clone` make them, with nothing set that moves or bars it."""
    settings = (folder / "config").read_bytes().lower()
    usual = (b"repositoryformatversion = 0", b"bare = false")
    head = (folder / "HEAD").read_text("ascii")
    return (
        all(settings.count(word.split()[0]) == 1 and word in settings for word in usual)
        and not any(word in settings for word in (b"worktree", b"extensions"))
        and bool(head.startswith("ref: refs/") or bytes.fromhex(head))
        and (folder / "objects").is_dir()
        and (folder / "refs").is_dir()
        and not (folder / "commondir").exists()
    )


def _owned(folder: Path) -> bool:
    """Whether it is this user's own: git asks its settings about what is another's."""
    return hasattr(os, "geteuid") and folder.lstat().st_uid == os.geteuid()


def _entries(data: bytes) -> frozenset[str] | None:
    version, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        return None
    found: list[bytes] = []
    at, name = 12, b""
    for _ in range(count):
        start = at + _FIXED + 2 * (data[at + _FIXED - 2] >> 6 & 1)  # the bit says that there are more flags
        if version == 4:  # a name is told by what it shares with the one before
            cut, start = _number(data, start)
            end = data.index(b"\0", start)
            name, at = name[: len(name) - cut] + data[start:end], end + 1
        else:
            end = data.index(b"\0", start)
            name, at = data[start:end], at + (end - at + 8) // 8 * 8
        found.append(name)
    while at < len(data) - _HASH:
        if not data[at : at + 1].isupper():
            return None  # an extension that one must understand: a split or sparse index
        at += 8 + int.from_bytes(data[at + 4 : at + 8])
    return frozenset(name.decode("utf-8", "surrogateescape") for name in found) if at == len(data) - _HASH else None


def _number(data: bytes, at: int) -> tuple[int, int]:
    """(a number of variable width, where it ends), as in pack files for OFS_DELTA."""
    value = data[at] & 127
    while data[at] & 128:
        at += 1
        value = (value + 1 << 7) + (data[at] & 127)
    return value, at + 1
