"""What builds images here, and the commands for one image.

`RUN --mount` needs BuildKit, which a docker client reaches through the plugin buildx or, before version 23, by itself.
Such an old client knows no named build contexts: there each context is an image of its own, and the Dockerfile, given
on standard input, takes it as a stage.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DmbError
from ...formats import dockerfile, marked_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...formats.dockerfile import Instruction

SECONDS = 60  # for a question to docker
DISTRIBUTION = "/usr/bin"  # where that has its client, also where another one comes first or PATH is short
_VERSION = re.compile(r"Docker version (\d+)\.")
_NEEDS_PLUGIN = 23  # the first version of the client that builds with BuildKit through buildx alone
_NO_NAME = re.compile(r"[^a-z0-9]+")
_CONTEXT = "FROM scratch\nCOPY . /\n"


@dataclass(frozen=True)
class Recipe:
    """What an image is built from: a folder, a Dockerfile, an absolute path, and more folders by their names in it."""

    context: Path
    dockerfile: Path
    arguments: Mapping[str, str | None] = field(default_factory=dict)  # None: the environment's value
    target: str = ""
    contexts: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One command. `stdin` is what it reads: a Dockerfile, where its words say so."""

    words: tuple[str, ...]
    stdin: str = ""


@dataclass(frozen=True)
class Builder:
    """A docker client that builds with BuildKit: by its plugin buildx or, an old one, by itself."""

    docker: str
    buildx: bool

    @property
    def environment(self) -> dict[str, str]:
        """What its commands run with. An attestation would make each build a new image, also where nothing changed."""
        return {**os.environ, "DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}

    def steps(self, recipe: Recipe, tag: str, *, cache: bool = True) -> Iterator[Step]:
        """The commands that build an image and name it `tag`."""
        words = [self.docker, *(("buildx", "build", "--load") if self.buildx else ("build",)), "--progress=plain"]
        words += [] if cache else ["--no-cache"]
        options = []
        for name, value in recipe.arguments.items():
            options += ["--build-arg", name if value is None else f"{name}={value}"]
        options += ["--target", recipe.target] if recipe.target else []
        if self.buildx or not recipe.contexts:
            for name, folder in recipe.contexts.items():
                options += ["--build-context", f"{name}={folder}"]
            file = str(recipe.dockerfile)
            yield Step((*words, *options, "--tag", tag, "--file", file, str(recipe.context)))
            return
        images = {name: f"dmb-context/{_NO_NAME.sub('-', tag)}/{name}" for name in recipe.contexts}
        for name, folder in recipe.contexts.items():
            yield Step((*words, "--tag", images[name], "--file", "-", str(folder)), _CONTEXT)
        text = marked_blocks.read(recipe.dockerfile)
        stages = _with_stages(text, str(recipe.dockerfile), images)
        yield Step((*words, *options, "--tag", tag, "--file", "-", str(recipe.context)), stages)


def _with_stages(text: str, place: str, images: Mapping[str, str]) -> str:
    """A Dockerfile with a stage for each of `images` before its first one: arguments before that stay global."""
    first: Instruction | None = next(
        (instruction for instruction in dockerfile.instructions(text, place) if instruction.word == "FROM"), None
    )
    if first is None:
        raise DmbError("there is no FROM in it", place=place, remedy="restore it, or write the stage that is missing")
    stages = "".join(f"FROM {image} AS {name}\n" for name, image in images.items())
    return text[: first.start] + stages + text[first.start :]


def choose() -> Builder:
    """The first client that can: with buildx, else an old one. Raises DmbError that names the package to install."""
    clients = [str(path) for path in _clients()]
    if not clients:
        raise DmbError(
            "docker cannot be run: no docker in PATH",
            remedy="install Docker Engine and its Compose plugin, then run this again",
        )
    for client in clients:
        if _answer(client, "buildx", "version").returncode == 0:
            return Builder(client, buildx=True)
    for client in clients:
        version = _VERSION.match(_answer(client, "--version").stdout)
        if version and int(version[1]) < _NEEDS_PLUGIN:
            return Builder(client, buildx=False)
    raise DmbError(
        "docker here has no BuildKit, which the Dockerfiles need (RUN --mount): `docker buildx version` fails",
        place=clients[0],
        remedy="install the package docker-buildx-plugin (from Docker's own repository) or docker-buildx (Debian, "
        "Ubuntu, Alpine), then run this again",
    )


def _clients() -> Iterator[Path]:
    """Every docker in PATH, each once, then the distribution's."""
    seen = set()
    for folder in (*os.get_exec_path(), DISTRIBUTION):
        path = Path(folder, "docker")
        if os.access(path, os.X_OK) and path.is_file() and path.resolve() not in seen:
            seen.add(path.resolve())
            yield path


def _answer(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(words, check=False, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return subprocess.CompletedProcess(words, 1, "", "")
