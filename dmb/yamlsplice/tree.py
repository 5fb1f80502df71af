"""One parse of a YAML file as flat lists of events: where each key and value stands, and what it says.

Positions are indices into the text, which has no byte order mark (the C parser does not count it). Events, since composed
nodes lose aliases and doubled keys; indices, since `mark.line` counts U+2028 as the end of a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from .. import textblocks
from ..errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: the same events, ten times slower
Sign = tuple[Any, ...]

LIST: Sign = ("[", None, None)
MAP: Sign = ("{", None, None)
CLOSE: Sign = ("]",)
NULL: Sign = ("=", True, "", None, None)


class Tree:
    """The events of the one document in `text`, checked. Every list has one element an event.

    `signs[i]` says all of event i that matters for the loaded data (kind, value, tag, anchor) and nothing of its style: equal
    lists of signs load to equal data. `starts[i]` and `ends[i]` are its span; the end of a block collection is that of its
    last leaf, since the parser counts the comments below as part of it. `after[i]` is the index after its subtree,
    `parents[i]` the collection it stands in (-1: none), `keys[i]` whether it is a key.
    `opaque` are the spans of the scalars that hold the text of a marker, `aliased` the anchors that an alias names.

    Refuses (DmbError with file:line) what PyYAML cannot parse, several documents, doubled keys, keys that are no scalars,
    aliases of nothing.
    """

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place = text, place
        self.events: list[Any] = []
        self.signs: list[Sign] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.after: list[int] = []
        self.parents: list[int] = []
        self.keys: list[bool] = []
        self.opaque: list[textblocks.Span] = []
        self.anchors: dict[str, int] = {}
        self.aliased: set[str] = set()
        try:
            self._read(yaml.parse(text, Loader))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            cause = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
            raise self.refusal(f"not valid YAML: {cause}", mark.index if mark else 0) from None

    def refusal(self, cause: str, position: int, remedy: str = "Correct this line, then run again.") -> DmbError:
        """A refusal that names the line of `position`."""
        return DmbError(cause, place=f"{self.place}:{textblocks.line_of(self.text, position)}", remedy=remedy)

    def _read(self, events: Iterator[Any]) -> None:
        documents, parent, last = 0, -1, 0
        seen: set[str] | None = None  # the keys of the innermost mapping so far; None in a list
        outer: list[set[str] | None] = []
        expect_key = False
        for event in events:
            kind, index, is_key = type(event), len(self.events), expect_key
            start, end = event.start_mark.index, event.end_mark.index
            if kind is yaml.ScalarEvent:
                value = event.value
                if is_key and seen is not None:
                    if value in seen:
                        raise self.refusal(f"the key `{value}` stands twice", start)
                    seen.add(value)
                if "#" in value and textblocks.carries_marker(self.text[textblocks.line_start(self.text, start) : end]):
                    self.opaque.append((start, end))
                sign: Sign = ("=", event.implicit[0], value, event.tag, event.anchor)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                if not self.events[parent].flow_style:
                    end = last
                sign, is_key = CLOSE, False
                self.after[parent] = index + 1
                parent, seen = self.parents[parent], outer.pop()
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                sign = ("{" if kind is yaml.MappingStartEvent else "[", event.tag, event.anchor)
            elif kind is yaml.AliasEvent:
                if event.anchor not in self.anchors:
                    raise self.refusal(f"the alias *{event.anchor} names nothing before it", start)
                sign = ("*", event.anchor)
                self.aliased.add(event.anchor)
            else:
                documents += kind is yaml.DocumentStartEvent
                if documents > 1:
                    raise self.refusal("several YAML documents in one file", start, "Keep one document in it.")
                continue
            if is_key and kind is not yaml.ScalarEvent:
                raise self.refusal("this key is a list, a mapping or an alias", start, "Write the key out.")
            self.events.append(event)
            self.signs.append(sign)
            self.starts.append(start)
            self.ends.append(end)
            self.after.append(index + 1)
            self.parents.append(parent)
            self.keys.append(is_key)
            last = end
            if sign[0] in "[{":
                parent = index
                outer.append(seen)
                seen = set() if sign[0] == "{" else None
                expect_key = sign[0] == "{"
            else:
                expect_key = seen is not None and not is_key
            if kind is not yaml.AliasEvent and getattr(event, "anchor", None):
                self.anchors[event.anchor] = index

    def children(self, event: int) -> Iterator[tuple[int, int]]:
        """(first event, event of the value) of each entry of the collection that opens at `event`."""
        at, end = event + 1, self.after[event] - 1
        while at < end:
            value = at + 1 if self.keys[at] else at
            yield at, value
            at = self.after[value]

    def find(self, path: Sequence[str]) -> tuple[int, int]:
        """(event, how many names of `path` lead to it): the value at `path`, or its nearest ancestor that is there."""
        at = 0
        for depth, name in enumerate(path):
            if not self.events or self.signs[at][0] != "{":
                return at, depth
            for key, value in self.children(at):
                if self.events[key].value == name:
                    at = value
                    break
            else:
                return at, depth
        return at, len(path)

    def path(self, event: int) -> tuple[str, ...]:
        """The keys from the root to `event`; "-" stands for a list on the way."""
        names: list[str] = []
        while self.parents[event] >= 0:
            above = self.parents[event]
            names.append(self.events[event - 1].value if self.signs[above][0] == "{" else "-")
            event = above
        return tuple(reversed(names))

    def kind(self, event: int) -> str:
        """`list`, `map`, `alias`, `scalar`, or `empty` for null, `[]` and `{}`."""
        sign = self.signs[event][0]
        if sign == "=":
            plain = self.signs[event][1] and self.events[event].value in ("", "~", "null", "Null", "NULL")
            return "empty" if plain else "scalar"
        if sign == "*":
            return "alias"
        if self.after[event] == event + 2:
            return "empty"
        return "list" if sign == "[" else "map"

    def inherited(self, event: int) -> set[str]:
        """The keys that come into the mapping at `event` through merge keys (`<<`)."""
        names: set[str] = set()
        if self.signs[event][0] == "{":
            for key, value in self.children(event):
                if self.events[key].value == "<<":
                    names |= self._merged(value)
        return names

    def _merged(self, event: int) -> set[str]:
        """The keys that `<<: <event>` brings: those of a mapping, of the one that an alias names, or of a list of these."""
        if self.signs[event][0] == "*":
            event = self.anchors[self.events[event].anchor]
        if self.signs[event][0] == "[":
            return {name for _, item in self.children(event) for name in self._merged(item)}
        own = {self.events[key].value for key, _ in self.children(event) if self.keys[key]}
        return own | self.inherited(event)

    def ends_in_literal(self, event: int) -> bool:
        """Whether the last leaf at or below `event` is a block scalar (`|` or `>`)."""
        last = self.after[event] - 1
        while self.signs[last] == CLOSE:
            last -= 1
        return getattr(self.events[last], "style", None) in ("|", ">")

    def in_flow(self, event: int) -> bool:
        """Whether the collection that opens at `event` is written with brackets."""
        return bool(self.events[event].flow_style)
