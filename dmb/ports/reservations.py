"""Ports kept for a day for modules that are being made.

A reservation stands in `<workspace>/.dmb/reservations.json` when there is a workspace that can be written to, else in
the user's state folder; both are read. It lapses after a day or when its project's folder is gone, and after ten
minutes when no folder was ever named.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..layout import Layout
from . import reservation_file
from .choice import Held, propose
from .file_survey import survey_files
from .reservation_file import Reservation
from .tables import Holder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DAY = 24 * 60 * 60  # seconds
_UNNAMED = 10 * 60  # seconds


class Reserved(NamedTuple):
    """What `reserve` gave: a port for each kind, and notes for the user."""

    ports: dict[str, int]
    notes: tuple[str, ...] = ()


def reserve(
    slug: str,
    wanted: Mapping[str, int | None],
    *,
    workspace: Path | None,
    siblings: Path | None = None,
    project: Path | None = None,
    preferred: Mapping[str, int] | None = None,
    now: float | None = None,
) -> Reserved:
    """Pick a port for each wanted kind and keep them for this module, atomically among all who reserve in one place.

    See `propose` for `wanted` and `preferred`. `project` is the module's folder; while it does not exist the
    reservation has no name, until `confirm` gives it one. The same slug gets the same ports again; two projects of one
    slug in different folders share them, since a slug names one code location. DmbError: a typed port that is taken, a
    broken workspace file, the lock held for ten seconds by another process. Where nothing can be written the ports are
    still given, with a note that nobody keeps them.
    """
    now = time.time() if now is None else now
    name = _name(project)
    seen = survey_files(workspace, siblings=siblings)
    notes = list(seen.notes)
    for folder in _homes(workspace):
        path = folder / reservation_file.FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with reservation_file.locked(folder):
                books = _books(workspace, now)
                ports = propose(slug, wanted, _held(seen, books, slug, name), preferred=preferred)
                book = next(book for book in books if book.path == path)
                if book.problem:
                    copy = reservation_file.set_aside(path, now)
                    notes.append(f"{book.problem}; started a new one, the old one is kept as {copy.name}")
                ours = [Reservation(slug, kind, port, name, int(now)) for kind, port in ports.items()]
                reservation_file.write(
                    path, [*(record for record in book.records if not _replaced(record, ours)), *ours]
                )
                return Reserved(ports, tuple(notes))
        except OSError as error:
            notes.append(f"{folder} cannot be written ({error.strerror}), so the ports are not reserved there")
    notes.append("the ports are not reserved, so another module may get the same ones")
    held = _held(seen, _books(workspace, now), slug, name)
    return Reserved(propose(slug, wanted, held, preferred=preferred), tuple(notes))


def confirm(slug: str, project: Path, *, workspace: Path | None) -> None:
    """Name the folder of a project whose ports were reserved before it was made.

    Nothing happens without such a reservation, or where it cannot be written: then it lapses, as it would have.
    """
    name = _name(project)
    for folder in _homes(workspace):
        path = folder / reservation_file.FILE
        try:
            path.stat()  # A lock is not left where there is nothing to lock.
            with reservation_file.locked(folder):
                records, _ = reservation_file.read(path)
                named = [r._replace(project=name) for r in records if r.slug == slug and r.project is None]
                if named:
                    kept = [r for r in records if not _replaced(r, named)]
                    reservation_file.write(path, [*kept, *named])
        except OSError:
            continue


def reserved_ports(workspace: Path | None, *, now: float | None = None) -> tuple[list[Holder], list[str]]:
    """The live reservations of the workspace and of the user's state folder, and notes on what could not be read."""
    books = _books(workspace, time.time() if now is None else now)
    return [holder for book in books for holder in book.holders()], [book.problem for book in books if book.problem]


class _Book(NamedTuple):
    """One file of reservations: those that have not lapsed, and what is wrong with it."""

    path: Path
    records: list[Reservation]
    problem: str

    def holders(self) -> list[Holder]:
        places = reservation_file.places(self.path, self.records)
        return [
            Holder(record.port, record.kind, record.slug, place, "reservation")
            for record, place in zip(self.records, places, strict=True)
        ]


def _books(workspace: Path | None, now: float) -> list[_Book]:
    books = []
    for folder in _homes(workspace):
        path = folder / reservation_file.FILE
        try:
            records, problem = reservation_file.read(path)
        except OSError as error:
            records, problem = [], f"{path} cannot be read ({error.strerror}), so the ports reserved there are unknown"
        books.append(_Book(path, [record for record in records if _alive(record, now)], problem))
    return books


def _held(seen: Held, books: list[_Book], slug: str, name: str | None) -> Held:
    """What the files say and what is reserved. Of several projects of this slug, its own reservation is the one."""
    holders = list(seen.holders)
    for book in books:
        mine = {record.kind for record in book.records if record.slug == slug and record.project in (name, None)}
        anothers = [r for r in book.records if r.slug == slug and r.kind in mine and r.project not in (name, None)]
        holders += book._replace(records=[record for record in book.records if record not in anothers]).holders()
    return Held(holders)


def _homes(workspace: Path | None) -> Iterator[Path]:
    """The folders that can hold reservations, the best first."""
    # Its `.dmb` is what makes a folder a workspace, so it is not made here.
    if workspace is not None and Layout(workspace).state.is_dir():
        yield Layout(workspace).state
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        yield (base if base.is_absolute() else Path.home() / ".local" / "state") / "dagster-module-builder"
    except RuntimeError:
        return  # A user without a home.


def _name(project: Path | None) -> str | None:
    return None if project is None or _is_gone(project) else os.path.realpath(project)


def _alive(record: Reservation, now: float) -> bool:
    # abs(): a reservation from a clock that was set back is not kept for years.
    age = abs(now - record.at)
    if record.project is None:
        return age < _UNNAMED
    return age < _DAY and not _is_gone(Path(record.project))


def _is_gone(path: Path) -> bool:
    """True when nothing is there; a path that may not be looked at is taken to be there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def _replaced(record: Reservation, ours: list[Reservation]) -> bool:
    return any(
        (record.slug, record.kind) == (new.slug, new.kind) and record.project in (new.project, None) for new in ours
    )
