"""YAML as nodes with their lines. PyYAML is imported only when there is a file to read."""

from __future__ import annotations

from bisect import bisect_right
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from . import marked_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .marked_blocks import Span
    from .source import Source
    from .yaml_events import Events

_TEXTS = (None, "tag:yaml.org,2002:str")  # tags with which a scalar is a text


class Node:
    """A scalar or null; a mapping and a sequence are subclasses. `kind` says which of the four it is.

    What a kind does not have is empty, so that a walk needs no checks:
    `document.get("services").get("db").get("ports").items`.
    """

    __slots__ = ("column", "kind", "line", "tag", "text")

    quoted = False  # a text, whatever it looks like
    items: Sequence[Node] = ()
    pairs: Sequence[tuple[Node, Node]] = ()
    entries: Mapping[str, Node] = MappingProxyType({})

    def __init__(
        self, kind: str = "null", line: int = 0, tag: str | None = None, text: str = "", column: int = 0
    ) -> None:
        self.kind = kind
        self.line = line  # 1-based
        self.column = column  # 1-based
        self.tag = tag
        self.text = text  # as it is written: `22:22` is not a base-60 number

    def get(self, key: str) -> Node:
        """The value of a key, or null."""
        return self.entries.get(key, NULL)

    def scalars(self) -> list[Node]:
        """A scalar alone, or those in a sequence."""
        return [node for node in (self, *self.items) if node.kind == "scalar"]

    def walk(self) -> Iterator[Node]:
        """This node and all below it in the document's order, keys left out; what an alias names comes once."""
        waiting, passed = [self], set[int]()
        while waiting:
            node = waiting.pop()
            if id(node) not in passed:
                passed.add(id(node))
                yield node
                waiting += reversed([*(value for _, value in node.pairs), *node.items])


class _Quoted(Node):
    """A scalar in quotes."""

    __slots__ = ()

    quoted = True


class SequenceNode(Node):
    """A list of `items`."""

    __slots__ = ("items",)

    def __init__(self, line: int, tag: str | None = None, column: int = 0) -> None:
        super().__init__("sequence", line, tag, "", column)
        self.items: list[Node] = []


class MappingNode(Node):
    """A mapping: its `pairs` as they stand, and its `entries`, values by key, those that it merges included."""

    __slots__ = ("entries", "pairs")

    def __init__(self, line: int, tag: str | None = None, column: int = 0) -> None:
        super().__init__("mapping", line, tag, "", column)
        self.pairs: list[tuple[Node, Node]] = []
        self.entries: dict[str, Node] = {}

    def close(self) -> None:
        """Fill `entries` once all pairs are there. A merge key (`<<`) means an earlier node; own keys win."""
        own = {key.text: value for key, value in self.pairs if key.kind == "scalar"}
        if "<<" in own:
            for key, value in self.pairs:
                for part in (value.items or [value]) if key.text == "<<" else ():
                    self.entries = {**part.entries, **self.entries}
            own = {**self.entries, **own}
        self.entries = own


NULL = Node()


class Documents(NamedTuple):
    """What a YAML file says: its documents, and the spans of its text in which a marker line is data."""

    roots: Sequence[Node]
    opaque: Sequence[Span]
    owners: Mapping[int, str]  # see `marked_blocks.owners`

    @property
    def first(self) -> Node:
        """The first document, null where there is none."""
        return next(iter(self.roots), NULL)


NONE = Documents((), (), {})


def read(source: Source) -> Documents:
    """The documents of a YAML file. DmbError, from the source, where it is not YAML."""
    from .yaml_events import Events

    events = Events(source.text, str(source.path), source.broken)
    owners = marked_blocks.owners(source.text, str(source.path), events.opaque)
    return Documents(nodes(events), events.opaque, owners)


def nodes(events: Events) -> list[Node]:
    """The documents as nodes, from a parse that was done."""
    from .yaml_events import NULLS

    heads = [0, *(match.end() for match in marked_blocks.EOL.finditer(events.text)), len(events.text) + 1]
    line, head, following = 1, 0, heads[1]  # where the current line begins, and the next one
    kinds, aliases = events.kinds, events.aliases
    roots: list[Node] = []
    made: list[Node] = []  # one an event
    within: list[list[Node] | MappingNode] = [roots]  # what is open: the items of a list, a mapping
    around: list[Node] | MappingNode = roots
    waiting: list[Node] = []  # the keys whose values are to come
    for index, (kind, sign, mark, is_key) in enumerate(
        zip(kinds, events.signs, events.marks, events.keys, strict=True)
    ):
        if kind == "]":
            if not isinstance(around, list):
                around.close()
            made.append(NULL)
            within.pop()
            around = within[-1]
            continue
        inner: list[Node] | MappingNode | None = None
        if kind == "*":
            node = made[aliases[index]]
        else:
            if mark >= following:
                line = bisect_right(heads, mark, line)
                head, following = heads[line - 1], heads[line]
            if isinstance(sign, str):
                node = Node("scalar", line, None, sign, mark - head + 1)
                if sign in NULLS:
                    node.kind, node.text = "null", ""
            elif kind == "=":
                node = _marked(sign, line, mark - head + 1)
            elif kind == "[":
                node = SequenceNode(line, sign[1], mark - head + 1)
                inner = node.items
            else:
                node = inner = MappingNode(line, sign[1], mark - head + 1)
        made.append(node)
        if is_key:
            waiting.append(node)
        elif isinstance(around, list):
            around.append(node)
        else:
            around.pairs.append((waiting.pop(), node))
        if inner is not None:
            within.append(inner)
            around = inner
    return roots


def _marked(sign: tuple[Any, ...], line: int, column: int) -> Node:
    """A scalar in quotes, or with a tag or an anchor."""
    from .yaml_events import NULLS

    _, tag, _, plain, text = sign
    if plain and text in NULLS:
        return Node("null", line, tag, "", column)
    return (_Quoted if not plain and tag in _TEXTS else Node)("scalar", line, tag, text, column)
