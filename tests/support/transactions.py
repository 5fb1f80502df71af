"""A workspace of a few files, a change of all of them, and a crash in its middle."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from pathlib import Path

from dmb.transaction.transaction import recover, transaction

from . import faults

OLD = {"a.yaml": b"a: old\n", ".env": b"A=old\r\n", "gone": b"will go\n", "real/linked": b"old, linked\n"}
NEW = {"a.yaml": b"a: new\n" * 500, ".env": b"A=new\r\n", "made": b"made\n", "real/linked": b"new, linked\n"}


def lay_out(root: Path) -> Path:
    """A workspace with the files of OLD, one of them behind a link."""
    (root / "real").mkdir(parents=True)
    for name, content in OLD.items():
        (root / name).write_bytes(content)
    (root / ".env").chmod(0o600)
    (root / "link").symlink_to("real/linked")
    return root


def change(root: Path) -> None:
    """From OLD to NEW: two files changed, one of them through its link, one made, one deleted."""
    with transaction(root / ".dmb") as tx:
        for name in ("a.yaml", ".env", "made"):
            tx.write(root / name, NEW[name], mode=0o640)
        tx.write(root / "link", NEW["real/linked"])
        tx.write(root / "gone", None)
        tx.commit()


def content(root: Path) -> dict[str, bytes]:
    """All files of the workspace but for those of `.dmb`."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(root)): path.read_bytes() for path in files if ".dmb" not in path.parts}


def is_clean(root: Path) -> bool:
    """Whether nothing of an unfinished change is left."""
    return not list((root / ".dmb").glob("journal*")) and not list(root.rglob(".*.dmb"))


def umask() -> int:
    """This process's."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


_CALLS: dict[bool, int] = {}  # system calls to the place of a crash; found once


def crash(root: Path, *, committed: bool, further: int = 0) -> None:
    """Leave a change of all files unfinished: `further` system calls after its second staged file or its commit."""
    if committed not in _CALLS:
        for calls in itertools.count():
            faults.run_killed(lambda: change(root), calls)
            if (root / ".dmb/journal.json").exists() if committed else len(list(root.glob(".*.dmb"))) == 2:
                break
            recover(root / ".dmb")
        _CALLS[committed] = calls
        shutil.rmtree(root)
        lay_out(root)
    change_nothing(root)
    assert faults.run_killed(lambda: change(root), _CALLS[committed] + further) == -signal.SIGKILL
    assert (root / ".dmb/journal.json").exists() == committed


def change_nothing(root: Path) -> None:
    """Make the state folder: that takes system calls too."""
    with transaction(root / ".dmb"):
        pass


def content_without_staged(root: Path) -> dict[str, bytes]:
    """`content` without the files that wait to be put in place."""
    return {name: data for name, data in content(root).items() if not name.endswith(".dmb")}
