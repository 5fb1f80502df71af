"""Ask every place that can hold a port."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .choice import Held, Holder
from .reservations import reserved_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def survey(workspace: Path | None, *, siblings: Path | None = None, now: float | None = None) -> Held:
    """Every claim to a host port that can be seen from here.

    `workspace` is a workspace's folder, `siblings` the folder beside whose modules a new one is made; both may be None
    or absent. `now` is in seconds since the epoch. DmbError with file and line when a workspace file is broken: what
    it holds cannot be known. A file that may not be read is a note.
    """
    files = survey_files(workspace, siblings=siblings)
    holders, notes = reserved_ports(workspace, now=now)
    return Held([*files.holders, *holders], [*files.notes, *notes])


def survey_files(workspace: Path | None, *, siblings: Path | None = None) -> Held:
    """What `survey` says, without the reservations."""
    if workspace is None:
        return Held()
    return Held(_registry(workspace / ".dmb" / "registry.json"))


def _registry(path: Path) -> Iterator[Holder]:
    try:
        text = path.read_text("utf-8")
    except OSError:
        return
    for slug, module in json.loads(text).get("modules", {}).items():
        for kind, port in module.get("ports", {}).items():
            yield Holder(port, kind, slug, str(path), "registry")
