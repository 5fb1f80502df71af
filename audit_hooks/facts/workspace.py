"""What a folder says as a workspace, or what a module brings for one: its files, and what stands in them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dmb.compose.names import COMPOSE_FILE, COMPOSE_FILES
from dmb.compose.service import Service
from dmb.errors import DmbError
from dmb.formats import envfile, marked_blocks
from dmb.formats.interpolation import interpolate
from dmb.module import PIECES, Module

from ..reading.sources import Spot
from .locations import locations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dmb.compose.published import Published
    from dmb.formats.envfile import Assignment
    from dmb.formats.marked_blocks import Block
    from dmb.formats.yaml_nodes import Node
    from dmb.workspace.state.registry import Registry

    from ..reading.sources import Sources
    from .locations import Location

REGISTRY = ".dmb/registry.json"


class Workspace:
    """The folder of a workspace or, with `pieces`, what a module brings for one.

    `registry` is a workspace's own record, None where there is none, as in a clone of its repository. `places` are as
    in it, where there is none. What a reader refuses is noted in `files.broken`.
    """

    def __init__(self, files: Sources, places: Mapping[str, str], *, pieces: bool) -> None:
        self._files = files
        self._places = places
        self._pieces = pieces
        self.home = f"{PIECES}/" if pieces else ""  # where workspace.yaml and the rest stand

    # --- its files

    @property
    def workspace_yaml(self) -> str:
        """The file that lists the code locations."""
        return self._at("workspace.yaml")

    @property
    def dagster_yaml(self) -> str | None:
        """The instance's file; a module has none."""
        return None if self._pieces else self._at("dagster.yaml")

    @cached_property
    def compose_files(self) -> list[str]:
        """The Compose file of the workspace, or the one that a module adds to it."""
        usual = COMPOSE_FILES if self._at(COMPOSE_FILE) == f"{self.home}{COMPOSE_FILE}" else (COMPOSE_FILE,)
        return [name for name in map(self._at, usual) if self._files.has(name)][:1]

    @cached_property
    def env(self) -> str | None:
        """The file that sets variables: a commit has no `.env`, so its example speaks for it."""
        names = (".env.example",) if self._pieces else (".env", ".env.example")[: 1 + self._files.committed]
        return next((name for name in map(self._at, names) if self._files.has(name)), None)

    def _at(self, name: str) -> str:
        """The path of a file that has a usual name; the registry says where one stands that is elsewhere."""
        if self.registry:
            return self.registry.places.get(name, name)
        return self._places.get(name, f"{self.home}{name}")

    # --- its modules

    @cached_property
    def registry(self) -> Registry | None:
        """The workspace's record."""
        text = None if self._pieces or self._files.committed else self._files.text(REGISTRY)
        if text is None:
            return None
        from dmb.workspace.state.registry import Registry  # only here: a commit has none

        try:
            return Registry.parse(text.encode(), self._files.root / REGISTRY)
        except DmbError as error:
            self._files.refused(REGISTRY, error)
            return None

    @cached_property
    def members(self) -> dict[str, Module | DmbError]:
        """The modules that the registry names as their own repositories tell them now, or why they cannot be read."""
        members: dict[str, Module | DmbError] = {}
        for name, entry in (self.registry.modules if self.registry else {}).items():
            if not entry.path:
                continue  # adopted with no repository
            try:
                members[name] = Module.read(Path(entry.path))
            except DmbError as error:
                members[name] = error
        return members

    def registered(self, name: str) -> Spot:
        """Where the registry names a module."""
        text = self._files.text(REGISTRY) or ""
        at = text.find(f'"{name}": {{')
        return Spot(REGISTRY, marked_blocks.line_of(text, max(at, 0)))

    # --- what its files say

    @cached_property
    def locations(self) -> list[Location]:
        """The items of `load_from`."""
        return locations(self._files, self.workspace_yaml)

    @cached_property
    def services(self) -> list[Service]:
        """The services of the Compose files."""
        return [
            Service(service, node, name)
            for name in self.compose_files
            for service, node in self._files.yaml(name).get("services").entries.items()
        ]

    @cached_property
    def published(self) -> list[tuple[Service, list[Published]]]:
        """The services that are of no profile, each with the ports of this host that it takes. What is of different
        profiles may stand for each other.
        """
        return [
            (service, self._published_by(service))
            for service in self.services
            if service.node.get("profiles").kind == "null"
        ]

    def _published_by(self, service: Service) -> list[Published]:
        from dmb.compose.published import PortReader
        from dmb.formats.source import Source

        source = Source(self._files.root / service.file, self._files.text(service.file) or "")
        ports: list[Published] = []
        try:
            for port in PortReader(source, self.values, []).published_by(service.node):
                ports.append(port)  # noqa: PERF402 - those before one that is refused count
        except DmbError as error:
            self._files.refused(service.file, error)
        return ports

    @cached_property
    def assignments(self) -> list[Assignment]:
        """What the variables' file sets, in its order."""
        if self.env is None or (text := self._files.text(self.env)) is None:
            return []
        try:
            return list(envfile.assignments(text, self.env))
        except DmbError as error:
            self._files.refused(self.env, error)
            return []

    @cached_property
    def values(self) -> dict[str, str]:
        """The variables by name; the later of two wins."""
        return {assignment.key: assignment.value for assignment in self.assignments}

    def text(self, node: Node) -> str | None:
        """A scalar with variables put in, also for `{env: NAME}`; None when that cannot be known."""
        if variable := node.get("env").text:
            return self.values.get(variable)
        try:
            return interpolate(node.text, self.values)
        except (KeyError, ValueError):
            return None

    @cached_property
    def marked(self) -> dict[str, list[Block]]:
        """The marked blocks of every file that dmb writes to, in the order of the file."""
        names = [self.workspace_yaml, *self.compose_files, self.env, *map(self._at, ("Procfile", "Dockerfile"))]
        recorded = [
            name for entry in (self.registry.modules.values() if self.registry else ()) for name in entry.blocks
        ]
        return {
            name: self._blocks(name) for name in dict.fromkeys([*names, *recorded]) if name and self._files.has(name)
        }

    def _blocks(self, name: str) -> list[Block]:
        """The marked blocks of a file; none when it cannot be told what they are."""
        text = self._files.text(name)
        if text is None:
            return []
        try:
            if name == self._at("Dockerfile") and marked_blocks.carries_marker(text):
                from dmb.formats import dockerfile, dockerfile_sections

                # In a workspace it is one block with a section for each module.
                read = dockerfile.blocks if self._pieces else dockerfile_sections.sections
                return read(text, name)
            if name == self.env:
                return list(envfile.blocks(text, name))
            return marked_blocks.find_blocks(text, name, self._files.opaque(name))
        except DmbError as error:
            self._files.refused(name, error)
            return []
