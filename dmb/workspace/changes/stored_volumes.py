"""What a module keeps in containers, which only Docker reaches: the commands that delete it, for a person to run."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from ...compose.service import environment, mounts
from ...compose.services import external, services
from ...formats import dockerfile
from ...formats.interpolation import filled, known
from .stored_data import stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..state.files import Files

STORAGE = "DAGSTER_STORAGE_PATH"


class Mount(NamedTuple):
    """What a service has at a path: a folder of the `host`, or (None) a volume."""

    service: str
    path: str  # in the container
    host: Path | None


def commands(names: Sequence[str], files: Files, storage: Mount | None) -> list[str]:
    """What deletes the named volumes of modules, and what they have in the storage of all where that is a volume.

    Call this while the modules are still in the files; run the commands when they are removed from them.
    """
    volumes = [volume for name in names for volume in volumes_of(name, files)]
    compose = files.layout.compose_words
    lines = []
    if volumes:  # a volume that a container has cannot be deleted
        lines.append(shlex.join([*compose, "up", "--detach", "--remove-orphans"]))
        lines.append(shlex.join(["docker", "volume", "rm", *volumes]))
    if storage and storage.host is None:
        inside = [f"{storage.path}/{file_name}" for name in names for file_name in stored(name)]
        run = [*compose, "run", "--rm", "--no-deps", "--entrypoint", "rm", storage.service, "-rf", *inside]
        lines.append(shlex.join(run))
    return lines


def volumes_of(name: str, files: Files) -> list[str]:
    """The volumes in the module's block of the Compose file, as Docker knows them; not those that Compose did not make.

    Raises DmbError where the file cannot be parsed.
    """
    compose = files.layout.compose
    if not files.exists(compose):
        return []
    file = files.yaml(compose)
    defined = file.root.get("volumes")
    volumes = []
    for entry in file.entries(("volumes",)):
        if entry.owner != name or entry.key is None:
            continue
        definition = defined.get(entry.key)
        if not external(definition):
            named = definition.get("name").text
            volumes.append(_filled(named, files) if named else f"{project(files)}_{entry.key}")
    return volumes


def project(files: Files) -> str:
    """The name that Compose puts before those of volumes."""
    compose = files.layout.compose
    values = _values(files)
    named = values.get("COMPOSE_PROJECT_NAME") or files.yaml(compose).plain(("name",))
    if named:
        return _filled(str(named), files)
    return re.sub(r"[^-_a-z0-9]", "", compose.parent.name.lower()).lstrip("_-")


def storage_mount(files: Files) -> Mount | None:
    """Where webserver or daemon have the storage of all modules; None where the files do not say."""
    compose = files.layout.compose
    if not files.exists(compose):
        return None
    for service in services(files.yaml(compose)).values():
        if service.role in ("webserver", "daemon"):
            path = environment(service).get(STORAGE) or _of_image(files)
            for source, target in mounts(service) if path else ():
                if PurePosixPath(target) == PurePosixPath(path):
                    return Mount(service.name, path.rstrip("/"), _on_host(_filled(source, files), compose.parent))
    return None


def _on_host(source: str, folder: Path) -> Path | None:
    """The folder that a bind mount names; None for a volume."""
    return folder / Path(source).expanduser() if source.startswith((".", "/", "~")) else None


def _of_image(files: Files) -> str:
    """The storage that the workspace's image sets, "" where it does not."""
    path = files.layout.dockerfile
    if not files.exists(path):
        return ""
    for instruction in dockerfile.instructions(files.text(path), str(path)):
        if instruction.word == "ENV":
            for word in shlex.split(instruction.rest):
                if word.startswith(f"{STORAGE}="):
                    return word.partition("=")[2]
    return ""


def _values(files: Files) -> dict[str, str]:
    return known(files.variables(), os.environ)


def _filled(text: str, files: Files) -> str:
    """With variables put in; as written where one is not set."""
    return filled(text, _values(files))
