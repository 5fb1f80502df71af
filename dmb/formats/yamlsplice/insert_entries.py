"""Adding new entries to a YAML file: below the last one, between brackets, below an empty key, with a new key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import marked_blocks
from ..marked_blocks import EOL, line_end, line_start
from ..yaml_events import NULL
from .body import STEP
from .place import below, blank, block_at, check_place, colon, column, indent, lines_of
from .splice_edits import SPLIT, WAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...errors import DmbError
    from .body import Content
    from .place import Placed
    from .splice_edits import Edits
    from .tree import Tree

_KINDS = {"list": ("[", "a list"), "map": ("{", "a mapping")}


def insert(edits: Edits, blocks: Sequence[Placed], event: int, content: Content) -> None:
    """Plan `content` into the collection, or below the key of the empty value, at `event`.

    `blocks` are those of the file. Refuses (DmbError with file:line) a place that cannot hold it.
    """
    tree, text, eol = edits.tree, edits.text, edits.eol
    if not tree.kinds or (event == 0 and tree.signs[0] == NULL):
        edits.insert_lines(len(text), 0, content.lines("", eol))
        edits.events(0, len(tree.signs), content.collection())
        return
    check_place(tree, blocks, event)
    if tree.kind(event) not in ("empty", content.kind):
        raise mismatch(tree, event, content.kind)
    if tree.kind(event) == "empty" and _fill(edits, event, content):
        return
    if tree.kind(event) == "empty" or event in tree.flow:
        _insert_between_brackets(edits, blocks, event, content)
        return
    position = below(tree, event)
    if position == len(text) and marked_blocks.unfinished(text) and tree.ends_in_literal(event):
        # That literal would gain a newline: go above the first entry instead.
        position = lines_of(tree, event, event + 1)[0]
    position, sign = _out_of_blocks(tree, blocks, event, position)
    edits.insert_lines(position, sign, content.lines(indent(tree, event), eol))
    edits.events(sign, sign, content.signs())


def mismatch(tree: Tree, event: int, kind: str) -> DmbError:
    """The refusal to put entries of `kind` into the value at `event`."""
    here = _KINDS.get(tree.kind(event), ("", "a single value"))[1]
    return tree.refusal(f"expected {_KINDS[kind][1]} here, found {here}", tree.starts[event])


def _fill(edits: Edits, event: int, content: Content) -> bool:
    """Put `content` below a key whose value is empty and on the same line; False when it is not."""
    tree, text = edits.tree, edits.text
    if event == 0 or not tree.keys[event - 1] or tree.parents[event] in tree.flow:
        return False
    start = colon(tree, event - 1)
    end = max(start, tree.ends[tree.after(event) - 1])
    if EOL.search(text, start, end):
        return False
    edits.replace(start, start, WAS)
    before = " " * column(tree, tree.starts[event - 1]) + STEP
    edits.insert_lines(line_end(text, end), event, content.lines(before, edits.eol))
    edits.events(event, tree.after(event), content.collection())
    return True


def _insert_between_brackets(edits: Edits, blocks: Sequence[Placed], event: int, content: Content) -> None:
    """Put `content` first: right after the bracket where its line ends there, else in a line that is broken for it."""
    tree, text = edits.tree, edits.text
    if content.keys or tree.kinds[event] != _KINDS[content.kind][0]:
        remedy = "Write it in block style, one entry a line, then run again."
        raise tree.refusal("entries cannot be added here", tree.starts[event], remedy)
    before = blank(text, line_start(text, tree.starts[event])) + STEP
    written = [(owner, *body.between_brackets()) for owner, body in content.blocks]
    lines = "".join(marked_blocks.block_text(owner, body, before, edits.eol) for owner, body, _ in written)
    first, sign = tree.ends[event] + len(blank(text, tree.ends[event])), event + 1
    if text[first : first + 1] in "#\r\n":
        position, sign = _out_of_blocks(tree, blocks, event, line_end(text, first))
        edits.insert_lines(position, sign, lines)
    else:
        edits.replace(first, first, f"{SPLIT}{edits.eol}{lines}{before}")
    edits.events(sign, sign, [sign for _, _, signs in written for sign in signs])


def _out_of_blocks(tree: Tree, blocks: Sequence[Placed], event: int, position: int) -> tuple[int, int]:
    """The first line start from `position` on that is behind the blocks there of `event`, and the next event."""
    inside = block_at(blocks, position)
    position = inside.end if inside else position
    for placed in blocks:
        if placed.collection == event and placed.block.start == position:
            position = placed.block.end
    behind = (first for first, _ in tree.children(event) if len(tree.text) > position <= tree.starts[first])
    return position, next(behind, tree.closes[event])
