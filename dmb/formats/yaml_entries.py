"""New entries for a YAML mapping in the style of the others: where they go, and the text to insert.

For texts without marked blocks; the caller checks the result. Workspace files are changed by `yamlsplice`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .source import offset

if TYPE_CHECKING:
    from .yaml_nodes import Node


class Insertion(NamedTuple):
    """A text to insert at an offset."""

    at: int
    text: str


def is_flow(text: str, mapping: Node) -> bool:
    """Whether a mapping that has entries is written in braces."""
    return "{" in text[_start(text, mapping) : _start(text, mapping.pairs[0][0])]


def before_first(text: str, mapping: Node, entry: str) -> Insertion:
    """One entry (`key: value`) before the first of a mapping that has some."""
    first = mapping.pairs[0][0]
    end = ", " if is_flow(text, mapping) else "\n" + " " * (first.column - 1)
    return Insertion(_start(text, first), entry + end)


def after_last(text: str, mapping: Node, block: str) -> Insertion | None:
    """The lines of `block` behind the last line of a mapping in block style; None for one in braces."""
    indent = mapping.column - 1
    start = _start(text, mapping.pairs[0][0] if mapping.pairs else mapping)
    if "{" in text[text.rfind("\n", 0, start) + 1 : start]:
        return None
    at = end = text.find("\n", start) + 1 or len(text)
    while at < len(text):
        after = text.find("\n", at) + 1 or len(text)
        line = text[at:after]
        if line.strip() and not line.lstrip().startswith("#"):
            if len(line) - len(line.lstrip()) < indent:
                break
            end = after
        at = after
    lead = "" if text[:end].endswith("\n") else "\n"
    return Insertion(end, lead + "".join(f"{' ' * indent}{line}\n" for line in block.splitlines()))


def _start(text: str, node: Node) -> int:
    return offset(text, node.line, node.column)
