"""Where what a repository lacks is told, and what may stand at its top for all that is in it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ...reading.sources import Spot

if TYPE_CHECKING:
    from ...judging.subject import Subject
    from ...reading.sources import Sources


def project(subject: Subject) -> Spot:
    """The file that makes a folder a project: what is missing has no place of its own."""
    usual = ("pyproject.toml", "setup.py", "setup.cfg")
    return Spot(next((name for name in (*usual, *subject.package.names) if name in subject.own_set), usual[0]))


def has(subject: Subject, *stems: str, folders: tuple[str, ...] = ("",)) -> bool:
    """Whether there is a file of one of these names (`readme`), in upper case or not and with any ending, in the
    module's folder or at the top of its repository; those in `folders` there (`.github/`) count as well.
    """
    here = [name.lower() for name in subject.own if name.count("/") <= 1]
    for name in (*at_top(subject.repository), *here):
        folder, slash, file = name.rpartition("/")
        if folder + slash in folders and file.partition(".")[0] in stems:
            return True
    return False


@lru_cache(maxsize=1)
def at_top(repository: Sources) -> tuple[str, ...]:
    """The files at the top of a repository and in the folders there, in lower case; once for all that it holds."""
    return tuple(name.lower() for name in repository.names if name.count("/") <= 1)
