"""A service of a Compose file with what it takes over through `extends`, also from other files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..formats.yaml_nodes import MappingNode, Node, SequenceNode
from .service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FARTHEST = 20  # services, one extending the next
_JOINED = ("environment", "networks", "ports", "volumes")
_OWN = ("depends_on", "extends")


def family(service: Service, read: Callable[[str], Node]) -> tuple[list[Service], bool]:
    """A service and those that it extends, the nearest first, and whether all of them can be seen.

    `read` gives what the Compose file at a path says, null where there is none.
    """
    members = [service]
    while (extends := members[-1].node.get("extends")).kind != "null":
        name, beside = extends.text or extends.get("service").text, extends.get("file").text
        file = members[-1].file
        if beside:
            file = posixpath.normpath(posixpath.join(posixpath.dirname(file), beside))
        node = read(file).get("services").get(name)
        if len(members) == FARTHEST or node.kind != "mapping" or any(node is member.node for member in members):
            return members, False
        members.append(Service(name, node, file))
    return members, True


def merged(members: Sequence[Service]) -> Service:
    """What Compose makes of a `family`: own values win, lists are joined."""
    node = members[-1].node
    for member in reversed(members[:-1]):
        node = _over(member.node, node)
    return members[0]._replace(node=node)


def _over(own: Node, base: Node) -> Node:
    both = MappingNode(own.line, own.tag, own.column)
    both.pairs = list(own.pairs)
    both.entries = {key: value for key, value in base.entries.items() if key not in _OWN}
    both.entries |= own.entries
    for key in _JOINED:
        above, here = base.get(key), own.get(key)
        if {above.kind, here.kind} <= {"sequence", "mapping"}:
            both.entries[key] = _joined(above, here)
    return both


def _joined(above: Node, here: Node) -> Node:
    if above.kind == here.kind == "sequence":
        both = SequenceNode(here.line, here.tag, here.column)
        both.items = [*above.items, *here.items]
        return both
    joined = MappingNode(here.line, here.tag, here.column)
    joined.entries = _mapping(above) | _mapping(here)
    return joined


def _mapping(node: Node) -> dict[str, Node]:
    """A list of `NAME=VALUE`, or of names, in the other form."""
    entries = dict(node.entries)
    for item in node.items:
        name, _, value = item.text.partition("=")
        entries[name] = Node("scalar", item.line, None, value, item.column)
    return entries
