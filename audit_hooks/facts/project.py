"""What a folder says as a project: its pyproject.toml, what it requires, and the manifest of a module."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from dmb.errors import DmbError, NothingToWorkOn
from dmb.module import Module

from .pyproject import setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..reading.sources import Sources
    from .requirements import Requirement


class Project:
    """The project in a folder, whose own files have the names in `own`. `is_module` is whether it is judged as one: a
    workspace and the module in its folder have one pyproject.toml, which is the module's manifest alone.
    """

    def __init__(self, files: Sources, own: Sequence[str], *, is_module: bool) -> None:
        self._files = files
        self._own = own
        self._is_module = is_module

    @property
    def pyproject(self) -> dict[str, Any]:
        """The document of its pyproject.toml; empty where there is none that can be read."""
        return self._files.toml("pyproject.toml")

    def setting(self, *keys: str) -> Any:
        """A value of pyproject.toml by its keys; None where there is none."""
        return setting(self._files, *keys)

    @cached_property
    def made(self) -> bool:
        """Whether the template made it, or someone wrote a manifest: more in [tool.dmb] than the audit's settings."""
        table = self.setting("tool", "dmb")
        return self._is_module and isinstance(table, dict) and bool(table.keys() - {"audit"})

    @cached_property
    def manifest(self) -> Module | None:
        """What a module that the template made says of itself; what is wrong in it is noted in `files.broken`."""
        if not self.made:
            return None
        try:
            return Module.from_document(self.pyproject, self._files.root)
        except NothingToWorkOn:
            return None
        except DmbError as error:
            self._files.refused("pyproject.toml", error)
            return None

    @property
    def name(self) -> str | None:
        """What it calls its code location, else itself."""
        keys = (("tool", "dg", "project", "code_location_name"), ("tool", "dmb", "name"), ("project", "name"))
        names = (self.setting(*path) for path in keys)
        return next((name for name in names if isinstance(name, str) and name), None)

    @cached_property
    def requirements(self) -> list[Requirement]:
        """What it says that it needs."""
        from .requirements import requirements

        return requirements(self._files, self._own)
