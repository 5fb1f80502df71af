"""The file of reservations: one record a line, read and written whole under a lock of its own.

The workspace's own lock is another one: a module is made and added in one go, and a process that holds a lock twice
would wait for itself.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

FILE = "reservations.json"
LOCK = "reservations.lock"
_PATIENCE = 10.0  # seconds
_POLL = 0.005  # seconds


class Reservation(NamedTuple):
    """One port kept for one module. `project` is its folder once that is known, `at` seconds since the epoch."""

    slug: str
    kind: str
    port: int
    project: str | None
    at: int


def read(path: Path) -> tuple[list[Reservation], str]:
    """The records of a file, lapsed ones too, and a sentence on what is wrong with it ("" when nothing is).

    Valid records of a broken file are kept. OSError when the file cannot be opened.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return [], ""
    except UnicodeDecodeError:
        return [], f"{path} is not UTF-8 text"
    try:
        entries = json.loads(text)["reservations"]
        records = [_record(entry) for entry in entries]
    except (ValueError, TypeError, KeyError, RecursionError):
        return [], f"{path} is not a file of port reservations"
    if None in records:
        return [record for record in records if record], f"{path} has an invalid reservation"
    return [record for record in records if record], ""


def _record(entry: object) -> Reservation | None:
    match entry:
        case {
            "slug": str(slug),
            "kind": str(kind),
            "port": int(port),
            "project": str() | None as project,
            "at": int(at),
        }:
            return Reservation(slug, kind, port, project, at)
    return None


def write(path: Path, records: Iterable[Reservation]) -> None:
    """Replace the file at once. No fsync: a reservation that a power cut loses is only requested again."""
    lines = ",\n".join("  " + json.dumps(record._asdict()) for record in records)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(fresh, "w", encoding="utf-8", opener=_private) as file:
            file.write(f'{{\n "version": 1,\n "reservations": [\n{lines}\n ]\n}}\n')
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def set_aside(path: Path, now: float) -> Path:
    """Rename a broken file, so that a person can look at it; the new path."""
    return path.replace(path.with_name(f"{path.stem}.broken-{int(now)}{path.suffix}"))


def places(path: Path, records: Sequence[Reservation]) -> list[str]:
    """`path:line` of each record, or the path alone when somebody reformatted the file."""
    if not records:
        return []
    lines = path.read_text("utf-8").splitlines()
    numbers = {line.strip().rstrip(","): number for number, line in enumerate(lines, 1)}
    matches = [numbers.get(json.dumps(record._asdict())) for record in records]
    return [f"{path}:{number}" if number else str(path) for number in matches]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. OSError when the folder cannot be written, DmbError when another has it for ten seconds.

    The lock is on an open file that is never deleted, so it is free the moment that its holder ends, however it ends.
    """
    path = folder / LOCK
    with open(path, "a+", encoding="utf-8", opener=_private) as file:
        deadline = time.monotonic() + _PATIENCE
        while not _take(file):
            if time.monotonic() > deadline:
                raise DmbError(
                    f"process {_holder_of(file)} has locked the port reservations for {_PATIENCE:.0f} seconds",
                    place=str(path),
                    remedy="stop that process, or try again",
                )
            time.sleep(_POLL)
        if sys.platform != "win32":  # There the locked byte cannot be read by those who wait.
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield


def _holder_of(file: TextIO) -> str:
    file.seek(0)
    return file.read().strip() or "?"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


if sys.platform == "win32":
    import msvcrt

    def _take(file: TextIO) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(file: TextIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
