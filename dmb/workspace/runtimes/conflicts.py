"""What a module's services would have and services of the workspace have already: only one can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compose.published import PortReader
from ...compose.services import container_names, services, volume_names
from ...errors import DmbError
from ...formats.interpolation import resolved
from ...ports.sources import PortSource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ...compose.service import Service
    from ...formats.yamlsplice import YamlFile
    from .surroundings import Surroundings


def refuse_taken(own: YamlFile, there: Surroundings, variables: Mapping[str, str], assigned: Collection[str]) -> None:
    """Refuse (DmbError) a container name, a published port or a volume's own name that the workspace has.

    `variables` are the module's in `.env`; a port that one of the `assigned` names is free.
    """
    mine = services(own)
    _refuse(own, there, "container name", container_names(mine), there.containers)
    _refuse(own, there, "name", volume_names(own.root), there.volumes, "volumes")
    asking = {name for name, one in mine.items() if _asks(one, assigned)}
    if asking:
        values = {**resolved(there.files.variables(), os.environ), **variables, **os.environ}
        theirs = there.services.keys() - mine.keys()
        _refuse(own, there, "port", _published(own, values, asking), _published(there.compose, values, theirs))


def _refuse(
    own: YamlFile,
    there: Surroundings,
    what: str,
    ours: Mapping[Any, str],
    theirs: Mapping[Any, str],
    within: str = "services",
) -> None:
    """Refuse what stands in both: it maps to the key of the service, or of the volume, that has it."""
    for each in ours:
        if each not in theirs or theirs[each] in own.root.get(within).entries:
            continue
        entry = next(entry for entry in there.compose.entries((within,)) if entry.key == theirs[each])
        remedy = f"give {ours[each]} another one in {own.place}:{own.line((within, ours[each]))}"
        raise DmbError(
            f"{theirs[each]} has the {what} {each} already, which {ours[each]} would have too",
            place=f"{there.compose.place}:{entry.line}",
            remedy=remedy if entry.owner else f"{remedy}; or dmb workspace adopt takes over what is there",
        )


def _asks(one: Service, assigned: Collection[str]) -> bool:
    """Whether it publishes a port that was not assigned."""
    items = (item.entries.get("published", item).text for item in one.node.get("ports").items)
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
