"""Edits of a YAML text and, in parallel, of its events: the text is right if it parses to these events.

Three comments of ours say how to undo what no block can hold; each goes when the last entry of its collection goes:

    load_from: # dmb was: []        the value was `[]` (or `{}`, `~`, nothing): it is commented out where it stands
    depends_on: # dmb added         the key was not there
    depends_on: [ # dmb split       the line was not broken here
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...errors import DmbError
from .. import marked_blocks
from ..yaml_events import NULL, Sign
from .tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..marked_blocks import Block, Span

WAS, ADDED, SPLIT = " # dmb was:", " # dmb added", " # dmb split"


class Edits:
    """What changes in one file. Positions and events are those of `tree`, before all changes."""

    def __init__(self, tree: Tree, owners: Iterable[str]) -> None:
        self.tree, self.text = tree, tree.text
        self.eol = marked_blocks.eol_of(self.text)
        self.owners = Counter(owners)  # of the blocks, as they are to be in the end
        self._texts: list[tuple[int, int, str]] = []
        self._cuts: list[Span] = []
        self._lines: list[tuple[int, int, str]] = []
        self._events: list[tuple[int, int, list[Sign]]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """`text[start:end]` becomes `new`."""
        self._texts.append((start, end, new))

    def cut(self, start: int, end: int) -> None:
        """The whole lines `text[start:end]` go."""
        self._cuts.append((start, end))

    def insert_lines(self, position: int, event: int, lines: str) -> None:
        """`lines` come at the line start `position`; of several at one place, in the order of their events."""
        self._lines.append((position, event, lines))

    def events(self, start: int, end: int, new: Iterable[Sign]) -> None:
        """The events from `start` up to `end` become `new`."""
        self._events.append((start, end, list(new)))

    def applied(self) -> tuple[Tree, list[Block]] | None:
        """The new text as parsed, and its blocks; None if nothing changes. Refuses what would load differently."""
        cuts = marked_blocks.cuts(self.text, self._cuts)
        edits = [*self._texts, *((start, end, "") for start, end in cuts)]
        for position, _, lines in sorted(self._lines, key=lambda insert: insert[:2]):
            # What comes into lines that go comes behind them.
            at = next((end for start, end in cuts if start <= position <= end), position)
            edits.append((at, at, marked_blocks.fit(self.text, at, lines)))
        if not edits:
            return None
        new = marked_blocks.splice(self.text, edits)
        try:
            tree = Tree(new, self.tree.place)
            blocks = marked_blocks.find_blocks(new, tree.place, tree.opaque)
        except DmbError as error:
            raise self.unproven(error.cause) from None
        # An empty file and one that says null load to the same.
        if (tree.signs or [NULL]) != (self._expected() or [NULL]) or Counter(
            block.owner for block in blocks
        ) != +self.owners:
            raise self.unproven("it would load to something else")
        return tree, blocks

    def _expected(self) -> list[Sign]:
        signs: list[Sign] = []
        done = 0
        for start, end, new in sorted(self._events, key=lambda change: change[:2]):
            signs += self.tree.signs[done:start]
            signs += new
            done = end
        return signs + self.tree.signs[done:]

    def unproven(self, cause: str) -> DmbError:
        """A refusal of the whole change, with the line of its first edit."""
        places = [*self._texts, *self._lines]
        first = min([place[0] for place in places] + [start for start, _ in self._cuts])
        remedy = "Write it in block style, one entry a line, then run again."
        return self.tree.refusal(f"the file cannot be changed safely here: {cause}", first, remedy)
