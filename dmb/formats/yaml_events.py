"""One parse of a YAML text as flat lists of events: where each key and value stands, and what it says.

Two views are made of it: `yamlsplice.tree.Tree`, strict, to put entries in; `yaml_nodes.Node`, tolerant, to know what
the file says. Positions are indices into the text, which has no byte order mark at its head (the C parser does not
count it). Events, since composed nodes lose aliases and doubled keys and the composer recurses in C; indices, since
`mark.line` counts U+2028 as the end of a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ..errors import DmbError
from . import marked_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml: the same events, ten times slower
DEEPEST = 100  # levels of nested collections: loaders recurse, and some crash on a few thousand

Sign = str | tuple[Any, ...]
LIST: Sign = ("[", None, None)
MAP: Sign = ("{", None, None)
CLOSE: Sign = ("]",)
NULL: Sign = ""
NULLS = ("", "~", "null", "Null", "NULL")


class Events:
    """The events of `text`. Every list has one element an event.

    `kinds[i]` is `=` for a scalar, `*` for an alias, `[` and `{` where a collection opens, `]` where it closes.
    `signs[i]` says all of event i that matters for the loaded data (value, tag, anchor) and nothing of its style: equal
    lists of signs load to equal data. A plain scalar's sign is its text.
    `starts[i]` and `ends[i]` are its span; the end of a block collection is that of its last leaf, since the parser
    counts the comments below as part of it. `marks[i]` is where the parser says that it begins: at its anchor or tag,
    and of a key alone at the next token. `parents[i]` is the collection it stands in (-1: none), `keys[i]` whether it
    is a key. `closes` maps the event that opens a collection to the one that closes it.
    `flow` are the collections with brackets, `opaque` the spans of the scalars that hold the text of a marker,
    `anchors` the names that are set in the last document, `aliases` maps each alias to the event that it stands for.

    Refuses (DmbError with file:line) what PyYAML cannot parse, aliases without an anchor, more than a hundred nested
    collections; `broken` makes another refusal of a cause and a line. What not every reader accepts goes to `doubt`.
    """

    def __init__(self, text: str, place: str, broken: Callable[[str, int], DmbError] | None = None) -> None:
        self.text, self.place, self._broken = text, place, broken
        self.kinds: list[str] = []
        self.signs: list[Sign] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.marks: list[int] = []
        self.parents: list[int] = []
        self.keys: list[bool] = []
        self.closes: dict[int, int] = {}
        self.flow: set[int] = set()
        self.opaque: list[marked_blocks.Span] = []
        self.anchors: dict[str, int] = {}
        self.aliases: dict[int, int] = {}
        self._marked: list[str] = []  # values of the scalars whose sign says more
        try:
            self._read()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            if mark and not text[mark.index :].strip():  # something is not closed: name where it was opened
                mark = getattr(error, "context_mark", None) or mark
            position = min(mark.index if mark else getattr(error, "position", 0), max(len(text.rstrip()) - 1, 0))
            cause = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
            raise self.refusal(f"not valid YAML: {cause}", position) from None

    def refusal(self, cause: str, position: int, remedy: str = "Correct this line, then run again.") -> DmbError:
        """A refusal that names the line of `position`."""
        line = marked_blocks.line_of(self.text, position)
        return (
            self._broken(cause, line) if self._broken else DmbError(cause, place=f"{self.place}:{line}", remedy=remedy)
        )

    def doubt(self, cause: str, position: int, remedy: str = "") -> None:
        """What YAML allows but not every reader accepts: duplicate keys, several documents, keys that are not words."""

    def _read(self) -> None:  # noqa: PLR0915
        """Fill the lists. One loop with little in it: it takes most of the time that a change of a file takes."""
        documents, parent = 0, -1
        seen: set[str] | None = None  # the keys of the innermost mapping so far; None in a list
        outer: list[set[str] | None] = []
        key = False  # whether the next event is a key
        text, kinds, signs, starts, ends = self.text, self.kinds, self.signs, self.starts, self.ends
        marks, parents, keys, marked = self.marks, self.parents, self.keys, self._marked
        next_event = Loader(text).get_event
        while (event_type := type(event := next_event())) is not yaml.StreamEndEvent:
            index = len(kinds)
            start = mark = event.start_mark.index
            end = event.end_mark.index
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
                        self.doubt(f"the key `{value}` appears twice", start)
                    seen.add(value)
                elif start == end and seen is not None and text[start - 1] != ":":
                    start = end = ends[-1]  # a key alone: the parser says that its value is at the next token
            elif event_type is yaml.MappingEndEvent or event_type is yaml.SequenceEndEvent:
                kind, sign, key = "]", CLOSE, keys[parent]
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
                    start = end - (kind == "[" and text[end : end + 1] != "-")
            elif event_type is yaml.AliasEvent:
                kind, sign = "*", ("*", event.anchor)
                if event.anchor not in self.anchors:
                    raise self.refusal(f"the alias *{event.anchor} has no anchor before it", start)
                self.aliases[index] = self.anchors[event.anchor]
            else:
                if event_type is yaml.DocumentStartEvent:
                    documents, self.anchors = documents + 1, {}
                    if documents > 1:
                        self.doubt("several YAML documents", start, "Keep one document per file.")
                continue
            if key and kind not in "=]":
                self.doubt("this key is not a plain word", start, "Write it as one word.")
            kinds.append(kind)
            signs.append(sign)
            starts.append(start)
            ends.append(end)
            marks.append(mark)
            parents.append(parent)
            keys.append(key)
            if kind in "[{":
                outer.append(seen)
                if len(outer) > DEEPEST:
                    raise self.refusal(f"more than {DEEPEST} nested lists and mappings", start)
                parent, seen, key = index, set() if kind == "{" else None, kind == "{"
            else:
                key = seen is not None and not key

    def value(self, event: int) -> str | None:
        """The text of a scalar, None of anything else."""
        sign = self.signs[event]
        if isinstance(sign, str):
            return sign
        return str(sign[4]) if sign[0] == "=" else None

    def after(self, event: int) -> int:
        """The index after the value that begins at `event`."""
        return self.closes.get(event, event) + 1
