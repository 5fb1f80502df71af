"""What to add, remove and wrap in one YAML file."""

from __future__ import annotations

import bisect
import functools
from typing import TYPE_CHECKING

from .. import marked_blocks
from .body import Content
from .insert_entries import insert, mismatch
from .place import KeyPath, Placed, blank, check_place, indent, lines_of
from .remove_entries import remove
from .splice_edits import Edits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..yaml_events import Sign
    from .body import Body
    from .tree import Tree


class Plan:
    """The plan for one file. Every method refuses (DmbError with file:line) what it cannot do."""

    def __init__(self, tree: Tree, blocks: Sequence[Placed]) -> None:
        self.tree, self.blocks = tree, blocks
        self.edits = Edits(tree, (placed.block.owner for placed in blocks))
        self.removed: dict[int, list[Placed]] = {}  # by collection
        self.replaced: dict[int, list[tuple[Placed, Body]]] = {}
        self.contents: dict[int, Content] = {}  # what comes new, by the event that it goes into

    def want(self, wanted: Mapping[str, Mapping[KeyPath, Body]]) -> None:
        """Plan that each owner has exactly the bodies that it maps to."""
        missing = {owner: dict(bodies) for owner, bodies in wanted.items()}
        for placed in self.blocks:
            if placed.block.owner not in missing:
                continue
            body = missing[placed.block.owner].pop(placed.path, None) if placed.path is not None else None
            if body is None:
                self.edits.owners[placed.block.owner] -= 1
                self.removed.setdefault(placed.collection, []).append(placed)
            elif placed.block.body != self._lines(placed.collection, body):
                self.replaced.setdefault(placed.collection, []).append((placed, body))
        for placed in self.removed.pop(-1, []):  # blocks in which no entry was left
            self.edits.cut(placed.block.start, placed.block.end)
        find = functools.cache(self.tree.find)
        for owner, bodies in missing.items():
            for path, body in bodies.items():
                event, depth = find(path)
                content = self.contents.setdefault(event, Content())
                for name in path[depth:]:
                    content = content.keys.setdefault(name, Content())
                content.blocks.append((owner, body))
                self.edits.owners[owner] += 1
        for collection in {*self.replaced, *self.contents}:
            self._check_names(collection)
        for collection, changes in self.replaced.items():
            for placed, body in changes:
                self._replace(collection, placed, body)
        for event, content in self.contents.items():
            insert(self.edits, self.blocks, event, content)
        leaving = {placed.block.start for blocks in self.removed.values() for placed in blocks}
        staying = {placed.collection for placed in self.blocks if placed.block.start not in leaving}
        remove(self.edits, self.removed, staying | self.contents.keys())

    def wrap(self, owner: str, path: KeyPath, names: Sequence[str | int]) -> None:
        """Plan markers around the entries `names` of the collection at `path`: one block for those that touch."""
        tree, eol = self.tree, self.edits.eol
        event, depth = tree.find(path)
        if not tree.kinds or depth < len(path) or tree.kind(event) not in ("list", "map"):
            raise tree.refusal(
                f"there is no `{'.'.join(path)}`", tree.starts[event] if tree.kinds else 0, "Name another entry."
            )
        check_place(tree, self.blocks, event)
        known: dict[str | int | None, int] = {}
        for number, (first, _) in enumerate(tree.children(event)):
            known[tree.value(first) if tree.keys[first] else number] = first
        for name in names:
            if name not in known:
                raise tree.refusal(
                    f"there is no `{name}` in `{'.'.join(path)}`", tree.starts[event], "Name another entry."
                )
        entries = sorted((*lines_of(tree, event, known[name]), known[name]) for name in names)
        for number, (start, end, first) in enumerate(entries):
            for other in self.blocks:
                if other.block.start < end and start < other.block.end:
                    cause = f"this entry is inside the block of `{other.block.owner}`, or contains it"
                    raise tree.refusal(cause, start, f"Remove `{other.block.owner}` first.")
            before = blank(tree.text, start) if event in tree.flow else indent(tree, event)
            if not number or entries[number - 1][1] < start:
                self.edits.insert_lines(start, first, f"{before}# BEGIN: {owner}{eol}")
                self.edits.owners[owner] += 1
            if number + 1 == len(entries) or end < entries[number + 1][0]:
                last = tree.after(first + tree.keys[first]) - 1
                self.edits.insert_lines(end, last, f"{before}# END: {owner}{eol}")

    def _lines(self, collection: int, body: Body) -> str:
        """The lines of `body` in the style of the collection; no parse where that is the block style."""
        return body.between_brackets()[0] if collection in self.tree.flow else body.text

    def _written(self, collection: int, body: Body) -> tuple[str, list[Sign]]:
        """Lines and events of `body` in the style of the collection."""
        return body.between_brackets() if collection in self.tree.flow else (body.text, body.signs)

    def _check_names(self, event: int) -> None:
        """Refuse a name that would be duplicate in one collection, or hide one from a merge key."""
        tree = self.tree
        content = self.contents.get(event, Content())
        bodies = [*(body for _, body in self.replaced.get(event, ())), *(body for _, body in content.blocks)]
        names = [*(name for body in bodies for name in body.names), *content.keys]
        if not names:
            return
        taken: dict[str, int] = {}
        if tree.kinds and tree.kind(event) in ("list", "map"):
            leaving = [*self.removed.get(event, ()), *(placed for placed, _ in self.replaced.get(event, ()))]
            spans = sorted((placed.first, placed.after) for placed in leaving)
            for first, _ in tree.children(event):
                name = tree.value(first)
                near = bisect.bisect_right(spans, (first, len(tree.kinds))) - 1
                if name is not None and not (near >= 0 and first < spans[near][1]):
                    taken[name] = first
            if tree.kinds[event] == "{":
                taken.update(dict.fromkeys(tree.inherited(event), event))
        for name in names:
            if name in taken:
                cause = f"`{name}` is already here, outside the block"
                remedy = "Run `dmb workspace adopt` to take it over, or rename it."
                raise tree.refusal(cause, tree.starts[taken[name]] if tree.kinds else 0, remedy)
            taken[name] = event

    def _replace(self, collection: int, placed: Placed, body: Body) -> None:
        if body.kind != self.tree.kind(collection):
            raise mismatch(self.tree, collection, body.kind)
        lines, signs = self._written(collection, body)
        before = placed.block.indent if collection in self.tree.flow else indent(self.tree, collection)
        self.edits.replace(*placed.block.inner, marked_blocks.indented(lines, before, self.edits.eol))
        self.edits.events(placed.first, placed.after, signs)
