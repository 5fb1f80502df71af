"""What to put in, take out and wrap in one YAML file.

Three comments of ours say how to undo what no block can hold; each goes when the last entry of its collection goes:

    load_from: # dmb was: []        the value was `[]` (or `{}`, `~`, nothing): it is commented out where it stands
    depends_on: # dmb added         the key was not there
    depends_on: [ # dmb split       the line was not broken here
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from typing import TYPE_CHECKING

from .. import textblocks
from ..textblocks import EOL, line_end, line_start
from .body import ADDED, STEP, Content
from .edits import Edits
from .place import KeyPath, Placed, below, block_at, colon, column, indent, lines_of
from .tree import NULL, Sign, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..errors import DmbError
    from .body import Body

WAS, SPLIT = " # dmb was:", " # dmb split"
_SPLIT = re.compile(rf"[ \t]*({SPLIT})(\r\n|\n|\r)?")
_BLANK = re.compile(r"[ \t]*")
_BY_HAND = "Write it in block style, one entry a line, then run again."


class Plan:
    """The plan for one file. Everything refuses (DmbError with file:line) what it cannot do."""

    def __init__(self, tree: Tree, blocks: Sequence[Placed]) -> None:
        self.tree, self.text, self.blocks = tree, tree.text, blocks
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
                self.edits.cut(placed.block.start, placed.block.end)
                self.removed.setdefault(placed.collection, []).append(placed)
            elif placed.block.body != self._written(placed.collection, body)[0]:
                self.replaced.setdefault(placed.collection, []).append((placed, body))
        self.removed.pop(-1, None)  # of blocks in which no entry was left
        found: dict[KeyPath, tuple[int, int]] = {}
        for owner, bodies in missing.items():
            for path, body in bodies.items():
                event, depth = found.setdefault(path, self.tree.find(path)) if path not in found else found[path]
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
            self._insert(event, content)
        self._remove()

    def wrap(self, owner: str, path: KeyPath, names: Sequence[str | int]) -> None:
        """Plan markers around the entries `names` of the collection at `path`: one block for those that touch."""
        tree, eol = self.tree, self.edits.eol
        event, depth = tree.find(path)
        if not tree.kinds or depth < len(path) or tree.kind(event) not in ("list", "map"):
            raise tree.refusal(
                f"there is no `{'.'.join(path)}`", tree.starts[event] if tree.kinds else 0, "Name another."
            )
        self._check_place(event)
        known: dict[str | int | None, int] = {}
        for number, (first, _) in enumerate(tree.children(event)):
            known[tree.value(first) if tree.keys[first] else number] = first
        for name in names:
            if name not in known:
                raise tree.refusal(f"there is no `{name}` in `{'.'.join(path)}`", tree.starts[event], "Name another.")
        entries = sorted((*lines_of(tree, event, known[name]), known[name]) for name in names)
        for number, (start, end, first) in enumerate(entries):
            for other in self.blocks:
                if other.block.start < end and start < other.block.end:
                    cause = f"this entry lies in the block of `{other.block.owner}`, or holds it"
                    raise tree.refusal(cause, start, f"Take `{other.block.owner}` out first.")
            before = _blank(self.text, start) if event in tree.flow else indent(tree, event)
            if not number or entries[number - 1][1] < start:
                self.edits.insert_lines(start, first, f"{before}# BEGIN: {owner}{eol}")
                self.edits.owners[owner] += 1
            if number + 1 == len(entries) or end < entries[number + 1][0]:
                last = tree.after(first + tree.keys[first]) - 1
                self.edits.insert_lines(end, last, f"{before}# END: {owner}{eol}")

    def _written(self, collection: int, body: Body) -> tuple[str, list[Sign]]:
        """Lines and events of `body` in the style of the collection."""
        return body.between_brackets() if collection in self.tree.flow else (body.text, body.signs)

    # Putting in

    def _check_names(self, event: int) -> None:
        """Refuse a name that would stand twice in one collection, or hide one that comes through a merge key."""
        tree = self.tree
        taken: dict[str, int] = {}
        if tree.kinds and tree.kind(event) in ("list", "map"):
            leaving = [*self.removed.get(event, ()), *(placed for placed, _ in self.replaced.get(event, ()))]
            spans = sorted((placed.first, placed.after) for placed in leaving)
            for first, _ in tree.children(event):
                name = tree.value(first)
                near = bisect.bisect_right(spans, (first, len(tree.kinds))) - 1
                if name is not None and not (near >= 0 and first < spans[near][1]):
                    taken[name] = first
            taken.update(dict.fromkeys(tree.inherited(event), event))
        content = self.contents.get(event, Content())
        bodies = [*(body for _, body in self.replaced.get(event, ())), *(body for _, body in content.blocks)]
        for name in [*(name for body in bodies for name in body.names), *content.keys]:
            if name in taken:
                cause = f"`{name}` is here already, outside of the block"
                remedy = "`dmb workspace adopt` takes it over; or rename it."
                raise tree.refusal(cause, tree.starts[taken[name]] if tree.kinds else 0, remedy)
            taken[name] = event

    def _check_place(self, event: int) -> None:
        """Refuse a collection whose change would show elsewhere, or that stands in a block."""
        tree = self.tree
        if tree.kinds[event] == "*":
            raise tree.refusal("this value is an alias", tree.starts[event], "Write it out, then run again.")
        named = set(tree.aliases.values())
        above = event
        while above >= 0:
            if above in named:
                name = tree.signs[above][2]
                cause = f"what changes here would change wherever *{name} stands"
                raise tree.refusal(cause, tree.starts[above], f"Write out what *{name} stands for, then run again.")
            above = tree.parents[above]
        if event:
            start = tree.starts[event - 1 if tree.keys[event - 1] else event]
            inside = block_at(self.blocks, start)
            if inside:
                raise tree.refusal(f"this place lies in the block of `{inside.owner}`", start, "Change it by hand.")

    def _mismatch(self, event: int, kind: str) -> DmbError:
        words = {"list": "a list", "map": "a mapping"}
        cause = f"{words.get(self.tree.kind(event), 'a single value')} is here, where {words[kind]} is needed"
        return self.tree.refusal(cause, self.tree.starts[event])

    def _replace(self, collection: int, placed: Placed, body: Body) -> None:
        if body.kind != self.tree.kind(collection):
            raise self._mismatch(collection, body.kind)
        lines, signs = self._written(collection, body)
        before = placed.block.indent if collection in self.tree.flow else indent(self.tree, collection)
        self.edits.replace(*placed.block.inner, textblocks.indented(lines, before, self.edits.eol))
        self.edits.events(placed.first, placed.after, signs)

    def _insert(self, event: int, content: Content) -> None:
        tree = self.tree
        if not tree.kinds or (event == 0 and tree.signs[0] == NULL):
            self.edits.insert_lines(len(self.text), 0, content.lines("", self.edits.eol))
            self.edits.events(0, len(tree.signs), content.collection())
            return
        self._check_place(event)
        kind = tree.kind(event)
        if kind not in ("empty", content.kind):
            raise self._mismatch(event, content.kind)
        if kind == "empty" and self._fill(event, content):
            return
        if kind == "empty" or event in tree.flow:
            self._insert_between_brackets(event, content)
            return
        position = below(tree, event)
        if position == len(self.text) and textblocks.unfinished(self.text) and tree.ends_in_literal(event):
            # That literal would gain a newline: go above the first entry instead.
            position = lines_of(tree, event, event + 1)[0]
        position, sign = self._out_of_blocks(event, position)
        self.edits.insert_lines(position, sign, content.lines(indent(tree, event), self.edits.eol))
        self.edits.events(sign, sign, content.signs())

    def _fill(self, event: int, content: Content) -> bool:
        """Put `content` below a key whose value is empty and stands in its line: false when it does not."""
        tree, text = self.tree, self.text
        if event == 0 or not tree.keys[event - 1] or tree.parents[event] in tree.flow:
            return False
        start = colon(tree, event - 1)
        end = max(start, tree.ends[tree.after(event) - 1])
        if EOL.search(text, start, end):
            return False
        self.edits.replace(start, start, WAS)
        before = " " * column(tree, tree.starts[event - 1]) + STEP
        self.edits.insert_lines(line_end(text, end), event, content.lines(before, self.edits.eol))
        self.edits.events(event, tree.after(event), content.collection())
        return True

    def _insert_between_brackets(self, event: int, content: Content) -> None:
        tree, text = self.tree, self.text
        if content.keys or tree.kinds[event] != {"list": "[", "map": "{"}[content.kind]:
            raise tree.refusal("nothing can be put in here", tree.starts[event], _BY_HAND)
        start = tree.ends[event]
        before = _blank(text, line_start(text, tree.starts[event])) + STEP
        written = [(owner, *self._written(event, body)) for owner, body in content.blocks]
        lines = "".join(textblocks.block_text(owner, body, before, self.edits.eol) for owner, body, _ in written)
        first = start + len(_blank(text, start))
        sign = event + 1
        if text[first : first + 1] in "#\r\n":
            position, sign = self._out_of_blocks(event, line_end(text, first))
            self.edits.insert_lines(position, sign, lines)
        else:
            self.edits.replace(first, first, f"{SPLIT}{self.edits.eol}{lines}{before}")
        self.edits.events(sign, sign, [sign for _, _, signs in written for sign in signs])

    def _out_of_blocks(self, event: int, position: int) -> tuple[int, int]:
        """The first line start from `position` on that is behind the blocks there of `event`, and the next event."""
        inside = block_at(self.blocks, position)
        position = inside.end if inside else position
        for placed in self.blocks:
            if placed.collection == event and placed.block.start == position:
                position = placed.block.end
        behind = (first for first, _ in self.tree.children(event) if self.tree.starts[first] >= position)
        return position, next(behind, self.tree.closes[event])

    # Taking out

    def _remove(self) -> None:
        tree = self.tree
        lost = Counter[int]()  # events that leave, by collection
        for collection, blocks in self.removed.items():
            for placed in blocks:
                self.edits.events(placed.first, placed.after, [])
                lost[collection] += placed.after - placed.first
        todo = set(self.removed)
        while todo:
            collection = max(todo)  # the innermost first: its key may be all that is in the one around it
            todo.remove(collection)
            if collection in tree.flow:
                self._join(collection)
            elif collection not in self.contents and lost[collection] == tree.after(collection) - collection - 2:
                above = self._empty(collection)
                if above >= 0:
                    lost[above] += tree.after(collection) - collection + 1
                    todo.add(above)

    def _empty(self, collection: int) -> int:
        """Undo what was done to hold the first entries; the collection that lost the key, -1 when none did."""
        tree, text = self.tree, self.text
        close = tree.closes[collection]
        if collection == 0:
            self.edits.events(0, 1, [])
            self.edits.events(close, close + 1, [])
            return -1
        key = collection - 1
        if not tree.keys[key]:
            raise tree.refusal(
                "this would leave an item with nothing in it", tree.starts[collection], "Delete the item."
            )
        start = colon(tree, key)
        if text.startswith(WAS, start):
            rest = text[start + len(WAS) : line_end(text, start)]
            self.edits.replace(start, start + len(WAS), "")
            was = Tree("was:" + rest, tree.place).signs[2:-1]
            self.edits.events(collection, collection + 1, was)
            self.edits.events(close, close + 1, [])
        elif text.startswith(ADDED, start):
            end = start + len(ADDED)
            end += len(_blank(text, end))
            if text.startswith("#", end):  # somebody wrote a comment behind ours
                self.edits.replace(tree.starts[key], end, "")
            else:
                self.edits.cut(line_start(text, start), line_end(text, start))
            self.edits.events(key, collection + 1, [])
            self.edits.events(close, close + 1, [])
            return tree.parents[collection]
        else:  # adopted: nothing says what it was, and null is not accepted everywhere
            self.edits.replace(start, start, " []" if tree.kinds[collection] == "[" else " {}")
        return -1

    def _join(self, collection: int) -> None:
        """Join a line that was broken for the blocks between brackets, when the last of them goes."""
        leaving = [placed.block for placed in self.removed[collection]]
        if collection in self.contents or len(leaving) < sum(p.collection == collection for p in self.blocks):
            return
        split = _SPLIT.match(self.text, self.tree.ends[collection])
        if not split:
            return
        end = split.end()
        for block in leaving:
            end = block.end if block.start == end else end
        rest = end + len(_blank(self.text, end))
        if split[2] and end > split.end() and self.text[rest] not in "#\r\n":
            self.edits.replace(split.start(1), split.end(), "")
            self.edits.replace(end, rest, "")
        else:  # somebody wrote a comment in between: it stays in its line
            self.edits.replace(*split.span(1), "")


def _blank(text: str, position: int) -> str:
    """The spaces and tabs from `position` on."""
    found = _BLANK.match(text, position)
    return found[0] if found else ""
