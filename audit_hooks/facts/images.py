"""The images that Compose files and Dockerfiles name, taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dmb.formats.interpolation import default_of

from ..reading.sources import Spot
from .containers import spot_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.dockerfile import Stage

    from ..reading.sources import Sources
    from .containers import Containers

_COPIED = re.compile(r"--from=(\S+)")
_NO_PULL = ("never", "build")


class Used(NamedTuple):
    """An image that is pulled: where it is named, by whom, and as what."""

    spot: Spot
    user: str
    image: str

    @property
    def digest(self) -> bool:
        """Whether it is named by its digest."""
        return "@sha256:" in self.image

    @property
    def tag(self) -> str | None:
        """Its tag, "" for none; None where a variable may hold it."""
        name = self.image.partition("@")[0].rpartition("/")[2]
        tag = name.partition(":")[2]
        default = default_of(tag)
        if default is not None:
            return default
        return None if "$" in self.image.rpartition("/")[2] or "{" in self.image else tag


def used(containers: Containers, files: Sources, folder: str) -> Iterator[Used]:
    """The images that are pulled from somewhere, each once in a file. What is built beside them is none of these: a
    service with `build`, another service that runs its image, an earlier stage of a Dockerfile, `scratch`. `folder` is
    that of the files in the repository.
    """
    services = containers.services
    built = {_plain(service.node.get("image").text) for service in services if service.node.get("build").kind != "null"}
    seen = set[tuple[str, str]]()
    for service in services:
        node = service.node.get("image")
        if node.kind != "scalar" or (service.file, node.text) in seen or _plain(node.text) in built:
            continue
        seen.add((service.file, node.text))
        if service.node.get("build").kind == "null" and service.node.get("pull_policy").text not in _NO_PULL:
            yield Used(Spot.at(service.file, node), service.name, node.text)
    for name in containers.dockerfiles:
        for image in _of_dockerfile(containers.stages(f"{folder}/{name}".lstrip("/")), files, name):
            if (name, image.image) not in seen:
                seen.add((name, image.image))
                yield image


def _of_dockerfile(stages: list[Stage], files: Sources, name: str) -> Iterator[Used]:
    file = name.rpartition("/")[2]
    known = {"scratch"}
    for number, stage in enumerate(stages):
        if stage.base.lower() not in known:
            yield Used(spot_of(files, name, stage.instructions[0]), file, stage.base)
        known |= {stage.name, str(number)} - {""}
        for instruction in stage.instructions:
            copied = _COPIED.search(instruction.rest) if instruction.word == "COPY" else None
            # A name alone may be a build context of its own.
            if copied and copied[1].lower() not in known and re.search(r"[/:]", copied[1]):
                yield Used(spot_of(files, name, instruction), file, copied[1])


def _plain(image: str) -> str:
    return image.removesuffix(":latest")
