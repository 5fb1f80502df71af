"""Removing entries from a YAML file, and undoing the edits that made room for them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from ..marked_blocks import line_end, line_start
from .place import blank, colon
from .splice_edits import ADDED, SPLIT, WAS
from .tree import Tree

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .place import Placed
    from .splice_edits import Edits

_PROPERTIES = re.compile(r"(?:[ \t]+[&!][^ \t\r\n]*)*")
_SPLIT = re.compile(rf"[ \t]*({SPLIT})(\r\n|\n|\r)?")


def remove(edits: Edits, leaving: Mapping[int, Sequence[Placed]], staying: Collection[int]) -> None:
    """Plan that the blocks `leaving`, by collection, go; the collections in `staying` have other entries of ours."""
    tree = edits.tree
    lost = Counter[int]()  # events that leave, by collection
    for collection, blocks in leaving.items():
        for placed in blocks:
            edits.cut(placed.block.start, placed.block.end)
            edits.events(placed.first, placed.after, [])
            lost[collection] += placed.after - placed.first
    todo = set(leaving)
    while todo:
        collection = max(todo)  # the innermost first: its key may be all that is in the one around it
        todo.remove(collection)
        if collection in staying:
            continue
        if collection in tree.flow:
            _join(edits, collection, leaving[collection])
        elif lost[collection] == tree.after(collection) - collection - 2:
            above = _empty(edits, collection)
            if above >= 0:
                lost[above] += tree.after(collection) - collection + 1
                todo.add(above)


def _empty(edits: Edits, collection: int) -> int:
    """Undo what was done to hold the first entries; the collection that lost the key, -1 when none did."""
    tree, text = edits.tree, edits.text
    key, close = collection - 1, tree.closes[collection]
    if collection == 0:
        edits.events(0, 1, [])
        edits.events(close, close + 1, [])
        return -1
    if not tree.keys[key]:
        raise tree.refusal("this would leave an empty item", tree.starts[collection], "Delete the item.")
    start = colon(tree, key)
    if text.startswith(WAS, start):
        rest = text[start + len(WAS) : line_end(text, start)]
        edits.replace(start, start + len(WAS), "")
        edits.events(collection, collection + 1, Tree("was:" + rest, tree.place).signs[2:-1])
        edits.events(close, close + 1, [])
    elif text.startswith(ADDED, start):
        end = start + len(ADDED) + len(blank(text, start + len(ADDED)))
        if text.startswith("#", end):  # somebody wrote a comment behind ours
            edits.replace(tree.starts[key], end, "")
        else:
            edits.cut(line_start(text, start), line_end(text, start))
        edits.events(key, collection + 1, [])
        edits.events(close, close + 1, [])
        return tree.parents[collection]
    else:  # adopted: nothing says what it was, and null is not accepted everywhere
        start += len(_PROPERTIES.match(text, start)[0])  # type: ignore[index]
        edits.replace(start, start, " []" if tree.kinds[collection] == "[" else " {}")
    return -1


def _join(edits: Edits, collection: int, leaving: Sequence[Placed]) -> None:
    """Join a line that was broken for the blocks between brackets, when the last of them goes."""
    text = edits.text
    split = _SPLIT.match(text, edits.tree.ends[collection])
    if not split:
        return
    end = split.end()
    for placed in leaving:
        end = placed.block.end if placed.block.start == end else end
    rest = end + len(blank(text, end))
    if split[2] and end > split.end() and text[rest] not in "#\r\n":
        edits.replace(split.start(1), split.end(), "")
        edits.replace(end, rest, "")
    else:  # somebody wrote a comment in between: it stays in its line
        edits.replace(*split.span(1), "")
