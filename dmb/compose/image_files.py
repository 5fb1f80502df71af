"""Which files and variables a service's container has: by mounts, by `configs`, and by what its Dockerfile copies."""

from __future__ import annotations

import posixpath
import re
import shlex
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError
from ..formats import dockerfile, marked_blocks
from ..formats.interpolation import filled
from .service import build, mounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..formats.dockerfile import Instruction
    from ..formats.yaml_nodes import Node
    from .service import Service

_LITERAL = re.compile(r"(?<!\\)\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")


class Image(NamedTuple):
    """What a Dockerfile says of an image: its variables, its working folder, its command, what is copied where."""

    variables: Mapping[str, str]
    folder: str
    command: str
    copies: tuple[tuple[Path, str], ...]  # a file or folder of this host -> where it is in the image, in their order


NOTHING = Image({}, "/", "", ())


def image(service: Service) -> Image:
    """The image of a service as its Dockerfile says; NOTHING where that cannot be read."""
    built = build(service)
    if built is None:
        return NOTHING
    path = Path(built.dockerfile)
    try:
        text = marked_blocks.read(path)
        instructions = dockerfile.instructions(text, str(path))
    except (OSError, DmbError):
        return NOTHING
    arguments = {
        name: node.text for name, node in service.node.get("build").get("args").entries.items() if "$" not in node.text
    }
    return _image(list(_steps(instructions, built.target)), arguments, Path(built.context))


def _steps(instructions: list[Instruction], target: str) -> Iterator[Instruction]:
    """The instructions that make the stage `target`, or the last one, with those of the stages that it is from."""
    stages = dockerfile.stages(instructions)
    if not stages:
        return
    chain = [next((stage for stage in stages if target and stage.name == target), stages[-1])]
    while len(chain) < len(stages):
        base = next((stage for stage in stages if stage.name and stage.name == chain[0].base.lower()), None)
        if base is None or base in chain:
            break
        chain.insert(0, base)
    yield from (step for step in instructions if step.word == "ARG" and step.start < stages[0].instructions[0].start)
    for stage in chain:
        yield from stage.instructions


def _image(steps: list[Instruction], arguments: Mapping[str, str], context: Path) -> Image:
    values: dict[str, str] = {}
    variables: dict[str, str] = {}
    folder, command, entrypoint = "/", "", ""
    copies: list[tuple[Path, str]] = []

    def filled(text: str) -> str:
        return _LITERAL.sub(lambda match: values.get(match[1] or match[3], match[2] or ""), text)

    for step in steps:
        words = _words(step.rest)
        if step.word == "ARG":
            for name, sign, value in (word.partition("=") for word in words):
                values.setdefault(name, arguments.get(name, filled(value) if sign else ""))
        elif step.word == "ENV":
            pairs = [word.partition("=")[::2] for word in words]
            if words and "=" not in words[0]:  # ENV NAME a value
                pairs = [(words[0], " ".join(words[1:]))]
            for name, value in pairs:
                values[name] = variables[name] = filled(value)
        elif step.word == "WORKDIR":
            folder = posixpath.normpath(posixpath.join(folder, filled(step.rest.strip("\"'"))))
        elif step.word == "CMD":
            command = step.rest
        elif step.word == "ENTRYPOINT":
            entrypoint = step.rest
        elif step.word in ("COPY", "ADD"):
            copies += _copies(words, filled, folder, context)
    return Image(variables, folder, f"{entrypoint} {command}".strip(), tuple(copies))


def _words(rest: str) -> list[str]:
    try:
        return shlex.split(rest.strip("[]").replace(",", " ") if rest.startswith("[") else rest)
    except ValueError:
        return rest.split()


def _copies(words: list[str], filled: Callable[[str], str], folder: str, context: Path) -> Iterator[tuple[Path, str]]:
    """What a COPY or an ADD brings from the build's context, and where to; nothing from another stage."""
    if any(word.startswith("--from") for word in words):
        return
    *sources, target = [filled(word) for word in words if not word.startswith("--")] or [""]
    into_folder = target.endswith("/") or target in (".", "./") or len(sources) > 1
    place = posixpath.normpath(posixpath.join(folder, target))
    for source in (name.lstrip("/") for name in sources if "://" not in name):
        for path in sorted(context.glob(source)) if set("*?[") & set(source) else [context / source]:
            yield path, place if path.is_dir() or not into_folder else posixpath.join(place, path.name)


def file_at(
    service: Service, path: str, of_image: Image, root: Node, values: Mapping[str, str], folder: Path
) -> Path | Node | None:
    """What a container has at `path`: a file of this host, or the node of an inline config; None where nobody says.

    `root` is the Compose file, `folder` what its relative paths are told from, `values` fill in its variables.
    """
    for item in service.node.get("configs").items:
        name = item.text or item.get("source").text
        target = item.get("target").text or f"/{name}"
        if filled(target, values) == path:
            config = root.get("configs").get(name)
            if config.get("content").kind != "null":
                return config.get("content")
            return folder / filled(config.get("file").text, values)
    for mount in reversed(mounts(service)):
        source, below = filled(mount.source, values), _below(path, filled(mount.target, values))
        if below is not None and source.startswith((".", "/", "~")):
            found = Path(posixpath.normpath(folder / Path(source).expanduser() / below))
            if found.is_file():
                return found
    for source_path, target in reversed(of_image.copies):
        below = _below(path, target)
        if below is not None:
            found = Path(posixpath.normpath(source_path / below))
            if found.is_file():
                return found
    return None


def _below(path: str, folder: str) -> str | None:
    """The part of `path` below `folder`, "" for the same; None where it is elsewhere."""
    if not folder.startswith("/"):
        return None
    try:
        below = PurePosixPath(path).relative_to(posixpath.normpath(folder))
    except ValueError:
        return None
    return "" if str(below) == "." else str(below)
