"""Reserve a port for a module that is being made, and name its folder once that is there; see `reserved.py`."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from . import reservation_file
from .choice import Held, propose
from .reservation_file import Reservation
from .reserved import Book, books, homes, is_gone
from .survey import survey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
    seen = survey(workspace, siblings=siblings, reservations=False)
    notes = list(seen.notes)
    for folder in homes(workspace):
        path = folder / reservation_file.FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with reservation_file.locked(folder):
                standing = books(workspace, now)
                ports = propose(slug, wanted, _held(seen, standing, slug, name), preferred=preferred)
                book = next(book for book in standing if book.path == path)
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
    held = _held(seen, books(workspace, now), slug, name)
    return Reserved(propose(slug, wanted, held, preferred=preferred), tuple(notes))


def confirm(slug: str, project: Path, *, workspace: Path | None) -> None:
    """Name the folder of a project whose ports were reserved before it was made.

    Nothing happens without such a reservation, or where it cannot be written: then it lapses, as it would have.
    """
    name = _name(project)
    for folder in homes(workspace):
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


def _held(seen: Held, standing: list[Book], slug: str, name: str | None) -> Held:
    """What the files say and what is reserved. Of several projects of this slug, its own reservation is the one."""
    holders = list(seen.holders)
    for book in standing:
        mine = {record.kind for record in book.records if record.slug == slug and record.project in (name, None)}
        anothers = [r for r in book.records if r.slug == slug and r.kind in mine and r.project not in (name, None)]
        holders += book._replace(records=[record for record in book.records if record not in anothers]).holders()
    return Held(holders)


def _name(project: Path | None) -> str | None:
    return None if project is None or is_gone(project) else os.path.realpath(project)


def _replaced(record: Reservation, ours: list[Reservation]) -> bool:
    return any(
        (record.slug, record.kind) == (new.slug, new.kind) and record.project in (new.project, None) for new in ours
    )
