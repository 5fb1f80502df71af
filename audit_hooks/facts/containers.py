"""What a subject says of containers: its Compose files and Dockerfiles, wherever they stand below its folder."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dmb.compose.services import role
from dmb.formats.yaml_nodes import NULL

from ..reading.sources import Spot
from .locations import locations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dmb.formats.dockerfile import Instruction
    from dmb.formats.yaml_nodes import Node

    from ..reading.sources import Sources

_COMPOSE = re.compile(r"(^|/)(docker-)?compose([.-][\w.-]+)?\.ya?ml$")
_DOCKERFILE = re.compile(r"(^|/)(Dockerfile|Containerfile)(\.(?!dockerignore$)[^/]+)?$|\.[Dd]ockerfile$")
# Of tests, documents and installed packages, and templates that are not rendered yet.
_ASIDE = re.compile(r"(^|/)(tests?|fixtures|docs?|examples?|\.venv|venv|site-packages|node_modules)/|\{\{|\{%")
_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_VARIABLE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE)
_WORDS = re.compile(r"[\[\]\",]")
_DEEPEST = 20  # services that extend one another


class Service(NamedTuple):
    """One service of a Compose file."""

    name: str
    node: Node
    file: str


class Stage(NamedTuple):
    """One stage of a Dockerfile: its `name` in lower case ("" for none), what it is made from, its instructions."""

    name: str
    base: str
    instructions: list[Instruction]


class Containers:
    """The services and images of a subject: `own` are the names of its files, `folder` is theirs in the repository."""

    def __init__(
        self,
        files: Sources,
        own: Sequence[str],
        *,
        repository: Sources | None = None,
        folder: str = "",
        workspace_yaml: str = "workspace.yaml",
    ) -> None:
        self._files = files
        self._own = own
        self._repository = repository or files
        self._folder = folder
        self._workspace_yaml = workspace_yaml

    @cached_property
    def compose_files(self) -> list[str]:
        """Every Compose file of the subject, those for other environments included."""
        return [name for name in self._own if _COMPOSE.search(name) and not _ASIDE.search(name)]

    @cached_property
    def services(self) -> list[Service]:
        """The services of all these files."""
        files = self._files
        return [
            Service(name, node, file)
            for file in self.compose_files
            for name, node in files.yaml(file).get("services").entries.items()
        ]

    @cached_property
    def dockerfiles(self) -> list[str]:
        """Every Dockerfile of the subject."""
        return [name for name in self._own if _DOCKERFILE.search(name) and not _ASIDE.search(name)]

    def named_at(self, service: Service) -> Spot:
        """Where a service is named."""
        for key, _ in self._files.yaml(service.file).get("services").pairs:
            if key.text == service.name:
                return Spot(service.file, key.line, key.column)
        return Spot(service.file, service.node.line, service.node.column)  # brought by a merge key

    def stages(self, name: str) -> list[Stage]:
        """The stages of a Dockerfile by its path in the repository; none where it cannot be read."""
        found: list[Stage] = []
        for instruction in self._repository.dockerfile(name):
            if instruction.word == "FROM" and (told := _FROM.match(instruction.rest)):
                found.append(Stage((told[2] or "").lower(), told[1], []))
            if found:
                found[-1].instructions.append(instruction)
        return found

    def built_from(self, service: Service) -> tuple[str, str]:
        """(path in the repository of the Dockerfile that a service is built from, target); ("", "") where it is not
        built from one that stands there.
        """
        build = service.node.get("build")
        context = build.text if build.kind == "scalar" else build.get("context").text or "."
        if build.kind == "null" or build.get("dockerfile_inline").text:
            return "", ""
        file = build.get("dockerfile").text or "Dockerfile"
        if "$" in context + file or "://" in context:
            return "", ""
        folder = posixpath.join(self._folder, posixpath.dirname(service.file), context)
        path = posixpath.normpath(posixpath.join(folder, file))
        return (path, build.get("target").text.lower()) if self._repository.has(path) else ("", "")

    def lineage(self, dockerfile: str, target: str = "") -> list[Stage]:
        """The stages that an image consists of, the first one made first: `target` (the last stage for "") and those
        that it is made from.
        """
        stages = self.stages(dockerfile)
        wanted = next(
            (stage for stage in stages if stage.name and stage.name == target), stages[-1] if stages else None
        )
        found: list[Stage] = []
        while wanted and wanted not in found:
            found.insert(0, wanted)
            before = stages[: stages.index(wanted)]
            base = wanted.base.lower()
            wanted = next((stage for stage in before if stage.name and stage.name == base), None)
        return found

    def family(self, service: Service) -> tuple[list[Service], bool]:
        """A service and those that it extends, the nearest first, and whether all of them can be seen."""
        found = [service]
        while (told := found[-1].node.get("extends")).kind != "null":
            name, beside = told.text or told.get("service").text, told.get("file").text
            folder, file = posixpath.dirname(found[-1].file), found[-1].file
            file = posixpath.normpath(posixpath.join(folder, beside)) if beside else file
            node = self._files.yaml(file).get("services").get(name)
            if len(found) == _DEEPEST or node.kind != "mapping" or any(node is one.node for one in found):
                return found, False
            found.append(Service(name, node, file))
        return found, True

    def may_have(self, service: Service, key: str) -> bool:
        """Whether a service has a key, itself or from one that it extends, as far as that can be seen."""
        family, seen = self.family(service)
        return not seen or any(one.node.get(key).line for one in family)

    def given(self, service: Service) -> set[str] | None:
        """The variables that a service's container gets by name; None where some stand in what cannot be seen."""
        family, seen = self.family(service)
        found: set[str] = set()
        for one in family:
            environment = one.node.get("environment")
            found |= {*environment.entries, *(item.text.partition("=")[0] for item in environment.items)}
            told = one.node.get("env_file")
            for node in (told, *told.items):
                if name := node.text or node.get("path").text:
                    file = posixpath.normpath(posixpath.join(posixpath.dirname(one.file), name))
                    text = self._files.text(file)
                    seen = seen and text is not None
                    found |= set(_VARIABLE.findall(text or ""))
        return found if seen else None

    def runs(self, service: Service) -> str:
        """The words of what a service runs, as far as its Compose file or its Dockerfile says it."""
        told = [one.node.entries for one in self.family(service)[0]]
        entrypoint, command = (
            " ".join(word.text for word in next((each[key] for each in told if key in each), NULL).scalars())
            for key in ("entrypoint", "command")
        )
        if entrypoint or command:
            return f"{entrypoint} {command}".strip()
        return self.starts(*self.built_from(service))

    def starts(self, dockerfile: str, target: str = "") -> str:
        """The words of what an image starts; "" where nothing says it."""
        told: dict[str, str] = {}
        for stage in self.lineage(dockerfile, target) if dockerfile else ():
            for instruction in stage.instructions:
                if instruction.word in ("CMD", "ENTRYPOINT"):
                    told[instruction.word] = " ".join(_WORDS.sub(" ", instruction.rest).split())
        return " ".join(filter(None, (told.get("ENTRYPOINT"), told.get("CMD"))))

    def role(self, service: Service) -> str:
        """What a service is for: webserver, daemon, code, postgresql, mysql; "" where nothing tells."""
        found = role(service.name, self.runs(service), service.node.get("image").text)
        return found if found or service.name not in self._hosts else "code"

    @cached_property
    def _hosts(self) -> set[str]:
        return {
            location.body.get("host").text
            for location in locations(self._files, self._workspace_yaml)
            if location.target
        }

    def code_servers(self) -> Iterator[Service]:
        """The services that hold a code location."""
        return (service for service in self.services if self.role(service) == "code")


def spot_of(files: Sources, file: str, instruction: Instruction) -> Spot:
    """Where an instruction of a Dockerfile begins."""
    text = files.text(file) or ""
    return Spot(file, text.count("\n", 0, instruction.start) + 1, 1)
