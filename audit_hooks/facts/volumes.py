"""What is mounted into containers, and which folders are no place to keep anything in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dmb.compose.service import mount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dmb.compose.service import Service
    from dmb.formats.yaml_nodes import Node

    from ..reading.sources import Sources

SHARED = re.compile(r"(/tmp|/var/tmp|/dev/shm)(/|$)")  # every user of a machine can write there


def instances(repository: Sources) -> Iterator[Node]:
    """The files dagster.yaml of a repository."""
    for name in repository.names:
        if name.rpartition("/")[2] == "dagster.yaml":
            yield repository.yaml(name)


def mounted(repository: Sources, services: Iterable[Service]) -> set[str]:
    """The folders in containers that are volumes, by the services and the launchers of a whole repository."""
    lists = [service.node.get("volumes") for service in services]
    lists += [
        instance.get("run_launcher").get("config").get("container_kwargs").get("volumes")
        for instance in instances(repository)
    ]
    return {target for volumes in lists for target in targets(volumes)}


def targets(volumes: Node) -> Iterator[str]:
    """The folders in the container that a list of volumes of a Compose file names."""
    for volume in volumes.items:
        yield mount(volume).target


def below(path: str, folders: set[str]) -> bool:
    """Whether a path is one of these folders or in one; a folder that a variable names may hold any."""
    return any(
        folder and ("$" in folder or path == folder or path.startswith(f"{folder.rstrip('/')}/")) for folder in folders
    )
