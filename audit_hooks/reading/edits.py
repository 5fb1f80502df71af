"""A change of a file's text, in memory: what is written comes later, and from someone else."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """A part of a fix: in the text of `path`, as `Sources.text` gives it, `start:end` becomes `text`.

    Offsets count characters. An edit with `start == end == -1` makes the file when it is not there.
    """

    path: str
    start: int
    end: int
    text: str
