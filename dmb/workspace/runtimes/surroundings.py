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
        self.root = self.compose.root
        self.services = services(self.compose)
        # Webserver and daemon: they load code and start runs.
        self.launching = [service for service in self.services.values() if service.role in ("webserver", "daemon")]
        self.problems: dict[str, DmbError] = {}  # what prevents adding modules, by subject

    def place_of(self, service: str, key: str) -> str:
        """Where a key of a service is in the Compose file: path and line."""
        return f"{self.compose.place}:{self.compose.line(('services', service, key))}"

    @functools.cached_property
    def containers(self) -> dict[str, str]:
        """The names that containers are given -> their service."""
        return container_names(self.services)

    @functools.cached_property
    def volumes(self) -> dict[str, str]:
        """The names that volumes are given -> their key."""
        return volume_names(self.root)

    @functools.cached_property
    def launcher(self) -> bool:
        """Whether each run has a container of its own, with the variables that dagster.yaml names."""
        path = self.layout.dagster_yaml
        launcher = self.files.yaml(path).plain(("run_launcher",)) if self.files.exists(path) else None
        return isinstance(launcher, dict) and launcher.get("class") == "DockerRunLauncher"
