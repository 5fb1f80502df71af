"""What is judged: a Dagster project (a module), the folder of a workspace, or what stands around both."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..facts.containers import Containers
from ..facts.package import Package
from ..facts.project import Project
from ..facts.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..reading.sources import Sources
    from .verdict import Kind


class Subject:
    """What rules judge: the files of one folder, and what they say as seen from four sides, read when a rule asks.

    `kind` is "module" for a Dagster project (one that the template made has a manifest), "workspace" for the folder of
    a workspace.yaml, "repository" for the root of a repository that holds these in folders of their own. `places` says
    where a workspace's files stand that are elsewhere. `repository` are the files of the whole repository and `folder`
    is this subject's there; folders in `nested` are other subjects'.
    """

    def __init__(
        self,
        kind: Kind,
        files: Sources,
        places: Mapping[str, str] | None = None,
        *,
        repository: Sources | None = None,
        folder: str = "",
        nested: Collection[str] = (),
    ) -> None:
        self.kind = kind
        self.files = files
        self.root = files.root
        self.repository = repository or files
        self.folder = folder
        self.nested = nested
        self._places = places or {}

    @cached_property
    def own(self) -> list[str]:
        """The names of its files, sorted; those in the folder of another subject are not its own."""
        heads = tuple(f"{name}/" for name in self.nested)
        return [name for name in self.files.names if not name.startswith(heads)] if heads else self.files.names

    @property
    def name(self) -> str:
        """How people call it: its code location, else its project, else its folder."""
        return (self.project.name if self.kind == "module" else None) or self.root.name

    @cached_property
    def project(self) -> Project:
        """Its pyproject.toml, what it requires, its manifest."""
        return Project(self.files, self.own, is_module=self.kind == "module")

    @cached_property
    def package(self) -> Package:
        """Its Python code."""
        return Package(self.files, self.own)

    @cached_property
    def workspace(self) -> Workspace:
        """What it says as a workspace, or what it brings for one: code locations, services, variables, the registry."""
        return Workspace(self.files, self._places, pieces=self.kind == "module")

    @cached_property
    def containers(self) -> Containers:
        """Its Compose files and Dockerfiles, wherever they stand."""
        return Containers(
            self.files,
            self.own,
            repository=self.repository,
            folder=self.folder,
            workspace_yaml=self.workspace.workspace_yaml,
        )

    def over(self, texts: Mapping[str, str]) -> Subject:
        """The same subject as it would be with other texts in some files."""
        files = self.files.over(texts)
        return Subject(
            self.kind, files, self._places, repository=self.repository, folder=self.folder, nested=self.nested
        )
