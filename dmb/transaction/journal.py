"""The redo journal of a workspace: what a change to its files does, kept so that it can be finished after a crash.

In the state folder (`.dmb`):

    journal.tmp            a change that is not committed: its staged files are discarded
    journal.json           a committed change: its staged files are put in place
    backups/<time>-<number>-<id>/
                           the files as they were before the change; its journal, as files.json, when it is done

A staged file stands next to its target, under a name made of the target's and the change's id. Paths and targets are
kept relative to the workspace, so that one that was moved, copied, or is mounted elsewhere, recovers and restores
itself and no other one. What a journal says is believed of files below the workspace alone: somebody else may have
written it. A file elsewhere, behind a link of the workspace, is reached only where the journal was written, and only
while the link leads to it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import functools
import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import DmbError
from . import disk

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAFT, COMMITTED, DONE = "journal.tmp", "journal.json", "files.json"
TIME = "%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-(\d{6,9}-)?[0-9a-f]{6}")  # of a backup: TIME, number, id


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a change: `path` as it was named, the `target` that it leads to, digests of old and new content.

    None stands for no file. `backup` is the name of the old content in the backup's folder. A journal that was carried
    here from elsewhere may name a target that is not this workspace's: then it is not `ours`. `stray` says why the old
    content cannot be put back at `path`, "" when it can.
    """

    path: Path
    target: Path
    old: str | None
    new: str | None
    backup: str
    ours: bool = True
    stray: str = ""


@dataclass(frozen=True)
class Journal:
    """A change to the files of the workspace whose state folder is `state`; `stamp` is its time, number and id.

    Numbers only grow, whatever the clock is set to. `undoes` is the stamp of the change that this one undoes,
    because it could not be finished: its files are put back, and of both changes nothing is kept.
    """

    state: Path
    stamp: str
    entries: Sequence[Entry]
    root: Path  # of the workspace, links resolved
    undoes: str = ""

    @classmethod
    def begin(cls, state: Path, files: Sequence[tuple[Path, bytes | None, bytes | None]]) -> Journal:
        """The journal of a new change of `files`: (path, old content, new content)."""
        folder = functools.cache(Path.resolve)  # most files are in one
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
        return cls(state, _stamp(state), entries, folder(state.parent))

    @classmethod
    def load(cls, file: Path, state: Path) -> Journal:
        """The journal in `file`; OSError when there is none, ValueError when it cannot be understood."""
        content = file.read_bytes()
        root = state.parent.resolve()
        try:
            loaded = json.loads(content)
            home = _Home(state.parent.absolute(), root, moved=loaded["root"] != str(root), was=Path(loaded["root"]))
            entries = [_entry(record, home) for record in loaded["entries"]]
            undoes = loaded.get("takes_back", "")
            return cls(state, _name(loaded["stamp"]), entries, root, _name(undoes) if undoes else "")
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no journal: {error}") from None

    def dump(self) -> bytes:
        """As JSON."""
        home = self.state.parent.absolute()
        entries = [
            {
                "path": _kept(entry.path, home, self.root),
                "target": _kept(entry.target, self.root),
                "old": entry.old,
                "new": entry.new,
                "backup": entry.backup,
            }
            for entry in self.entries
        ]
        head = {"version": 1, "stamp": self.stamp, "root": str(self.root)}
        if self.undoes:
            head["takes_back"] = self.undoes
        return json.dumps({**head, "entries": entries}).encode()

    @functools.cached_property
    def folder(self) -> Path:
        """Where the backups of this change are."""
        return self.state / "backups" / self.stamp

    @property
    def led_away(self) -> bool:
        """Whether its backups are behind a link, which would lead what is done to them out of the state folder."""
        state = Path(os.path.realpath(self.state))
        return Path(os.path.realpath(self.folder)) != state / "backups" / self.stamp

    def staged(self, entry: Entry) -> Path:
        """Where the new content of `entry` waits."""
        return entry.target.with_name(f".{entry.target.name}.{self.stamp[-6:]}.dmb")

    def draft(self) -> None:
        """Note what is about to be staged, so that it can be discarded; make the folder of the backups.

        Refuses (DmbError) a folder of backups that is a link: what is elsewhere is not ours to write or delete.
        """
        backups = self.folder.parent
        with contextlib.suppress(FileExistsError):
            backups.mkdir(mode=0o700)
        if self.led_away:
            raise DmbError(
                "the folder of the backups is a link",
                place=str(backups),
                remedy="Remove the link; to keep backups elsewhere, copy them.",
            )
        disk.write(self.state / DRAFT, self.dump())
        self.folder.mkdir(mode=0o700)

    def commit(self) -> None:
        """The commit point: from here on the change will be finished, whatever happens."""
        for folder in {entry.target.parent for entry in self.entries}:
            disk.sync(folder)
        (self.state / DRAFT).replace(self.state / COMMITTED)
        disk.sync(self.state)

    def discard(self) -> None:
        """Undo what is not committed."""
        for entry in self.entries:
            if entry.ours:
                self.staged(entry).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.state / DRAFT).unlink(missing_ok=True)

    def edited(self) -> list[Entry]:
        """The entries whose target has neither its old nor its new content: somebody else has written it."""
        return [entry for entry in self.entries if not self._as_left(entry)]

    def _as_left(self, entry: Entry) -> bool:
        if not entry.ours:
            return False
        now = disk.digest(disk.read(entry.target))
        waiting = entry.new is None or disk.digest(disk.read(self.staged(entry))) == entry.new
        return now == entry.new or (now == entry.old and waiting)

    def roll_forward(self) -> None:
        """Put what is staged in place; idempotent."""
        for entry in self.entries:
            if entry.new is None and entry.old is not None:
                entry.target.unlink(missing_ok=True)
            elif entry.new != entry.old:
                with contextlib.suppress(FileNotFoundError):  # it is in place already
                    self.staged(entry).replace(entry.target)
        for folder in {entry.target.parent for entry in self.entries}:
            disk.sync(folder)
        if self.undoes:
            self._forget()
        else:
            self._close()

    def reverse(self) -> Journal:
        """The change that undoes this one, committed in its place. OSError, with nothing done, when it fails."""
        entries = [replace(entry, old=disk.digest(disk.read(entry.target)), new=entry.old) for entry in self.entries]
        for entry, was in zip(entries, self.entries, strict=True):
            if entry.old not in (was.old, was.new):
                raise OSError(errno.EBUSY, "edited meanwhile", str(entry.path))
        back = Journal(self.state, _stamp(self.state), entries, self.root, undoes=self.stamp)
        try:
            back.draft()
            for entry in entries:
                if entry.new not in (entry.old, None):
                    backup = self.folder / entry.backup
                    content = backup.read_bytes()
                    if disk.digest(content) != entry.new:
                        raise OSError(errno.EIO, "not the old content", str(backup))
                    disk.stage(back.staged(entry), content, entry.target if entry.old else backup, 0o600)
            back.commit()
        except OSError:
            with contextlib.suppress(OSError):  # the next command does it
                if (self.state / DRAFT).exists():
                    back.discard()
            raise
        return back

    def _forget(self) -> None:
        """Remove what is left of this change and of the one that it undoes."""
        self._unstage_undone()
        shutil.rmtree(self.folder.with_name(self.undoes), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.state / COMMITTED).unlink()

    def _unstage_undone(self) -> None:
        change = Journal(self.state, self.undoes, self.entries, self.root)
        for entry in self.entries:
            if entry.ours:
                change.staged(entry).unlink(missing_ok=True)

    def set_aside(self) -> None:
        """Leave all files as they are; what was to come is kept beside the backups, as `<backup>.new`; idempotent."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for entry in self.entries:
            staged, backup = self.staged(entry), self.folder / entry.backup
            content = disk.read(staged) if entry.ours else None
            if content is not None:
                disk.write(self.folder / f"{entry.backup}.new", content)
                staged.unlink()
            if backup.exists() and entry.target.exists() and backup.samefile(entry.target):
                backup.unlink()  # not replaced yet: the file itself is where it was
        if self.undoes:
            self._unstage_undone()
        self._close()

    def withdraw(self) -> bool:
        """Undo the commit if no file is changed yet; whether it was undone."""
        if any(disk.digest(disk.read(entry.target)) != entry.old for entry in self.entries):
            return False
        (self.state / COMMITTED).replace(self.state / DRAFT)
        disk.sync(self.state)
        self.discard()
        return True

    def _close(self) -> None:
        for entry in self.entries:
            backup = self.folder / entry.backup
            if backup.is_file() and not backup.is_symlink():
                backup.chmod(0o600)
        (self.state / COMMITTED).replace(self.folder / DONE)


def _stamp(state: Path) -> str:
    number = max((order(name)[0] for name in backup_names(state)), default=0) + 1
    return f"{dt.datetime.now(dt.UTC).strftime(TIME)}-{number:06}-{secrets.token_hex(3)}"


class _Home(NamedTuple):
    """The workspace that a journal is read for: its folder as it was named, and with links resolved.

    `was` is its folder when the journal was written, `moved` whether that is another one.
    """

    path: Path
    root: Path
    was: Path
    moved: bool


def _entry(record: dict[str, Any], home: _Home) -> Entry:
    if not all(value is None or isinstance(value, str) for value in (record["old"], record["new"])):
        raise ValueError("no digest")
    path, target = _path(record["path"], home), home.root / record["target"]
    if not target.name:
        raise ValueError(f"no file: {target}")
    leads = Path(os.path.realpath(path)) if path else None
    if Path(record["target"]).is_absolute():
        ours = leads == target and not home.moved
    else:  # a link on the way that is new leads to what the change was not about
        ours = home.root in target.parents and os.path.realpath(target) == str(target)
    stray = ""
    if leads is None:
        stray = f"{record['path']!r} is not below the workspace"
    elif home.root not in leads.parents and (leads != target or home.moved):
        stray = f"{path} leads to {leads}, outside of the workspace"
    return Entry(
        path or home.path / record["path"], target, record["old"], record["new"], _name(record["backup"]), ours, stray
    )


def _path(text: str, home: _Home) -> Path | None:
    """A path as it is kept, in the workspace that is here; None for one that is not below it."""
    path = Path(text)
    if path.is_relative_to(home.was):  # older journals have it in full
        path = path.relative_to(home.was)
    return home.path / path if path.parts and ".." not in path.parts and not path.is_absolute() else None


def _kept(path: Path, *folders: Path) -> str:
    """A path as a journal keeps it: relative to the first of the folders that contains it, else absolute."""
    return next((str(path.relative_to(folder)) for folder in folders if folder in path.parents), str(path))


def _name(text: str) -> str:
    """A plain file name, with no path to another folder; else ValueError."""
    if Path(text).name != text or text in ("", "..") or b"\0" in os.fsencode(text):
        raise ValueError(f"no name of a file: {text!r}")
    return text


def order(name: str) -> tuple[int, str]:
    """What the backups are ordered by, of the name of one's folder: its number, or, where it has none yet, its time."""
    _, _, rest = name.partition("-")
    number, _, _ = rest.rpartition("-")
    return int(number) if number.isdecimal() and len(number) < 10 else 0, name


def backup_names(state: Path) -> list[str]:
    """The folders of the backups; some may belong to a change that is not done. What else stands there is not ours."""
    if (state / "backups").is_symlink():
        return []
    try:
        return [name for name in os.listdir(state / "backups") if _NAME.fullmatch(name)]  # noqa: PTH208 - may be many
    except FileNotFoundError:
        return []
