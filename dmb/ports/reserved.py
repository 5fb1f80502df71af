"""The reservations that stand: where they are kept, and when they lapse.

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
from .tables import Holder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .reservation_file import Reservation

_DAY = 24 * 60 * 60  # seconds
_UNNAMED = 10 * 60  # seconds


def reserved_ports(workspace: Path | None, *, now: float | None = None) -> tuple[list[Holder], list[str]]:
    """The live reservations of the workspace and of the user's state folder, and notes on what could not be read."""
    standing = books(workspace, time.time() if now is None else now)
    return [holder for book in standing for holder in book.holders()], [
        book.problem for book in standing if book.problem
    ]


class Book(NamedTuple):
    """One file of reservations: those that have not lapsed, and what is wrong with it."""

    path: Path
    records: list[Reservation]
    problem: str

    def holders(self) -> list[Holder]:
        """Its claims."""
        places = reservation_file.places(self.path, self.records)
        return [
            Holder(record.port, record.kind, record.slug, place, "reservation")
            for record, place in zip(self.records, places, strict=True)
        ]


def books(workspace: Path | None, now: float) -> list[Book]:
    """The files of reservations, the best first."""
    standing = []
    for folder in homes(workspace):
        path = folder / reservation_file.FILE
        try:
            records, problem = reservation_file.read(path)
        except OSError as error:
            records, problem = [], f"{path} cannot be read ({error.strerror}), so the ports reserved there are unknown"
        standing.append(Book(path, [record for record in records if _alive(record, now)], problem))
    return standing


def homes(workspace: Path | None) -> Iterator[Path]:
    """The folders that can hold reservations, the best first."""
    # Its `.dmb` is what makes a folder a workspace, so it is not made here.
    if workspace is not None and Layout(workspace).state.is_dir():
        yield Layout(workspace).state
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        yield (base if base.is_absolute() else Path.home() / ".local" / "state") / "dagster-module-builder"
    except RuntimeError:
        return  # A user without a home.


def _alive(record: Reservation, now: float) -> bool:
    # abs(): a reservation from a clock that was set back is not kept for years.
    age = abs(now - record.at)
    if record.project is None:
        return age < _UNNAMED
    return age < _DAY and not is_gone(Path(record.project))


def is_gone(path: Path) -> bool:
    """True when nothing is there; a path that may not be looked at is taken to be there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False
