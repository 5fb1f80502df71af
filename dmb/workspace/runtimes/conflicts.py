"""What only one service can have, and a module's service and one of the workspace both would."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compose.published import PortReader
from ...compose.services import container_names, services, volume_names
from ...errors import DmbError
from ...ports.port_source import PortSource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ...compose.service import Service
    from ...formats.yamlsplice import YamlFile
    from .surroundings import Surroundings


def refuse_taken(
    own: YamlFile, surroundings: Surroundings, variables: Mapping[str, str], assigned: Collection[str]
) -> None:
    """Refuse (DmbError) a container name, a published port or a volume's own name that the workspace has.

    `variables` are the module's in `.env`; a port that one of the `assigned` names is free.
    """
    mine = services(own)
    _refuse(own, surroundings, "container name", container_names(mine), surroundings.containers)
    _refuse(own, surroundings, "name", volume_names(own.root), surroundings.volumes, "volumes")
    publishing = {name for name, service in mine.items() if _publishes_unassigned(service, assigned)}
    if publishing:
        values = {**surroundings.values, **variables, **os.environ}
        theirs = surroundings.services.keys() - mine.keys()
        _refuse(
            own,
            surroundings,
            "port",
            _published(own, values, publishing),
            {
                port: name
                for file in (*surroundings.others, surroundings.compose)
                for port, name in _published(file, values, theirs).items()
            },
        )


def _refuse(
    own: YamlFile,
    surroundings: Surroundings,
    what: str,
    ours: Mapping[Any, str],
    theirs: Mapping[Any, str],
    within: str = "services",
) -> None:
    """Refuse what both have. `ours` and `theirs` map it to the key of the service or volume that has it."""
    for value in ours:
        if value not in theirs or theirs[value] in own.root.get(within).entries:
            continue
        file, entry = next(
            (file, entry)
            for file in (surroundings.compose, *surroundings.others)
            for entry in file.entries((within,))
            if entry.key == theirs[value]
        )
        remedy = f"give {ours[value]} another one in {own.place}:{own.line((within, ours[value]))}"
        raise DmbError(
            f"{theirs[value]} already has the {what} {value}, which {ours[value]} needs too",
            place=f"{file.place}:{entry.line}",
            remedy=remedy if entry.owner else f"{remedy}; or dmb workspace adopt takes over what is there now",
        )


def _publishes_unassigned(service: Service, assigned: Collection[str]) -> bool:
    """Whether it publishes a port that was not assigned."""
    items = (item.entries.get("published", item).text for item in service.node.get("ports").items)
    return any(not any(variable in text for variable in assigned) for text in items)


def _published(file: YamlFile, values: Mapping[str, str], names: Collection[str]) -> dict[int, str]:
    """The ports of this host that the services `names` publish."""
    reader = PortReader(PortSource(Path(file.place), file.text), values, [])
    return {
        published.port: name
        for name, node in file.root.get("services").entries.items()
        if name in names
        for published in reader.published_by(node)
    }
