"""One parse of a YAML file as flat lists of events: where each key and value stands, and what it says.

Positions are indices into the text, which has no byte order mark (the C parser does not count it). Events, since
composed nodes lose aliases and doubled keys; indices, since `mark.line` counts U+2028 as the end of a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ...errors import DmbError
from .. import marked_blocks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: the same events, ten times slower
DEEPEST = 100  # collections in one another: what loads a file recurses, and some crash on a few thousand

Sign = str | tuple[Any, ...]
LIST: Sign = ("[", None, None)
MAP: Sign = ("{", None, None)
CLOSE: Sign = ("]",)
NULL: Sign = ""

_NULLS = ("", "~", "null", "Null", "NULL")


class Tree:
    """The events of the one document in `text`, checked. Every list has one element an event.

    `kinds[i]` is `=` for a scalar, `*` for an alias, `[` and `{` where a collection opens, `]` where it closes.
    `signs[i]` says all of event i that matters for the loaded data (value, tag, anchor) and nothing of its style: equal
    lists of signs load to equal data. A plain scalar's sign is its text.
    `starts[i]` and `ends[i]` are its span; the end of a block collection is that of its last leaf, since the parser
    counts the comments below as part of it. `parents[i]` is the collection it stands in (-1: none), `keys[i]` whether
    it is a key. `closes` maps the event that opens a collection to the one that closes it.
    `flow` are the collections with brackets, `opaque` the spans of the scalars that hold the text of a marker,
    `anchors` the names that are set, `aliases` maps each alias to the event that it stands for.

    Refuses (DmbError with file:line) what PyYAML cannot parse, several documents, doubled keys, keys that are no
    scalars, aliases of nothing, more than a hundred collections in one another.
    """

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place = text, place
        self.kinds: list[str] = []
        self.signs: list[Sign] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.parents: list[int] = []
        self.keys: list[bool] = []
        self.closes: dict[int, int] = {}
        self.flow: set[int] = set()
        self.opaque: list[marked_blocks.Span] = []
        self.anchors: dict[str, int] = {}
        self.aliases: dict[int, int] = {}
        self._marked: list[str] = []  # values of the scalars whose sign says more
        if marked_blocks.BOM in text:  # PyYAML's two parsers read it differently
            raise self.refusal("a byte order mark within the text", text.index(marked_blocks.BOM), "Delete it.")
        try:
            self._read()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            if mark and not text[mark.index :].strip():  # something is not closed: tell where it was opened
                mark = getattr(error, "context_mark", None) or mark
            position = min(mark.index if mark else getattr(error, "position", 0), max(len(text.rstrip()) - 1, 0))
            cause = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
            raise self.refusal(f"not valid YAML: {cause}", position) from None

    def refusal(self, cause: str, position: int, remedy: str = "Correct this line, then run again.") -> DmbError:
        """A refusal that names the line of `position`."""
        return DmbError(cause, place=f"{self.place}:{marked_blocks.line_of(self.text, position)}", remedy=remedy)

    def _read(self) -> None:  # noqa: PLR0915
        """Fill the lists. One loop with little in it: it takes most of the time that a change of a file takes."""
        documents, parent = 0, -1
        seen: set[str] | None = None  # the keys of the innermost mapping so far; None in a list
        outer: list[set[str] | None] = []
        key = False  # whether the next event is a key
        text, kinds, signs, starts, ends = self.text, self.kinds, self.signs, self.starts, self.ends
        parents, keys, marked = self.parents, self.keys, self._marked
        next_event = Loader(text).get_event
        while (event_type := type(event := next_event())) is not yaml.StreamEndEvent:
            index = len(kinds)
            start, end = event.start_mark.index, event.end_mark.index
            if event_type is yaml.ScalarEvent:
                value = event.value
                kind, sign = "=", value
                if event.tag is not None or event.anchor is not None or not event.implicit[0]:
                    sign = ("=", event.tag, event.anchor, event.implicit[0], value)
                    marked.append(value)
                    if event.anchor is not None:
                        self.anchors[event.anchor] = index
                if "#" in value and marked_blocks.carries_marker(text, start, end):
                    self.opaque.append((start, end))
                if key and seen is not None:
                    if value in seen:
                        raise self.refusal(f"the key `{value}` stands twice", start)
                    seen.add(value)
                elif start == end and seen is not None and text[start - 1] != ":":
                    start = end = ends[-1]  # a key alone: the parser says that its value is at the next token
            elif event_type is yaml.MappingEndEvent or event_type is yaml.SequenceEndEvent:
                kind, sign, key = "]", CLOSE, False
                self.closes[parent] = index
                if parent not in self.flow:
                    end = ends[-1]
                parent, seen = parents[parent], outer.pop()
            elif event_type is yaml.MappingStartEvent or event_type is yaml.SequenceStartEvent:
                kind, sign = ("{", MAP) if event_type is yaml.MappingStartEvent else ("[", LIST)
                if event.tag is not None or event.anchor is not None:
                    sign = (kind, event.tag, event.anchor)
                    if event.anchor is not None:
                        self.anchors[event.anchor] = index
                if event.flow_style:
                    self.flow.add(index)
                elif event.anchor is not None or event.tag is not None:
                    # Where the first entry is, not where the anchor or tag is; of a flush list, before its dash.
                    start = end - (kind == "[" and text[end] != "-")
            elif event_type is yaml.AliasEvent:
                kind, sign = "*", ("*", event.anchor)
                if event.anchor not in self.anchors:
                    raise self.refusal(f"the alias *{event.anchor} names nothing before it", start)
                self.aliases[index] = self.anchors[event.anchor]
            else:
                documents += event_type is yaml.DocumentStartEvent
                if documents > 1:
                    raise self.refusal("several YAML documents", start, "Keep one document in a file.")
                continue
            if key and kind != "=":
                raise self.refusal("this key is no plain word", start, "Write it as one word.")
            kinds.append(kind)
            signs.append(sign)
            starts.append(start)
            ends.append(end)
            parents.append(parent)
            keys.append(key)
            if kind in "[{":
                outer.append(seen)
                if len(outer) > DEEPEST:
                    raise self.refusal(f"more than {DEEPEST} lists and mappings in one another", start)
                parent, seen, key = index, set() if kind == "{" else None, kind == "{"
            else:
                key = seen is not None and not key

    def value(self, event: int) -> str | None:
        """The text of a scalar, None of anything else."""
        sign = self.signs[event]
        if isinstance(sign, str):
            return sign
        return str(sign[4]) if sign[0] == "=" else None

    def says(self, words: Collection[str]) -> bool:
        """Whether any scalar is one of the `words`."""
        wanted = frozenset(words)
        return not (wanted.isdisjoint(self.signs) and wanted.isdisjoint(self._marked))

    def after(self, event: int) -> int:
        """The index after the value that begins at `event`."""
        return self.closes.get(event, event) + 1

    def children(self, event: int) -> Iterator[tuple[int, int]]:
        """(first event, event of the value) of each entry of the collection that opens at `event`."""
        at, end = event + 1, self.closes.get(event, 0)
        while at < end:
            value = at + 1 if self.keys[at] else at
            yield at, value
            at = self.after(value)

    def find(self, path: Sequence[str]) -> tuple[int, int]:
        """(event, how many names of `path` lead to it): the value at `path`, or its nearest ancestor that is there."""
        at = 0
        for depth, name in enumerate(path):
            if not self.kinds or self.kinds[at] != "{":
                return at, depth
            for key, value in self.children(at):
                if self.value(key) == name:
                    at = value
                    break
            else:
                return at, depth
        return at, len(path)

    def path(self, event: int) -> tuple[str, ...]:
        """The keys from the root to the value `event`; "-" stands for a list on the way."""
        names: list[str] = []
        while self.parents[event] >= 0:
            names.append((self.value(event - 1) if self.keys[event - 1] else None) or "-")
            event = self.parents[event]
        return tuple(reversed(names))

    def kind(self, event: int) -> str:
        """`list`, `map`, `alias`, `scalar`, or `empty` for null, `[]` and `{}`."""
        kind = self.kinds[event]
        if kind == "=":
            return "empty" if self.signs[event] in _NULLS else "scalar"
        if kind == "*":
            return "alias"
        if self.closes[event] == event + 1:
            return "empty"
        return "list" if kind == "[" else "map"

    def plain(self, event: int, _known: dict[int, Any] | None = None) -> Any:
        """The value at `event` with the text of each scalar, aliases followed and merge keys merged.

        A fraction of what loading costs, for where only texts matter. Refuses an alias within what it names.
        """
        known = {} if _known is None else _known
        kind = self.kinds[event]
        if kind == "*":
            named = self.aliases[event]
            if named < event < self.after(named):
                raise self.refusal("this alias stands within what it names", self.starts[event])
            if named not in known:
                known[named] = self.plain(named, known)
            return known[named]
        if kind == "=":
            return self.value(event)
        if kind == "[":
            return [self.plain(value, known) for _, value in self.children(event)]
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in self.children(event):
            name, content = self.value(key), self.value(value) if self.kinds[value] == "=" else self.plain(value, known)
            if name == "<<":
                for source in content if isinstance(content, list) else [content]:
                    merged = {**source, **merged} if isinstance(source, dict) else merged
            elif name is not None:
                own[name] = content
        return {**merged, **own}

    def inherited(self, event: int) -> set[str]:
        """The keys that come into the mapping at `event` through merge keys (`<<`)."""
        names: set[str] = set()
        sources, passed = [event], set[int]()
        while sources:
            source = sources.pop()
            source = self.aliases.get(source, source)
            if source in passed:
                continue
            passed.add(source)
            for first, value in self.children(source):
                name = self.value(first) if self.keys[first] else "<<"  # an item of a list of mappings
                if name == "<<":
                    sources.append(value)
                elif source != event and name is not None:
                    names.add(name)
        return names

    def ends_in_literal(self, event: int) -> bool:
        """Whether the last leaf at or below `event` may be a block scalar (`|` or `>`)."""
        last = self.after(event) - 1
        while self.kinds[last] == "]":
            last -= 1
        return self.text[self.starts[last] : self.starts[last] + 1] in tuple("|>&!")
