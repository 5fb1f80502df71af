"""What a crash left unfinished: a committed change is finished, any other is discarded. Needs the workspace's lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import DmbError
from .journal import COMMITTED, DRAFT, Journal

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of an interrupted change; false when there was none.

    `finished` were put in place; `discarded` belong to a change that was not committed, or was undone because it could
    not be finished. `conflicts` were edited after the crash: then no file of that change was touched, and `backup`
    holds the new contents (`<n>-name.new`) and the old ones of files that were already replaced (`<n>-name`).
    """

    finished: tuple[Path, ...] = ()
    discarded: tuple[Path, ...] = ()
    conflicts: tuple[Path, ...] = ()
    backup: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.finished or self.discarded or self.conflicts)


def resume(state: Path) -> Recovery:
    """Finish or discard the change in the journal."""
    try:
        discarded = _discard(state)
        if not (state / COMMITTED).exists():
            return Recovery(discarded=discarded)
        journal = _committed(state)
        edited = journal.edited()
        if edited:
            journal.set_aside()
            return Recovery(discarded=discarded, conflicts=tuple(entry.path for entry in edited), backup=journal.folder)
    except OSError as error:
        raise DmbError(
            f"an interrupted change cannot be finished: {error.strerror}",
            place=str(error.filename or state),
            remedy="Fix the cause, then run again.",
        ) from error
    finish(journal)
    paths = tuple(entry.path for entry in journal.entries)
    return Recovery(discarded=paths) if journal.undoes else Recovery(finished=paths, discarded=discarded)


def _discard(state: Path) -> tuple[Path, ...]:
    """Undo a change that was not committed; its files."""
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
    return () if draft.undoes else tuple(entry.path for entry in draft.entries)


def _committed(state: Path) -> Journal:
    """The committed change."""
    cause: Exception | None = None
    try:
        journal = Journal.load(state / COMMITTED, state)
        if not journal.led_away:
            return journal
    except ValueError as error:
        cause = error
    raise DmbError(
        "the journal of an interrupted change is damaged",
        place=str(state / COMMITTED),
        remedy=f"Compare your files with the newest folder in {state / 'backups'}, then delete this file.",
    ) from cause


def finish(journal: Journal) -> None:
    """Put the files of a committed change in place."""
    try:
        journal.roll_forward()
    except OSError as error:
        place = str(error.filename2 or error.filename or journal.state)
        remedy = f"{_undone(journal)} Fix the cause, then run again."
        raise DmbError(f"cannot be replaced: {error.strerror}", place=place, remedy=remedy) from error


def _undone(journal: Journal) -> str:
    """Undo a committed change that cannot be finished; a sentence that says what became of it."""
    rest = "The change is partly undone; the next command undoes the rest."
    if journal.undoes:
        return rest
    try:
        if journal.withdraw():
            return "Nothing was changed."
        back = journal.reverse()
    except OSError:
        if (journal.state / COMMITTED).exists():
            return "The change is partly applied; the next command finishes it."
        return "Nothing was changed."
    try:
        back.roll_forward()
    except OSError:
        return rest
    return "All files are as they were before."
