"""What modules meet in a workspace of containers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ...compose.services import container_names, volume_names
from .compose_project import ComposeProject
from .instance import Instance

if TYPE_CHECKING:
    from ...errors import DmbError
    from ..state.files import Files


class Surroundings(ComposeProject):
    """What modules meet in a workspace of containers, read once for all of them."""

    def __init__(self, files: Files) -> None:
        super().__init__(files)
        self.instance = Instance(self)
        self.problems: dict[str, DmbError] = {}  # what prevents adding modules, by subject
        self.notes: dict[str, None] = {}  # sentences for the user

    @functools.cached_property
    def containers(self) -> dict[str, str]:
        """The names that containers are given -> their service."""
        return container_names(self.services)

    @functools.cached_property
    def volumes(self) -> dict[str, str]:
        """The names that volumes are given -> their key."""
        return volume_names(self.root)

    @property
    def launcher(self) -> bool:
        """Whether each run has a container of its own."""
        return self.instance.launcher is not None
