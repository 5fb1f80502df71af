"""The redo journal of a workspace: what a change to its files does, kept so that it can be finished after a crash.

In the state folder (`.dmb`):

    journal.tmp            a change that is not committed: its staged files are discarded
    journal.json           a committed change: its staged files are put in place
    backups/<time>-<id>/   the files as they were before the change; its journal, as files.json, when it is done

A staged file stands next to its target, under a name made of the target's and the change's id. Targets are kept
relative to the workspace, so that one that was moved, or is mounted elsewhere, recovers itself and no other one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import disk

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAFT, COMMITTED, DONE = "journal.tmp", "journal.json", "files.json"
KEEP_DAYS, KEEP_NEWEST = 7, 10
TIME = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a change: `path` as it was named, the `target` that it leads to, digests of old and new content.

    None stands for no file. `backup` is the name of the old content in the backup's folder. A journal that was carried
    here from elsewhere may name a target that is not this workspace's: then it is not `ours`.
    """

    path: Path
    target: Path
    old: str | None
    new: str | None
    backup: str
    ours: bool = True


@dataclass(frozen=True)
class Journal:
    """A change to the files of the workspace whose state folder is `state`; `stamp` is its time and id."""

    state: Path
    stamp: str
    entries: Sequence[Entry]
    root: Path  # of the workspace, links resolved

    @classmethod
    def begin(cls, state: Path, files: Sequence[tuple[Path, bytes | None, bytes | None]]) -> Journal:
        """The journal of a new change of `files`: (path, old content, new content)."""
        stamp = dt.datetime.now(dt.UTC).strftime(TIME) + "-" + secrets.token_hex(3)
        folder = functools.cache(Path.resolve)  # most files stand in one
        entries = [
            Entry(
                path.absolute(),
                path.resolve() if path.is_symlink() else folder(path.parent) / path.name,
                disk.digest(old),
                disk.digest(new),
                f"{number}-{path.name}",
            )
            for number, (path, old, new) in enumerate(files)
        ]
        return cls(state, stamp, entries, folder(state.parent))

    @classmethod
    def load(cls, file: Path, state: Path) -> Journal:
        """The journal in `file`; OSError when there is none, ValueError when it cannot be understood."""
        loaded = json.loads(file.read_bytes())
        root = state.parent.resolve()
        try:
            stamp = Path(loaded["stamp"]).name
            return cls(state, stamp, [_entry(one, root, loaded["root"]) for one in loaded["entries"]], root)
        except (KeyError, TypeError) as error:
            raise ValueError(f"no journal: {error}") from None

    def dump(self) -> bytes:
        """As JSON."""
        entries = [
            {
                "path": str(one.path),
                "target": str(one.target.relative_to(self.root) if self.root in one.target.parents else one.target),
                "old": one.old,
                "new": one.new,
                "backup": one.backup,
            }
            for one in self.entries
        ]
        return json.dumps({"version": 1, "stamp": self.stamp, "root": str(self.root), "entries": entries}).encode()

    @functools.cached_property
    def folder(self) -> Path:
        """Where the backups of this change are."""
        return self.state / "backups" / self.stamp

    def staged(self, entry: Entry) -> Path:
        """Where the new content of `entry` waits."""
        return entry.target.with_name(f".{entry.target.name}.{self.stamp[-6:]}.dmb")

    def draft(self) -> None:
        """Note what is about to be staged, so that it can be discarded; make the folder of the backups."""
        with contextlib.suppress(FileExistsError):
            self.folder.parent.mkdir(mode=0o700)
        disk.write(self.state / DRAFT, self.dump())
        self.folder.mkdir(mode=0o700)

    def commit(self) -> None:
        """Make the change happen: from here on it will be finished, whatever comes."""
        for folder in {one.target.parent for one in self.entries}:
            disk.sync(folder)
        (self.state / DRAFT).replace(self.state / COMMITTED)
        disk.sync(self.state)

    def discard(self) -> None:
        """Undo all that is not committed."""
        for one in self.entries:
            if one.ours:
                self.staged(one).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.state / DRAFT).unlink(missing_ok=True)

    def edited(self) -> list[Entry]:
        """The entries whose target is neither as it was nor as it will be: somebody else has written it."""
        return [one for one in self.entries if not self._as_left(one)]

    def _as_left(self, one: Entry) -> bool:
        if not one.ours:
            return False
        now = disk.digest(disk.read(one.target))
        waiting = one.new is None or disk.digest(disk.read(self.staged(one))) == one.new
        return now == one.new or (now == one.old and waiting)

    def roll_forward(self) -> None:
        """Put what is staged in place; idempotent."""
        for one in self.entries:
            if one.new is None:
                one.target.unlink(missing_ok=True)
            else:
                with contextlib.suppress(FileNotFoundError):  # it is in place already
                    self.staged(one).replace(one.target)
        for folder in {one.target.parent for one in self.entries}:
            disk.sync(folder)
        self._close()

    def set_aside(self) -> None:
        """Leave all files as they are; what was to come is kept beside the backups, as `<backup>.new`; idempotent."""
        for one in self.entries:
            staged, backup = self.staged(one), self.folder / one.backup
            content = disk.read(staged) if one.ours else None
            if content is not None:
                disk.write(self.folder / f"{one.backup}.new", content)
                staged.unlink()
            if backup.exists() and one.target.exists() and backup.samefile(one.target):
                backup.unlink()  # not replaced yet: the file itself is where it was
        self._close()

    def withdraw(self) -> bool:
        """Take a commit back if no file is changed yet: whether it was."""
        if any(disk.digest(disk.read(one.target)) != one.old for one in self.entries):
            return False
        (self.state / COMMITTED).replace(self.state / DRAFT)
        disk.sync(self.state)
        self.discard()
        return True

    def _close(self) -> None:
        for one in self.entries:
            backup = self.folder / one.backup
            if backup.exists():
                backup.chmod(0o600)
        (self.state / COMMITTED).replace(self.folder / DONE)


def _entry(one: dict[str, Any], root: Path, written_at: str) -> Entry:
    target = Path(one["target"])
    # Through a link that is new, or outside of a workspace that was elsewhere: not what the change was about.
    ours = written_at == str(root) if target.is_absolute() else (root / target).resolve() == root / target
    return Entry(Path(one["path"]), root / target, one["old"], one["new"], Path(one["backup"]).name, ours)


def prune(state: Path) -> None:
    """Delete the backups that are older than seven days, never one of the newest ten."""
    oldest = (dt.datetime.now(dt.UTC) - dt.timedelta(days=KEEP_DAYS)).strftime(TIME)
    for name in sorted(os.listdir(state / "backups"), reverse=True)[KEEP_NEWEST:]:  # noqa: PTH208 - there may be many
        if name < oldest:
            shutil.rmtree(state / "backups" / name, ignore_errors=True)
