"""What a code server shares with webserver and daemon, since it executes runs: the instance's logs and storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compose.service import mounts
from ...compose.services import services
from ...databases import SERVERS
from ...formats.yamlsplice import scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ...formats.yamlsplice import YamlFile
    from .surroundings import Surroundings

FOLDER = "/var/lib/dagster/instance"  # the logs of runs: see dagster.yaml in docker.py


def with_instance(own: YamlFile, surroundings: Surroundings, servers: Collection[str]) -> YamlFile:
    """The module's Compose file `own`, its code servers with what this workspace mounts at FOLDER and, so that it is
    stopped after the runs that write to it, with its database among what they depend on.

    A workspace that dmb made before has no such mount.
    """
    sources = {
        mount.source for service in surroundings.launching for mount in mounts(service) if mount.target == FOLDER
    }
    storages = list(_storages(surroundings))
    for name, service in services(own).items():
        if name not in servers:
            continue
        if len(sources) == 1 and FOLDER not in {mount.target for mount in mounts(service)}:
            own = _with_item(own, name, "volumes", f"{next(iter(sources))}:{FOLDER}")
        for storage in storages:
            if storage not in service.needs:
                own = _with_need(own, name, storage)
    return own


def _storages(surroundings: Surroundings) -> Iterator[str]:
    """The databases that webserver and daemon both depend on, and that depend on nothing."""
    for name, service in surroundings.services.items():
        if service.role in SERVERS and not service.needs and all(name in each.needs for each in surroundings.launching):
            yield name


def _with_item(own: YamlFile, name: str, key: str, item: str) -> YamlFile:
    """A list of a service with one more item, or with it alone; one that is written otherwise stays as it is."""
    kind = own.kind(("services", name, key))
    if kind == "list":
        return own.headed_list(("services", name, key), scalar(item))
    return own.headed(("services", name), f"{key}: [{scalar(item)}]") if kind == "absent" else own


def _with_need(own: YamlFile, name: str, needed: str) -> YamlFile:
    """A service with one more in its `depends_on`, in the form that it has."""
    path = ("services", name, "depends_on")
    if own.kind(path) == "map":
        return own.headed(path, f"{scalar(needed)}: {{condition: service_started}}")
    return _with_item(own, name, "depends_on", needed)
