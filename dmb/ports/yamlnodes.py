"""YAML as nodes with the lines that they stand on. PyYAML is imported when there is a file to read, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import yaml

    from .source import Source

    Node: TypeAlias = yaml.nodes.Node

_MERGED_DEEP = 20  # merge keys below merge keys; more is a loop


def documents(source: Source) -> list[Node]:
    """The documents of a YAML file. DmbError with the line when it is no YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return [node for node in yaml.compose_all(source.text, Loader=loader) if node is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise source.broken(f"this is no YAML: {error.problem}", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        line = source.text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise source.broken("this is no YAML: it holds a character that YAML does not allow", line) from error
    except RecursionError as error:
        raise source.broken("this YAML is nested too deep to be read", 1) from error


def kind(node: Node | None) -> str:
    """`mapping`, `sequence` or `scalar`; "" for no node."""
    return getattr(node, "id", "")


def mapping(node: Node | None, depth: int = 0) -> dict[str, Node]:
    """The entries of a mapping with its merge keys (`<<`) followed; its own entries win. {} for another node."""
    own: dict[str, Node] = {}
    merged: dict[str, Node] = {}
    if node is None or kind(node) != "mapping" or depth > _MERGED_DEEP:
        return own
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            for part in items(value) or [value]:
                merged = {**mapping(part, depth + 1), **merged}
        elif kind(key) == "scalar":
            own[key.value] = value
    return {**merged, **own}


def items(node: Node | None) -> list[Node]:
    """The items of a sequence; [] for another node."""
    return list(node.value) if node is not None and kind(node) == "sequence" else []


def scalar(node: Node | None) -> str | None:
    """The text of a scalar as it is written, so `22:22` is no number in base 60; None for null and for another node."""
    if node is None or kind(node) != "scalar" or node.tag == "tag:yaml.org,2002:null":
        return None
    return str(node.value)


def scalars(node: Node | None) -> list[Node]:
    """A scalar alone, or those in a sequence."""
    return [item for item in [node, *items(node)] if item is not None and kind(item) == "scalar"]


def line(node: Node) -> int:
    """The 1-based line on which a node starts."""
    return int(node.start_mark.line) + 1
