"""What a module's services would have and services of the workspace have already: only one can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compose.published import ComposeFile
from ...compose.services import container_names, section, services, volume_names
from ...errors import DmbError
from ...formats.interpolation import resolved
from ...formats.source import Source
from ...formats.yaml_nodes import documents

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ...compose.services import Service
    from ...formats.yamlsplice import YamlFile
    from .surroundings import Surroundings


def refuse_taken(own: YamlFile, there: Surroundings, variables: Mapping[str, str], assigned: Collection[str]) -> None:
    """Refuse (DmbError) a container name, a published port or a volume's own name that the workspace has.

    `variables` are the module's in `.env`; a port that one of the `assigned` names is free.
    """
    mine = services(own)
    _refuse(own, there, "container name", container_names(mine), there.containers)
    _refuse(own, there, "name", volume_names(own.plain(())), there.volumes, "volumes")
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
        if each not in theirs or theirs[each] in section(own.plain(()), within):
            continue
        entry = next(entry for entry in there.compose.entries((within,)) if entry.key == theirs[each])
        remedy = f"give {ours[each]} another one in {own.place}:{own.line((within, ours[each]))}"
        raise DmbError(
            f"{theirs[each]} has the {what} {each} already, which {ours[each]} would have too",
            place=f"{there.compose.place}:{entry.line}",
            remedy=remedy if entry.owner else f"{remedy}; or dmb workspace adopt takes over what is there",
        )


def _asks(one: Service, assigned: Collection[str]) -> bool:
    """Whether it publishes a port that was not assigned: a parse more is needed then."""
    ports = one.definition.get("ports")
    return any(
        not any(variable in str(item) for variable in assigned) for item in (ports if isinstance(ports, list) else ())
    )


def _published(file: YamlFile, values: Mapping[str, str], names: Collection[str]) -> dict[int, str]:
    """The ports of this host that the services `names` publish."""
    source = Source(Path(file.place), file.text.replace("\r\n", "\n"))
    reader = ComposeFile(source, values, [])
    found: dict[int, str] = {}
    for document in documents(source):
        for name, node in document.get("services").entries.items():
            if name in names:
                found |= {holder.port: name for holder in reader.published_by(name, node)}
    return found
