"""The Compose files of a workspace of containers, read as Compose does: as one project."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.services import services
from ...formats.interpolation import filled, known
from ...formats.yaml_nodes import MappingNode, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...compose.service import Service
    from ...formats.yamlsplice import YamlFile
    from ..state.files import Files


class ComposeProject:
    """The Compose files of a workspace as one: modules go into `compose`, the others only say what is there too."""

    def __init__(self, files: Files) -> None:
        self.files, self.layout = files, files.layout
        self.compose = files.yaml(self.layout.compose)
        self.compose_folder = self.layout.auth.parent  # what relative paths are told from
        self.others = [files.yaml(path) for path in self.layout.other_compose_files if files.exists(path)]
        self.root = _united([self.compose, *self.others])
        self.services: Mapping[str, Service] = {
            name: service for file in (*self.others, self.compose) for name, service in services(file).items()
        }
        # Webserver and daemon: they load code and start runs.
        self.launching = [service for service in self.services.values() if service.role in ("webserver", "daemon")]

    def place_of(self, service: str, key: str) -> str:
        """Where a key of a service is in the Compose file: path and line."""
        file = next(
            (file for file in (self.compose, *self.others) if service in file.root.get("services").entries),
            self.compose,
        )
        return f"{file.place}:{file.line(('services', service, key))}"

    @functools.cached_property
    def values(self) -> dict[str, str]:
        """What fills in the variables of the Compose files."""
        return known(self.files.variables(), os.environ)

    def has(self, kind: str, name: str) -> bool:
        """Whether the workspace has the network, or the volume, that a service names so."""
        return self._key(kind, name) in self.root.get(kind).entries or (kind, name) == ("networks", "default")

    def network_name(self, name: str) -> str:
        """The name of a network as Docker knows it, as text for a Compose file."""
        key = self._key("networks", name)
        node = self.root.get("networks").get(key)
        named = node.get("name").text or node.get("external").get("name").text
        if node.get("external").text.lower() == "true" and not named:
            named = key
        return named or f"${{COMPOSE_PROJECT_NAME}}_{key}"

    def volume_name(self, source: str) -> str:
        """What a mount's source is called outside of Compose: a volume as Docker knows it, a folder's full path."""
        if source.startswith((".", "~")):
            return str((self.compose_folder / Path(source).expanduser()).resolve()).replace("$", "$$")
        if source.startswith(("/", "$")):
            return source
        node = self.root.get("volumes").get(source)
        named = node.get("name").text or node.get("external").get("name").text
        if node.get("external").text.lower() == "true" and not named:
            named = source
        return named or f"${{COMPOSE_PROJECT_NAME}}_{source}"

    def _key(self, kind: str, name: str) -> str:
        """The key that a name means: Compose fills variables in where a network is used, and not in keys."""
        if "$" not in name or name in self.root.get(kind).entries:
            return name
        return filled(name, self.values)


def _united(files: list[YamlFile]) -> Node:
    """The top of several Compose files as that of one."""
    if len(files) == 1:
        return files[0].root
    root = MappingNode(1)
    for kind in ("services", "networks", "volumes", "configs", "secrets"):
        united = MappingNode(1)
        for file in reversed(files):
            united.entries.update(file.root.get(kind).entries)
        root.entries[kind] = united
    return root
