"""Where what a repository lacks is told, and what may stand at its top for all that is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...sources import Spot

if TYPE_CHECKING:
    from ...subject import Subject


def project(subject: Subject) -> Spot:
    """The file that makes a folder a project: what is missing has no place of its own."""
    usual = ("pyproject.toml", "setup.py", "setup.cfg")
    return Spot(next((name for name in (*usual, *subject.package.names) if name in subject.own_set), usual[0]))


def has(subject: Subject, *stems: str, folders: tuple[str, ...] = ("",)) -> bool:
    """Whether there is a file whose name begins with one of these words, in upper case or not, in the module's folder
    or at the top of its repository; `folders` of these (`.github/`) count as well.
    """
    places = {f"{top}{folder}" for top in ("", f"{subject.folder}/" if subject.folder else "") for folder in folders}
    return any(
        name.rpartition("/")[2].lower().startswith(stems)
        for name in subject.repository.names
        if name[: name.rfind("/") + 1] in places
    )
