"""What modules meet in a workspace of containers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ...compose.services import container_names, services, volume_names

if TYPE_CHECKING:
    from ...errors import DmbError
    from ..state.files import Files


class Surroundings:
    """What modules meet in a workspace of containers, read once for all of them."""

    def __init__(self, files: Files) -> None:
        self.files, self.layout = files, files.layout
        self.compose = files.yaml(self.layout.compose)
        self.whole = self.compose.root
        self.services = services(self.compose)
        # What loads code and starts runs.
        self.launching = [one for one in self.services.values() if one.role in ("webserver", "daemon")]
        self.problems: dict[str, DmbError] = {}  # what is in the way of modules, by what it is about

    @functools.cached_property
    def containers(self) -> dict[str, str]:
        """The names that containers are given -> their service."""
        return container_names(self.services)

    @functools.cached_property
    def volumes(self) -> dict[str, str]:
        """The names that volumes are given -> their key."""
        return volume_names(self.whole)

    @functools.cached_property
    def launcher(self) -> bool:
        """Whether each run has a container of its own, with the variables that dagster.yaml names."""
        path = self.layout.dagster_yaml
        launcher = self.files.yaml(path).plain(("run_launcher",)) if self.files.exists(path) else None
        return isinstance(launcher, dict) and launcher.get("class") == "DockerRunLauncher"
