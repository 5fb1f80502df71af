"""Where in a YAML text an entry is and where the next one can go: line starts, indents, the colon of a key."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..marked_blocks import Block, Span, line_end, line_start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .tree import Tree

KeyPath = tuple[str, ...]

_COLON = re.compile(r"[ \t]*:")
_BLANK = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*,?[ \t]*(?:#|[\r\n]|\Z)")


@dataclass(frozen=True, slots=True)
class Placed:
    """A block and where it stands: the `path` of its collection, None when no entry is left in the block.

    `collection` is the event that opens it (-1: none); the events from `first` up to `after` are its entries.
    """

    block: Block
    path: KeyPath | None
    collection: int
    first: int
    after: int


def placed(tree: Tree, block: Block, path: Callable[[int], KeyPath]) -> Placed:
    """Where `block` stands; refuses one that does not wrap whole entries of one collection.

    `path` is `tree.path`, remembered where many blocks stand in one collection.
    """
    first = bisect.bisect_left(tree.starts, block.start)
    # A collection starts where its first entry does: what the block wraps is the entry.
    while first < len(tree.kinds) and tree.starts[first] < block.end and not _is_entry(tree, first):
        first += 1
    if first >= len(tree.kinds) or tree.starts[first] >= block.end:
        return Placed(block, None, -1, 0, 0)
    collection, after = tree.parents[first], first
    while after < tree.closes[collection] and tree.starts[after] < block.end:
        after = tree.after(after + tree.keys[after])
    behind = after
    while behind < len(tree.kinds) and tree.kinds[behind] == "]":
        behind += 1
    if (
        tree.ends[after - 1] > block.end
        or (behind < len(tree.kinds) and tree.starts[behind] < block.end)
        or (tree.ends[first - 1] > block.start and (first - 1 != collection or collection in tree.flow))
    ):
        cause = f"the markers of `{block.owner}` do not wrap whole entries"
        raise tree.refusal(cause, block.start, "Move them around the entries of the module.")
    return Placed(block, path(collection), collection, first, after)


def _is_entry(tree: Tree, event: int) -> bool:
    above = tree.parents[event]
    return above >= 0 and tree.kinds[event] != "]" and (tree.keys[event] or tree.kinds[above] == "[")


def block_at(blocks: Sequence[Placed], position: int) -> Block | None:
    """The block that holds `position`, its first character not counted."""
    near = bisect.bisect_left(blocks, position, key=lambda placed: placed.block.start) - 1
    return blocks[near].block if near >= 0 and position < blocks[near].block.end else None


def blank(text: str, position: int) -> str:
    """The spaces and tabs from `position` on."""
    match = _BLANK.match(text, position)
    return match[0] if match else ""


def check_place(tree: Tree, blocks: Sequence[Placed], event: int) -> None:
    """Refuse to change a collection that others use too, through an alias, or that is inside a block."""
    start = tree.starts[event - 1 if event and tree.keys[event - 1] else event]
    if tree.kinds[event] == "*":
        raise tree.refusal("this value is an alias", start, "Replace it with a copy of its value, then run again.")
    named = set(tree.aliases.values())
    above = event
    while above >= 0:
        if above in named:
            name = tree.signs[above][2]
            cause = f"a change here would also change every use of *{name}"
            raise tree.refusal(cause, start, f"Replace *{name} with copies of its value, then run again.")
        above = tree.parents[above]
    inside = block_at(blocks, start) if event else None
    if inside:
        raise tree.refusal(f"this is inside the block of `{inside.owner}`", start, "Change it by hand.")


def below(tree: Tree, event: int) -> int:
    """The line start after the last entry of the block collection at `event`, before the comments that follow."""
    end = tree.ends[tree.closes[event]]
    return end if end == line_start(tree.text, end) else line_end(tree.text, end)


def column(tree: Tree, position: int) -> int:
    """How many characters precede `position` on its line."""
    return position - line_start(tree.text, position)


def indent(tree: Tree, event: int) -> str:
    """The white space before each entry of the block collection at `event`."""
    return " " * column(tree, tree.starts[event])


def lines_of(tree: Tree, collection: int, first: int) -> Span:
    """The whole lines of the entry whose first event is `first`; refuses one that shares a line with something else."""
    start, end = tree.starts[first], tree.ends[tree.after(first + tree.keys[first]) - 1]
    if collection not in tree.flow and not tree.keys[first]:
        start = _dash(tree, collection, first)
    head = line_start(tree.text, start)
    if tree.text[head:start].strip(" ") or not (end == line_start(tree.text, end) or _REST.match(tree.text, end)):
        raise tree.refusal("this entry shares its line with another", start, "Write one entry a line, then run again.")
    return head, end if end == line_start(tree.text, end) else line_end(tree.text, end)


def _dash(tree: Tree, collection: int, item: int) -> int:
    """Position of the dash of a list item, which can be lines above the item."""
    wide = column(tree, tree.starts[collection])
    start = line_start(tree.text, tree.starts[item])
    while start > tree.starts[collection] and tree.text[start + wide : start + wide + 1] != "-":
        start = line_start(tree.text, start - 1)
    return start + wide


def colon(tree: Tree, key: int) -> int:
    """Position after the colon of `key`; refuses a key that has none in its line."""
    match = _COLON.match(tree.text, tree.ends[key])
    if not match:
        raise tree.refusal("this key has no colon on its line", tree.starts[key], "Write `key: value`, then run again.")
    return match.end()
