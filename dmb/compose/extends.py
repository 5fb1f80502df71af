"""A service of a Compose file with what it takes over through `extends`, also from files beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..formats import marked_blocks
from ..formats.yamlsplice import YamlFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FARTHEST = 10  # services, one extending the next
_JOINED = ("environment", "networks", "ports", "volumes")
_OWN = ("depends_on", "extends")


def whole(one: Mapping[str, Any], others: Mapping[str, Any], folder: Path, left: int = FARTHEST) -> dict[str, Any]:
    """The service `one` of the services `others`, in a Compose file of `folder`: own values win, lists are joined.

    What stands in a file that is not there, or that a variable names, is not seen. DmbError where one is broken.
    """
    told = one.get("extends")
    told = told if isinstance(told, dict) else {"service": told}
    if told.get("file"):
        path = folder / str(told["file"])
        others, folder = _services(path), path.parent
    base = others.get(str(told.get("service")))
    if not left or not isinstance(base, dict):
        return dict(one)
    base = whole(base, others, folder, left - 1)
    found = {key: value for key, value in base.items() if key not in _OWN} | dict(one)
    for key in _JOINED:
        above, here = base.get(key), one.get(key)
        if isinstance(above, list) and isinstance(here, list):
            found[key] = [*above, *here]
        elif isinstance(above, (list, dict)) and isinstance(here, (list, dict)):
            found[key] = _mapping(above) | _mapping(here)
    return found


def _mapping(value: list[Any] | dict[str, Any]) -> dict[str, Any]:
    """A list of `NAME=VALUE`, or of names, in the other form."""
    return value if isinstance(value, dict) else dict(str(item).partition("=")[::2] for item in value)


def _services(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found = YamlFile(marked_blocks.decode(path.read_bytes(), str(path)), str(path)).plain(("services",))
    return found if isinstance(found, dict) else {}
