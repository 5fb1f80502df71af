"""Where modules' parts go in the files of a workspace: the text with their blocks in it, or a refusal with its line.

Texts are as `textblocks.decode` gives them. All modules of a call go in at once, by name; what is in no block of theirs
stays as it is. A result is a `Spliced`: the new text, and the bodies of the blocks before and after.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import envfile, textblocks
from ..errors import DmbError
from ..yamlsplice import YamlFile, dump
from .local import env_lines
from .registry import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..textblocks import Block

LOCATIONS = ("load_from",)

_PROCESS = re.compile(r"^([A-Za-z0-9_-]+):[ \t]*\S", re.MULTILINE)  # as honcho reads a line of a Procfile


class Spliced(NamedTuple):
    """A text with the blocks of some modules in it, and all blocks before and after, by owner."""

    text: str
    before: dict[str, Block]
    after: dict[str, Block]


def put_locations(file: YamlFile, path: Path, wanted: Mapping[str, dict[str, Any]]) -> Spliced:
    """The workspace.yaml with an item of `load_from` for each module. A location's name must be there once."""
    names = {location_name(item): name for name, item in wanted.items()}
    if len(names) < len(wanted):
        raise DmbError("two of the modules have the same code_location_name", remedy="give each its own")
    loaded = file.data.get("load_from") if isinstance(file.data, dict) else None
    # An item may be no mapping where the file is not one of Dagster's: the splice refuses it then.
    for entry, item in zip(file.entries(LOCATIONS), loaded if isinstance(loaded, list) else (), strict=False):
        name = location_name(item)
        module = names.get(name) if name else None
        if module is not None and entry.owner != module:
            where = f"in the block of {entry.owner}" if entry.owner else "outside dmb's blocks"
            raise DmbError(
                f"a code location {name} is there already, {where}",
                place=f"{path}:{entry.line}",
                remedy=f"take it out or rename it; or give {module} another code_location_name in [tool.dg.project]",
            )
    for name, item in wanted.items():
        file.put(name, {LOCATIONS: dump([item])})
    new = file.render()
    placed = file.blocks if new.removeprefix(textblocks.BOM) == file.text else YamlFile(new, str(path)).blocks
    return Spliced(new, by_owner(p.block for p in file.blocks), by_owner(p.block for p in placed))


def location_name(item: object) -> str | None:
    """The name of an item of `load_from`; None where it is not told there and Dagster makes one."""
    if not isinstance(item, dict) or len(item) != 1:
        return None
    (target,) = item.values()
    if isinstance(target, dict):
        target = target.get("location_name") or target.get("module_name") or target.get("package_name")
    return target if isinstance(target, str) else None


def put_processes(text: str, path: Path, wanted: Mapping[str, str]) -> Spliced:
    """The Procfile with a line for each module. A process's name must be there once."""
    before = textblocks.find_blocks(text, str(path))
    for process in _PROCESS.finditer(text):
        name, at = process[1], process.start()
        if name in wanted and not any(b.owner == name and b.start <= at < b.end for b in before):
            raise DmbError(
                f"a process {name} is there already, outside dmb's blocks",
                place=f"{path}:{textblocks.line_of(text, at)}",
                remedy="take that line out, or give the process another name",
            )
    new = text
    for name, line in wanted.items():
        new = textblocks.set_block(new, name, line, str(path))
    return Spliced(new, by_owner(before), by_owner(textblocks.find_blocks(new, str(path))))


def put_variables(text: str, path: Path, wanted: Mapping[str, Mapping[str, str]]) -> Spliced:
    """The `.env` with the variables of each module. What its block has already keeps its value."""
    place = str(path)
    before = by_owner(envfile.blocks(text, place))
    present = {(variable.owner, variable.key) for variable in envfile.assignments(text, place)}
    new = text
    for name, values in wanted.items():
        missing = {key: value for key, value in values.items() if (name, key) not in present}
        if missing:
            body = (before[name].body if name in before else "") + env_lines(missing)
            new = envfile.put(new, name, body, place)
    return Spliced(new, before, before if new is text else by_owner(envfile.blocks(new, place)))


def refuse_edited(spliced: Spliced, path: Path, wrote: Mapping[str, str | None]) -> None:
    """Refuse to overwrite a block that a person changed; `wrote` has the fingerprint that each module's should have.

    A block that already says what it should is fine, whoever wrote it.
    """
    for name, expected in wrote.items():
        block = spliced.before.get(name)
        if block and block.body != spliced.after[name].body and fingerprint(block.body) != expected:
            raise DmbError(
                f"the block of {name} was changed by hand" if expected else f"the block of {name} is not dmb's",
                place=f"{path}:{block.line}",
                remedy="take the block out, with its markers, and run again; what is your own goes outside of them",
            )


def by_owner(blocks: Iterable[Block]) -> dict[str, Block]:
    """Blocks by the module that they belong to."""
    return {block.owner: block for block in blocks}
