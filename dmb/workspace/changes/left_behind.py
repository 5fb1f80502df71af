"""What a module has in Docker, which stays when it is removed: asked before, since its blocks say it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...formats.interpolation import resolved
from ..state.session import open_workspace
from .stored_volumes import volumes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...formats import envfile
    from ...layout import Layout


@dataclass(frozen=True)
class LeftBehind:
    """A module's services, its image ("" where it has none of its own) and its volumes, as Docker knows them."""

    services: tuple[str, ...]
    image: str
    volumes: tuple[str, ...]


def left_behind(layout: Layout, names: Sequence[str]) -> dict[str, LeftBehind]:
    """What modules of a workspace have in Docker; nothing in a local one."""
    with open_workspace(layout) as session:
        files = session.files
        if session.registry.runtime != "docker" or not files.exists(layout.compose):
            return {}
        entries = files.yaml(layout.compose).entries(("services",))
        return {
            name: LeftBehind(
                tuple(entry.key for entry in entries if entry.owner == name and entry.key),
                image_of(name, files.variables()),
                tuple(volumes_of(name, files)),
            )
            for name in names
            if name in session.registry.modules
        }


def image_of(name: str, variables: Sequence[envfile.Assignment]) -> str:
    """The image that a module's block of `.env` names, "" where it names none."""
    key = next((each.key for each in variables if each.owner == name and each.key.endswith("_IMAGE")), "")
    return resolved(variables, os.environ).get(key, "")
