"""What a subject says of containers: its Compose files and Dockerfiles, wherever they stand below its folder."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING

from dmb.compose.extends import family, merged
from dmb.compose.names import is_compose
from dmb.compose.service import Service, build, env_files, environment, role, words
from dmb.errors import DmbError
from dmb.formats import envfile

from ..reading.sources import Spot
from .locations import locations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dmb.formats.dockerfile import Instruction, Stage

    from ..reading.sources import Sources

_DOCKERFILE = re.compile(r"(^|/)(Dockerfile|Containerfile)(\.(?!dockerignore$)[^/]+)?$|\.[Dd]ockerfile$")
# Of tests, documents and installed packages, and templates that are not rendered yet.
_ASIDE = re.compile(r"(^|/)(tests?|fixtures|docs?|examples?|\.venv|venv|site-packages|node_modules)/|\{\{|\{%")
_WORDS = re.compile(r"[\[\]\",]")


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
        return [name for name in self._own if is_compose(name) and not _ASIDE.search(name)]

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
                return Spot.at(service.file, key)
        return Spot.at(service.file, service.node)  # brought by a merge key

    def stages(self, name: str) -> list[Stage]:
        """The stages of a Dockerfile by its path in the repository; none where it cannot be read."""
        from dmb.formats.dockerfile import stages  # not for whoever has no Dockerfile

        return stages(self._repository.dockerfile(name))

    def built_from(self, service: Service) -> tuple[str, str]:
        """(path in the repository of the Dockerfile that a service is built from, target); ("", "") where it is not
        built from one that stands there.
        """
        image = build(service)
        path = posixpath.normpath(posixpath.join(self._folder, image.dockerfile)) if image else ""
        return (path, image.target) if image and self._repository.has(path) else ("", "")

    def lineage(self, dockerfile: str, target: str = "") -> list[Stage]:
        """The stages that an image consists of, the first one made first: `target` (the last stage for "") and those
        that it is made from.
        """
        stages = self.stages(dockerfile)
        wanted = next(
            (stage for stage in stages if stage.name and stage.name == target), stages[-1] if stages else None
        )
        lineage: list[Stage] = []
        while wanted and wanted not in lineage:
            lineage.insert(0, wanted)
            before = stages[: stages.index(wanted)]
            base = wanted.base.lower()
            wanted = next((stage for stage in before if stage.name and stage.name == base), None)
        return lineage

    def family(self, service: Service) -> tuple[list[Service], bool]:
        """A service and those that it extends, the nearest first, and whether all of them can be seen."""
        return family(service, self._files.yaml)

    def may_have(self, service: Service, key: str) -> bool:
        """Whether a service has a key, itself or from one that it extends, as far as that can be seen."""
        members, seen = self.family(service)
        return not seen or merged(members).node.get(key).line > 0

    def given(self, service: Service) -> set[str] | None:
        """The variables that a service's container gets by name; None where some stand in what cannot be seen."""
        members, seen = self.family(service)
        names = set(environment(merged(members)))
        for file in (file for member in members for file in env_files(member)):
            try:
                text = self._files.text(file)
                names |= {key for _, key, _ in envfile.owned(text or "", file)}
                seen = seen and text is not None
            except DmbError:
                seen = False
        return names if seen else None

    def runs(self, service: Service) -> str:
        """The words of what a service runs, as far as its Compose file or its Dockerfile says it."""
        whole = merged(self.family(service)[0]).node
        run = f"{words(whole, 'entrypoint')} {words(whole, 'command')}".strip()
        return run or self.starts(*self.built_from(service))

    def starts(self, dockerfile: str, target: str = "") -> str:
        """The words of what an image starts; "" where nothing says it."""
        started: dict[str, str] = {}
        for stage in self.lineage(dockerfile, target) if dockerfile else ():
            for instruction in stage.instructions:
                if instruction.word in ("CMD", "ENTRYPOINT"):
                    started[instruction.word] = " ".join(_WORDS.sub(" ", instruction.rest).split())
        return " ".join(filter(None, (started.get("ENTRYPOINT"), started.get("CMD"))))

    def role(self, service: Service) -> str:
        """What a service is for: webserver, daemon, code, postgresql, mysql; "" where nothing tells."""
        known = role(service.name, self.runs(service), service.node.get("image").text)
        return known if known or service.name not in self._hosts else "code"

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
