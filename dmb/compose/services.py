"""The services of one Compose file, each with what it extends, and the names that its containers and volumes get."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..formats import marked_blocks
from ..formats.yaml_nodes import NULL
from ..formats.yamlsplice import YamlFile
from .extends import family, merged
from .service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..formats.yaml_nodes import Node


def services(file: YamlFile) -> dict[str, Service]:
    """The services by name. What one extends in a missing file, or in one named by a variable, is not seen.

    DmbError where such a file is broken.
    """
    place = Path(file.place).as_posix()
    roots = {place: file.root}

    def read(path: str) -> Node:
        if path not in roots:
            roots[path] = _root(Path(path))
        return roots[path]

    return {
        name: merged(family(Service(name, node, place), read)[0])
        for name, node in file.root.get("services").entries.items()
        if node.kind == "mapping"
    }


def _root(path: Path) -> Node:
    if not path.is_file():
        return NULL
    return YamlFile(marked_blocks.read(path), str(path)).root


def container_names(services: Mapping[str, Service]) -> dict[str, str]:
    """The names that containers are given -> their service."""
    named = ((service.node.get("container_name").text, name) for name, service in services.items())
    return {container: name for container, name in named if container}


def volume_names(root: Node) -> dict[str, str]:
    """The names that volumes of a Compose file are given -> their key; without external ones."""
    volumes = root.get("volumes").entries
    return {node.get("name").text: key for key, node in volumes.items() if node.get("name").text and not external(node)}


def external(node: Node) -> bool:
    """Whether somebody else made a volume, or a network."""
    value = node.get("external")
    return value.kind == "mapping" or value.text.lower() not in ("", "false")
