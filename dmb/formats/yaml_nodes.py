"""YAML as nodes with the lines that they stand on. PyYAML is imported when there is a file to read, and not before.

Made from the parser's events and not by its composer: that recurses in C, and a file that is nested deep enough brings
the process down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

_DEEPEST = 200
_NULLS = ("", "~", "null", "Null", "NULL")


class Node:
    """A mapping, a sequence, a scalar, or null.

    What one asks of another kind than it is, is empty, so that a walk needs no checks:
    `document.get("services").get("db").get("ports").items`.
    """

    __slots__ = ("column", "entries", "items", "kind", "line", "pairs", "quoted", "tag", "text")

    def __init__(
        self, kind: str = "null", line: int = 0, tag: str | None = None, text: str = "", column: int = 0
    ) -> None:
        self.kind = kind
        self.line = line  # 1-based
        self.column = column  # 1-based
        self.quoted = False
        self.tag = tag
        self.text = text  # as it is written: `22:22` is no number in base 60
        self.items: list[Node] = []
        self.pairs: list[tuple[Node, Node]] = []
        self.entries: dict[str, Node] = {}  # a mapping's values by key, those that it merges included

    def close(self) -> None:
        """Fill `entries` once all pairs are there. A merge key (`<<`) means an earlier node; own keys win."""
        for key, value in self.pairs:
            if key.text == "<<":
                for part in value.items or [value]:
                    self.entries = {**part.entries, **self.entries}
        self.entries.update({key.text: value for key, value in self.pairs if key.kind == "scalar"})

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
                waiting += reversed([value for _, value in node.pairs] + node.items)


NULL = Node()


def documents(source: Source) -> list[Node]:
    """The documents of a YAML file. DmbError with the line when it is no YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _composed(source, yaml.parse(source.text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise source.broken(f"this is no YAML: {error.problem}", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        line = source.text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise source.broken("this is no YAML: it holds a character that YAML does not allow", line) from error


def _composed(source: Source, events: Any) -> list[Node]:
    root = Node("sequence")
    open_nodes: list[Node] = [root]
    keys: list[Node | None] = [None]  # For each open mapping the key that waits for its value.
    anchors: dict[str, Node] = {}
    for event in events:
        name = type(event).__name__
        if name in ("SequenceEndEvent", "MappingEndEvent"):
            open_nodes.pop().close()
            keys.pop()
            continue
        if name == "DocumentStartEvent":
            anchors = {}
        if name not in _KINDS:
            continue
        line = event.start_mark.line + 1
        if name == "AliasEvent":
            if event.anchor not in anchors:
                raise source.broken(f"this is no YAML: found undefined alias '{event.anchor}'", line)
            node = anchors[event.anchor]
        else:
            node = _node(name, event, line)
            if event.anchor:
                anchors[event.anchor] = node
        parent, key = open_nodes[-1], keys[-1]
        if parent.kind == "sequence":
            parent.items.append(node)
        elif key is None:
            keys[-1] = node
        else:
            parent.pairs.append((key, node))
            keys[-1] = None
        if name in ("SequenceStartEvent", "MappingStartEvent"):
            open_nodes.append(node)
            keys.append(None)
            if len(open_nodes) > _DEEPEST:
                raise source.broken("this YAML is nested too deep to be read", line)
    return root.items


_KINDS = {"ScalarEvent": "scalar", "SequenceStartEvent": "sequence", "MappingStartEvent": "mapping", "AliasEvent": ""}


def _node(name: str, event: Any, line: int) -> Node:
    if name != "ScalarEvent":
        return Node(_KINDS[name], line, event.tag, "", event.start_mark.column + 1)
    # implicit[0]: written with neither quotes nor a tag.
    kind = "null" if event.implicit[0] and event.value in _NULLS else "scalar"
    node = Node(kind, line, event.tag, "" if kind == "null" else event.value, event.start_mark.column + 1)
    node.quoted = bool(event.style)
    return node
