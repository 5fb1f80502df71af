"""What is judged: a Dagster project (a module), the folder of a workspace, or what stands around both."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dmb.compose.names import COMPOSE_FILE, COMPOSE_FILES
from dmb.compose.service import Service
from dmb.errors import DmbError, NothingToWorkOn
from dmb.formats import envfile, marked_blocks
from dmb.formats.interpolation import interpolate
from dmb.module import Module

from ..facts.containers import Containers
from ..facts.locations import locations
from ..facts.package import Package
from ..facts.pyproject import setting
from ..reading.sources import Sources, Spot

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dmb.formats.envfile import Assignment
    from dmb.formats.marked_blocks import Block
    from dmb.formats.yaml_nodes import Node
    from dmb.workspace.state.registry import Registry

    from ..facts.locations import Location
    from ..facts.requirements import Requirement

PIECES = "workspace/local"  # in a module repository
REGISTRY = ".dmb/registry.json"


class Subject:
    """What rules judge: the files of one folder, read when a rule asks.

    `kind` is "module" for a Dagster project (one that the template made has a manifest in `module`), "workspace" for
    the folder of a workspace.yaml, "repository" for the root of a repository that holds these in folders of their own.
    `registry` is a workspace's own record, None where there is none, as in a clone of its repository. `repository` are
    the files of the whole repository and `folder` is this subject's there; folders in `nested` are other subjects'.
    """

    def __init__(
        self,
        kind: Literal["workspace", "module", "repository"],
        files: Sources,
        places: Mapping[str, str] | None = None,
        *,
        repository: Sources | None = None,
        folder: str = "",
        nested: Collection[str] = (),
    ) -> None:
        self.kind = kind
        self.places = places or {}  # as in Registry, where there is none
        self.files = files
        self.repository = repository or files
        self.folder = folder
        self.nested = nested
        self.root = files.root
        self.home = f"{PIECES}/" if kind == "module" else ""  # where workspace.yaml and the rest stand

    @cached_property
    def own(self) -> list[str]:
        """The names of its files, sorted; those in the folder of another subject are not its own."""
        heads = tuple(f"{name}/" for name in self.nested)
        return [name for name in self.files.names if not name.startswith(heads)] if heads else self.files.names

    @cached_property
    def own_set(self) -> frozenset[str]:
        """The same, to look one up."""
        return frozenset(self.own)

    def over(self, texts: Mapping[str, str]) -> Subject:
        """The same subject as it would be with other texts in some files."""
        files = self.files.over(texts)
        return Subject(
            self.kind, files, self.places, repository=self.repository, folder=self.folder, nested=self.nested
        )

    # --- a project

    @property
    def pyproject(self) -> dict[str, Any]:
        """The document of its pyproject.toml; empty where there is none that can be read."""
        return self.files.toml("pyproject.toml")

    def setting(self, *keys: str) -> Any:
        """A value of pyproject.toml by its keys; None where there is none."""
        return setting(self.files, *keys)

    @cached_property
    def made(self) -> bool:
        """Whether the template made it, or someone wrote a manifest: more in [tool.dmb] than the audit's settings."""
        table = self.setting("tool", "dmb")
        return self.kind == "module" and isinstance(table, dict) and bool(table.keys() - {"audit"})

    @cached_property
    def name(self) -> str:
        """How people call it: its code location, else its project, else its folder."""
        named = (("tool", "dg", "project", "code_location_name"), ("tool", "dmb", "name"), ("project", "name"))
        told = (self.setting(*keys) for keys in named) if self.kind == "module" else ()
        return next((name for name in told if isinstance(name, str) and name), self.root.name)

    @cached_property
    def package(self) -> Package:
        """Its Python code."""
        return Package(self.files, self.own)

    @cached_property
    def requirements(self) -> list[Requirement]:
        """What it says that it needs."""
        from ..facts.requirements import requirements

        return requirements(self.files, self.own)

    @cached_property
    def containers(self) -> Containers:
        """Its Compose files and Dockerfiles."""
        return Containers(
            self.files,
            self.own,
            repository=self.repository,
            folder=self.folder,
            workspace_yaml=self.workspace_yaml,
        )

    # --- the files

    @property
    def workspace_yaml(self) -> str:
        """The file that lists the code locations."""
        return self._at("workspace.yaml")

    @property
    def dagster_yaml(self) -> str | None:
        """The instance's file; a module has none."""
        return None if self.kind == "module" else self._at("dagster.yaml")

    @cached_property
    def compose_files(self) -> list[str]:
        """The Compose file of the workspace, or the one that a module adds to it."""
        usual = COMPOSE_FILES if self._at(COMPOSE_FILE) == f"{self.home}{COMPOSE_FILE}" else (COMPOSE_FILE,)
        return [name for name in map(self._at, usual) if self.files.has(name)][:1]

    def _at(self, name: str) -> str:
        """The path of a file that has a usual name; the registry says where one stands that is elsewhere."""
        if self.registry:
            return self.registry.places.get(name, name)
        return self.places.get(name, f"{self.home}{name}")

    @cached_property
    def env(self) -> str | None:
        """The file that sets variables: a commit has no `.env`, so its example speaks for it."""
        names = (".env.example",) if self.kind == "module" else (".env", ".env.example")[: 1 + self.files.committed]
        return next((name for name in map(self._at, names) if self.files.has(name)), None)

    # --- what they say

    @cached_property
    def module(self) -> Module | None:
        """The manifest of a module that the template made."""
        if not self.made:
            return None
        try:
            return Module.from_document(self.pyproject, self.root)
        except NothingToWorkOn:
            return None
        except DmbError as error:
            self.files.refused("pyproject.toml", error)
            return None

    @cached_property
    def registry(self) -> Registry | None:
        """The workspace's record."""
        text = None if self.kind == "module" or self.files.committed else self.files.text(REGISTRY)
        if text is None:
            return None
        from dmb.workspace.state.registry import Registry  # only here: a commit has none

        try:
            return Registry.parse(text.encode(), self.root / REGISTRY)
        except DmbError as error:
            self.files.refused(REGISTRY, error)
            return None

    @cached_property
    def members(self) -> dict[str, Module | DmbError]:
        """The modules that the registry names as their own repositories tell them now, or why they cannot be read."""
        found: dict[str, Module | DmbError] = {}
        for name, entry in (self.registry.modules if self.registry else {}).items():
            if not entry.path:
                continue  # adopted with no repository
            try:
                found[name] = Module.read(Path(entry.path))
            except DmbError as error:
                found[name] = error
        return found

    def registered(self, name: str) -> Spot:
        """Where the registry names a module."""
        text = self.files.text(REGISTRY) or ""
        at = text.find(f'"{name}": {{')
        return Spot(REGISTRY, marked_blocks.line_of(text, max(at, 0)))

    @cached_property
    def locations(self) -> list[Location]:
        """The items of `load_from`."""
        return locations(self.files, self.workspace_yaml)

    @cached_property
    def services(self) -> list[Service]:
        """The services of the Compose files."""
        return [
            Service(service, node, name)
            for name in self.compose_files
            for service, node in self.files.yaml(name).get("services").entries.items()
        ]

    @cached_property
    def assignments(self) -> list[Assignment]:
        """What the variables' file sets, in its order."""
        if self.env is None or (text := self.files.text(self.env)) is None:
            return []
        try:
            return list(envfile.assignments(text, self.env))
        except DmbError as error:
            self.files.refused(self.env, error)
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

    def blocks(self, name: str) -> list[Block]:
        """The marked blocks of a file in its order; none when it cannot be told what they are."""
        text = self.files.text(name)
        if text is None:
            return []
        try:
            if name == self._at("Dockerfile") and marked_blocks.carries_marker(text):
                from dmb.formats import dockerfile, dockerfile_sections

                # In a workspace it is one block with a section for each module.
                read = dockerfile_sections.sections if self.kind == "workspace" else dockerfile.blocks
                return read(text, name)
            if name == self.env:
                return list(envfile.blocks(text, name))
            return marked_blocks.find_blocks(text, name, self.files.opaque(name))
        except DmbError as error:
            self.files.refused(name, error)
            return []

    @cached_property
    def marked(self) -> dict[str, list[Block]]:
        """The blocks of every file of a workspace that dmb writes to."""
        names = [self.workspace_yaml, *self.compose_files, self.env, *map(self._at, ("Procfile", "Dockerfile"))]
        recorded = [
            name for entry in (self.registry.modules.values() if self.registry else ()) for name in entry.blocks
        ]
        return {name: self.blocks(name) for name in dict.fromkeys([*names, *recorded]) if name and self.files.has(name)}

    def at(self, name: str, node: Node) -> Spot:
        """The place of a node of a YAML file."""
        return Spot(name, node.line, node.column)

    @cached_property
    def yaml_files(self) -> list[str]:
        """The YAML files that Dagster and Compose read."""
        names = [self.workspace_yaml, *self.compose_files, self.dagster_yaml, *self.containers.compose_files]
        return [name for name in dict.fromkeys(filter(None, names)) if self.files.text(name) is not None]

    def read_all(self) -> frozenset[str]:
        """Read and parse what Dagster, Compose and dmb read, so that `files.broken` tells all of it; the names."""
        _ = self.pyproject, self.module, self.registry, self.assignments, self.package.files
        for name in self.yaml_files:
            self.files.yaml(name)
        for name in self.containers.dockerfiles:
            self.files.dockerfile(name)
        clouds = [name for name in self.own if name.rpartition("/")[2] in ("dagster_cloud.yaml", "dagster_cloud.yml")]
        for name in clouds:
            if "{{" not in (text := self.files.text(name) or "") and "{%" not in text:
                self.files.yaml(name)
        tables = ("pyproject.toml", "dg.toml")
        for name in tables:
            self.files.toml(name)
        sources = [*tables, *self.yaml_files, *clouds, *self.containers.dockerfiles, *self.package.names]
        return frozenset((REGISTRY, *filter(None, [self.env]), *self.marked, *sources))
