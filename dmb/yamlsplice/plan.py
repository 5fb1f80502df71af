"""What to put in, take out and wrap in one YAML file, as edits of its text and, in parallel, of its events: the proof.

Three comments of ours say how to undo what no block can hold; each goes when the last entry of its collection goes:

    load_from: # dmb was: []        the value was `[]` (or `{}`, `~`, nothing): it is commented out where it stands
    depends_on: # dmb added         the key was not there
    depends_on: [ # dmb split       the line was not broken here
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import textblocks
from ..errors import DmbError
from ..textblocks import EOL, Span, line_end, line_start
from .body import Body, scalar
from .place import Path, Placed, below, block_at, colon, column, indent, lines_of
from .tree import CLOSE, LIST, MAP, NULL, Sign, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WAS, ADDED, SPLIT = " # dmb was:", " # dmb added", " # dmb split"
STEP = "  "
_SPLIT = re.compile(rf"[ \t]*({SPLIT})(\r\n|\n|\r)")
_BLANK = re.compile(r"[ \t]*")
_BY_HAND = "Write it in block style, one entry a line, then run again."


@dataclass(slots=True)
class Content:
    """What to put at one place: blocks of entries, and keys that are not there yet with what goes below them."""

    blocks: list[tuple[str, Body]] = field(default_factory=list)
    keys: dict[str, Content] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`list` or `map`."""
        return "map" if self.keys else self.blocks[0][1].kind

    def lines(self, before: str, eol: str) -> str:
        """As text in block style, each line after the indent `before`."""
        lines = [textblocks.block_text(owner, body.text, before, eol) for owner, body in self.blocks]
        for key, content in self.keys.items():
            lines += [f"{before}{scalar(key)}:{ADDED}{eol}", content.lines(before + STEP, eol)]
        return "".join(lines)

    def signs(self) -> list[Sign]:
        """As events, without those that open and close the collection."""
        signs = [sign for _, body in self.blocks for sign in body.signs]
        for key, content in self.keys.items():
            plain = scalar(key) == key
            signs += [("=", plain, key, None, None), *content.collection()]
        return signs

    def collection(self) -> list[Sign]:
        """As the events of a collection of its own."""
        return [MAP if self.kind == "map" else LIST, *self.signs(), CLOSE]


class Plan:
    """Edits of one file. Planning refuses (DmbError with file:line) what it cannot do, `render` what it cannot prove."""

    def __init__(self, tree: Tree, blocks: Sequence[Placed]) -> None:
        self.tree, self.text, self.blocks = tree, tree.text, blocks
        self.eol = textblocks.eol_of(self.text)
        self.edits: list[tuple[int, int, str]] = []
        self.cuts: list[Span] = []  # whole lines
        self.inserts: list[tuple[int, int, str]] = []  # (line start, event, lines); in the order of events at one place
        self.signs: list[tuple[int, int, list[Sign]]] = []
        self.removed: dict[int, list[Placed]] = {}  # by collection
        self.replaced: dict[int, list[tuple[Placed, Body]]] = {}
        self.contents: dict[int, Content] = {}  # what comes new, by the event that it goes into
        self.owners = Counter(placed.block.owner for placed in blocks)

    def want(self, wanted: Mapping[str, Mapping[Path, Body]]) -> None:
        """Plan that each owner has exactly the bodies that it maps to."""
        missing = {owner: dict(bodies) for owner, bodies in wanted.items()}
        for placed in self.blocks:
            if placed.block.owner not in missing:
                continue
            body = missing[placed.block.owner].pop(placed.path, None) if placed.path is not None else None
            if body is None:
                self.owners[placed.block.owner] -= 1
                self.cuts.append((placed.block.start, placed.block.end))
                self.removed.setdefault(placed.collection, []).append(placed)
            elif placed.block.body != self._written(placed.collection, body)[0]:
                self.replaced.setdefault(placed.collection, []).append((placed, body))
        self.removed.pop(-1, None)  # of blocks in which no entry was left
        for owner, bodies in missing.items():
            for path, body in bodies.items():
                event, depth = self.tree.find(path)
                content = self.contents.setdefault(event, Content())
                for name in path[depth:]:
                    content = content.keys.setdefault(name, Content())
                content.blocks.append((owner, body))
                self.owners[owner] += 1
        for collection in {*self.replaced, *self.contents}:
            self._check_names(collection)
        for collection, changes in self.replaced.items():
            for placed, body in changes:
                self._replace(collection, placed, body)
        for event, content in self.contents.items():
            self._insert(event, content)
        self._remove()

    def wrap(self, owner: str, path: Path, names: Sequence[str | int]) -> None:
        """Plan markers around the entries `names` of the collection at `path`: one block for those that touch."""
        tree = self.tree
        event, depth = tree.find(path)
        if depth < len(path) or tree.kind(event) not in ("list", "map"):
            raise tree.refusal(f"there is no `{'.'.join(path)}`", tree.starts[event], "Name an entry that is there.")
        self._check_place(event)
        entries = list(tree.children(event))
        known: dict[str | int, int] = {}
        for number, (first, _) in enumerate(entries):
            known[tree.events[first].value if tree.keys[first] else number] = number
        for name in names:
            if name not in known:
                raise tree.refusal(
                    f"there is no `{name}` in `{'.'.join(path)}`", tree.starts[event], "Name one that is."
                )
        for start, end in textblocks.merged(lines_of(tree, event, entries[known[name]][0]) for name in names):
            for other in self.blocks:
                if other.block.start < end and start < other.block.end:
                    cause = f"this entry lies in the block of `{other.block.owner}`, or holds it"
                    raise tree.refusal(cause, start, f"Take `{other.block.owner}` out first.")
            before = " " * column(tree, tree.starts[event]) if not tree.in_flow(event) else _blank(self.text, start)
            self.edits.append((start, start, f"{before}# BEGIN: {owner}{self.eol}"))
            self.inserts.append((end, event, f"{before}# END: {owner}{self.eol}"))
            self.owners[owner] += 1

    def render(self) -> str:
        """The new text, proven: its events are the old ones with exactly the planned ones put in and taken out."""
        cuts = textblocks.cuts(self.text, self.cuts)
        edits = [*self.edits, *((start, end, "") for start, end in cuts)]
        for position, _, lines in sorted(self.inserts, key=lambda insert: insert[:2]):
            # Lines that go into a span that is cut out go behind it.
            at = next((end for start, end in cuts if start <= position <= end), position)
            edits.append((at, at, textblocks.fit(self.text, at, lines)))
        if not edits:
            return self.text
        new = textblocks.splice(self.text, edits)
        signs: list[Sign] = []
        done = 0
        for start, end, put in sorted(self.signs, key=lambda change: change[:2]):
            signs += self.tree.signs[done:start]
            signs += put
            done = end
        signs += self.tree.signs[done:]
        try:
            tree = Tree(new, self.tree.place)
            found = Counter(block.owner for block in textblocks.find_blocks(new, self.tree.place, tree.opaque))
        except DmbError as error:
            raise self._unproven(edits, error.cause) from None
        if (tree.signs or [NULL]) != (signs or [NULL]) or found != +self.owners:
            raise self._unproven(edits, "the file would not load to what is meant")
        return new

    def _unproven(self, edits: Iterable[tuple[int, int, str]], cause: str) -> DmbError:
        return self.tree.refusal(f"this place cannot be changed safely ({cause})", min(edits)[0], _BY_HAND)

    def _written(self, collection: int, body: Body) -> tuple[str, list[Sign]]:
        """Lines and events of `body` in the style of the collection."""
        return body.between_brackets() if self.tree.in_flow(collection) else (body.text, body.signs)

    # Putting in

    def _check_names(self, event: int) -> None:
        """Refuse a name that would stand twice in one collection, or hide one that comes through a merge key."""
        tree = self.tree
        taken: dict[str, int] = {}
        if tree.events and tree.kind(event) in ("list", "map"):
            leaving = [*self.removed.get(event, ()), *(placed for placed, _ in self.replaced.get(event, ()))]
            spans = sorted((placed.first, placed.after) for placed in leaving)
            for first, _ in tree.children(event):
                near = bisect.bisect_right(spans, (first, len(tree.events))) - 1
                if tree.signs[first][0] == "=" and not (near >= 0 and first < spans[near][1]):
                    taken[tree.events[first].value] = first
            taken.update(dict.fromkeys(tree.inherited(event), event))
        content = self.contents.get(event, Content())
        bodies = [*(body for _, body in self.replaced.get(event, ())), *(body for _, body in content.blocks)]
        for name in [*(name for body in bodies for name in body.names), *content.keys]:
            if name in taken:
                cause = f"`{name}` is here already, outside of the block"
                raise tree.refusal(
                    cause, tree.starts[taken[name]], "`dmb workspace adopt` takes it over; or rename it."
                )
            taken[name] = event

    def _check_place(self, event: int) -> None:
        """Refuse a collection whose change would show elsewhere, or that stands in a block."""
        tree = self.tree
        if tree.signs[event][0] == "*":
            raise tree.refusal("this value is an alias", tree.starts[event], "Write it out, then run again.")
        above = event
        while above >= 0:
            anchor = tree.events[above].anchor
            if anchor in tree.aliased:
                cause = f"what changes here would change wherever *{anchor} stands"
                raise tree.refusal(cause, tree.starts[above], f"Write out what *{anchor} stands for, then run again.")
            above = tree.parents[above]
        start = tree.starts[event - 1] if event and tree.keys[event - 1] else tree.starts[event]
        inside = block_at(self.blocks, start) if event else None
        if inside:
            raise tree.refusal(f"this place lies in the block of `{inside.owner}`", start, "Change it there by hand.")

    def _mismatch(self, event: int, kind: str) -> DmbError:
        words = {"list": "a list", "map": "a mapping"}
        cause = f"{words.get(self.tree.kind(event), 'a single value')} is here, where {words[kind]} is needed"
        return self.tree.refusal(cause, self.tree.starts[event])

    def _replace(self, collection: int, placed: Placed, body: Body) -> None:
        if body.kind != self.tree.kind(collection):
            raise self._mismatch(collection, body.kind)
        lines, signs = self._written(collection, body)
        before = placed.block.indent if self.tree.in_flow(collection) else indent(self.tree, collection)
        self.edits.append((*placed.block.inner, textblocks.indented(lines, before, self.eol)))
        self.signs.append((placed.first, placed.after, signs))

    def _insert(self, event: int, content: Content) -> None:
        tree = self.tree
        if not tree.events or (event == 0 and tree.signs[0] == NULL):
            self.inserts.append((len(self.text), 0, content.lines("", self.eol)))
            self.signs.append((0, len(tree.signs), content.collection()))
            return
        self._check_place(event)
        kind = tree.kind(event)
        if kind not in ("empty", content.kind):
            raise self._mismatch(event, content.kind)
        if kind == "empty" and self._fill(event, content):
            return
        if tree.in_flow(event):
            self._insert_between_brackets(event, content)
            return
        sign = tree.after[event] - 1
        position = below(tree, event)
        if tree.ends[sign] == len(self.text) and tree.ends_in_literal(event):
            # A literal that ends a text without final newline would gain one: go above the first entry instead.
            position, sign = lines_of(tree, event, event + 1)[0], event + 1
        inside = block_at(self.blocks, position)
        if inside:
            position = inside.end
            sign = next(
                (first for first, _ in tree.children(event) if tree.starts[first] >= position), tree.after[event] - 1
            )
        self.inserts.append((position, sign, content.lines(indent(tree, event), self.eol)))
        self.signs.append((sign, sign, content.signs()))

    def _fill(self, event: int, content: Content) -> bool:
        """Put `content` below a key whose value is empty and stands in its line: false when it does not."""
        tree, text = self.tree, self.text
        if event == 0 or not tree.keys[event - 1] or tree.in_flow(tree.parents[event]):
            return False
        start = colon(tree, event - 1)
        end = max(start, tree.ends[tree.after[event] - 1])
        if EOL.search(text, start, end):
            return False
        self.edits.append((start, start, WAS))
        before = " " * column(tree, tree.starts[event - 1]) + STEP
        self.inserts.append((line_end(text, end), event, content.lines(before, self.eol)))
        self.signs.append((event, tree.after[event], content.collection()))
        return True

    def _insert_between_brackets(self, event: int, content: Content) -> None:
        tree, text = self.tree, self.text
        if content.keys or tree.signs[event][0] not in "[{":
            raise tree.refusal("nothing can be put in here", tree.starts[event], _BY_HAND)
        start = tree.ends[event]
        before = _blank(text, line_start(text, tree.starts[event])) + STEP
        written = [(owner, *self._written(event, body)) for owner, body in content.blocks]
        lines = "".join(textblocks.block_text(owner, body, before, self.eol) for owner, body, _ in written)
        first = start + len(_blank(text, start))
        sign = event + 1
        if text[first : first + 1] in "#\r\n":
            position = line_end(text, first)
            for block in (placed.block for placed in self.blocks):
                position = block.end if block.start == position else position
            sign = next((at for at, _ in tree.children(event) if tree.starts[at] >= position), tree.after[event] - 1)
            self.inserts.append((position, sign, lines))
        else:
            self.edits.append((first, first, f"{SPLIT}{self.eol}{lines}{before}"))
        self.signs.append((sign, sign, [sign for _, _, signs in written for sign in signs]))

    # Taking out

    def _remove(self) -> None:
        tree = self.tree
        lost = Counter[int]()  # events that leave, by collection
        for collection, blocks in self.removed.items():
            for placed in blocks:
                self.signs.append((placed.first, placed.after, []))
                lost[collection] += placed.after - placed.first
        todo = set(self.removed)
        while todo:
            collection = max(todo)  # the innermost first: its key may be all that is in the one around it
            todo.remove(collection)
            if tree.in_flow(collection):
                self._join(collection)
            elif collection not in self.contents and lost[collection] == tree.after[collection] - collection - 2:
                above = self._empty(collection)
                if above >= 0:
                    lost[above] += tree.after[collection] - collection + 1
                    todo.add(above)

    def _empty(self, collection: int) -> int:
        """Undo what was done to hold the first entries; the collection that lost the key, -1 when none did."""
        tree, text = self.tree, self.text
        close = tree.after[collection] - 1
        if collection == 0:
            self.signs += [(0, 1, []), (close, close + 1, [])]
            return -1
        key = collection - 1
        if not tree.keys[key]:
            raise tree.refusal(
                "this would leave an item with nothing in it", tree.starts[collection], "Delete the item."
            )
        start = colon(tree, key)
        if text.startswith(WAS, start):
            rest = text[start + len(WAS) : line_end(text, start)]
            self.edits.append((start, start + len(WAS), ""))
            was = Tree("was:" + rest, tree.place).signs[2:-1]
            self.signs += [(collection, collection + 1, was), (close, close + 1, [])]
        elif text.startswith(ADDED, start):
            self.cuts.append((line_start(text, start), line_end(text, start)))
            self.signs += [(key, collection + 1, []), (close, close + 1, [])]
            return tree.parents[collection]
        else:  # adopted: nothing says what it was, and null is not accepted everywhere
            self.edits.append((start, start, " []" if tree.signs[collection][0] == "[" else " {}"))
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
        if end == split.end():  # somebody wrote a line in between: keep it one
            self.edits.append((*split.span(1), ""))
        else:
            self.edits += [(*split.span(1), ""), (*split.span(2), ""), (end, end + len(_blank(self.text, end)), "")]


def _blank(text: str, position: int) -> str:
    """The spaces and tabs from `position` on."""
    found = _BLANK.match(text, position)
    return found[0] if found else ""
