"""One parse of a YAML file that will be changed: where the value at a path is, and what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import DmbError
from .. import marked_blocks
from ..yaml_events import NULLS, Events

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


class Tree(Events):
    """The events of the one document in `text`, checked.

    Refuses (DmbError with file:line) what Events does, and several documents, duplicate keys, non-scalar keys.
    """

    def __init__(self, text: str, place: str) -> None:
        if (at := text.find(marked_blocks.BOM)) >= 0:  # PyYAML's two parsers read it differently
            line = marked_blocks.line_of(text, at)
            raise DmbError("a byte order mark inside the text", place=f"{place}:{line}", remedy="Delete it.")
        super().__init__(text, place)

    def doubt(self, cause: str, position: int, remedy: str = "Correct this line, then run again.") -> None:
        """Refuse: nothing is changed in a file that some readers read differently."""
        raise self.refusal(cause, position, remedy)

    def says(self, words: Collection[str]) -> bool:
        """Whether any scalar is one of the `words`."""
        wanted = frozenset(words)
        return not (wanted.isdisjoint(self.signs) and wanted.isdisjoint(self._marked))

    def children(self, event: int) -> Iterator[tuple[int, int]]:
        """(first event, event of the value) of each entry of the collection that opens at `event`."""
        at, end = event + 1, self.closes.get(event, 0)
        while at < end:
            value = at + 1 if self.keys[at] else at
            yield at, value
            at = self.after(value)

    def find(self, path: Sequence[str]) -> tuple[int, int]:
        """(event, how many names of `path` lead to it): the value at `path`, or its nearest existing ancestor."""
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
            return "empty" if self.signs[event] in NULLS else "scalar"
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
                raise self.refusal("this alias is inside the value it refers to", self.starts[event])
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
