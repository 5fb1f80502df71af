"""What is in a workspace, and whether it still is as dmb wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...errors import DmbError
from ...formats import envfile, marked_blocks
from ...formats.dockerfile_sections import sections
from ...module import Module
from .registry import fingerprints
from .session import open_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...formats.marked_blocks import Block
    from ...layout import Layout
    from .files import Files
    from .registry import Entry


class Drift(NamedTuple):
    """A block that is not as it was written. `line` is 0 where the block is missing."""

    file: str
    line: int


class Status(NamedTuple):
    """One module as the registry has it, and its present state."""

    name: str
    entry: Entry
    owner: str  # as its manifest says now; "" where it says nothing, or cannot be read
    path_exists: bool
    drifted: tuple[Drift, ...]


class Listing(NamedTuple):
    """All modules of a workspace in the order in which they were added."""

    runtime: str
    modules: tuple[Status, ...]
    notes: tuple[str, ...]


def listing(layout: Layout) -> Listing:
    """Look at the whole workspace; each file is read once. DmbError for one that is broken."""
    with open_workspace(layout) as session:
        modules = session.registry.modules
        now: dict[str, tuple[dict[str, str], dict[str, int]]] = {}
        for file in dict.fromkeys(file for entry in modules.values() for file in entry.blocks):
            blocks = blocks_of(session.files, layout.root / file)
            lines = {block.owner: block.line for block in reversed(blocks)}
            now[file] = fingerprints(blocks, modules), lines
        statuses = [
            Status(
                name,
                entry,
                _owner(entry),
                bool(entry.path) and (Path(entry.path) / "pyproject.toml").is_file(),
                tuple(
                    Drift(file, now[file][1].get(name, 0))
                    for file, digest in entry.blocks.items()
                    if now[file][0].get(name) != digest
                ),
            )
            for name, entry in modules.items()
        ]
    return Listing(session.registry.runtime, tuple(statuses), session.notes)


def _owner(entry: Entry) -> str:
    try:
        return Module.read(Path(entry.path)).owner if entry.path else ""
    except DmbError:
        return ""


def blocks_of(files: Files, path: Path) -> Sequence[Block]:
    """The blocks of one file, read as what it is; none where it is missing."""
    if not files.exists(path):
        return []
    if path.suffix in (".yaml", ".yml"):
        return [placed.block for placed in files.yaml(path).blocks]
    if path == files.layout.dockerfile:
        return sections(files.text(path), str(path))
    find = envfile.blocks if path == files.layout.env else marked_blocks.find_blocks
    return find(files.text(path), str(path))
