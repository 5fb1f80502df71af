"""WSP009: a code server that nobody asks whether it serves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dmb.compose.service import LISTENS
from dmb.formats.yaml_entries import after_last

from ...judging.rule import UNSAFE, Rule
from ...reading.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.compose.service import Service

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_CHECK = (
    "healthcheck:\n"
    '  test: ["CMD", "dagster", "api", "grpc-health-check", "--port", "{port}"]\n'
    "  interval: 30s\n"
    "  timeout: 15s\n"
    "  start_period: 60s\n"
)
_SERVICE = (
    "services:\n  bar:\n    build: .\n    command: dagster api grpc -h 0.0.0.0 -p 4000 -m bar_dagster\n"
    "    restart: unless-stopped\n"
)
_IMAGE = "FROM python:3.12-slim\nRUN pip install .\n"
_EMPTY = "load_from: []\n"


class NoHealthCheck(Rule):
    """Every code server has a health check, its image's or its service's."""

    code = "WSP009"
    title = "A code server without a health check"
    severity = "warning"
    tier = "standard"
    mends = UNSAFE  # it is asked from then on, and what waits for it waits
    what = (
        "A service that runs `dagster api grpc` or `dagster code-server start` and has no `healthcheck` in the Compose "
        "file, nor its Dockerfile a HEALTHCHECK. Where the image is not built from this repository nothing is judged."
    )
    why = (
        "A server that hangs, or has not loaded its code yet, counts as running: nobody is told, nothing waits for it."
    )
    remedy = "add a healthcheck that runs dagster api grpc-health-check with the server's port"
    bad = (
        {"docker-compose.yml": _SERVICE, "Dockerfile": _IMAGE, "workspace.yaml": _EMPTY},
        {
            "docker-compose.yml": _SERVICE + "    healthcheck:\n      disable: true\n\nvolumes: {}\n",
            "Dockerfile": _IMAGE,
            "workspace.yaml": _EMPTY,
        },
    )
    good = (
        {
            "docker-compose.yml": _SERVICE + "".join(f"    {line}\n" for line in _CHECK.format(port=4000).splitlines()),
            "Dockerfile": _IMAGE,
            "workspace.yaml": _EMPTY,
        },
        {
            "docker-compose.yml": _SERVICE,
            "Dockerfile": _IMAGE + "HEALTHCHECK CMD dagster api grpc-health-check -p 4000\n",
            "workspace.yaml": _EMPTY,
        },
        {"docker-compose.yml": _SERVICE.replace("build: .", "image: bar:1"), "workspace.yaml": _EMPTY},
        {
            "docker-compose.yml": _SERVICE.replace("build: .", "build: .\n    extends: base")
            + "  base: {image: 'a:1', healthcheck: {test: [CMD, 'true']}}\n",
            "Dockerfile": _IMAGE,
            "workspace.yaml": _EMPTY,
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Only where all that a server is made of can be seen."""
        for service in subject.workspace.services:
            if _unasked(subject, service):
                message = f"the code server {service.name} has no health check"
                edits = partial(_checked, subject.files, service, subject.containers.runs(service))
                yield self.diagnosis(subject.containers.named_at(service), service.name, message, edits=edits)


def _checked(files: Sources, service: Service, words: str) -> Iterator[Edit]:
    """Dagster's own check at the end of the service, where the port is known."""
    port = LISTENS.search(words)
    if port and not service.node.get("healthcheck").line:
        block = _CHECK.format(port=port[1])
        if lines := after_last(files.text(service.file) or "", service.node, block):
            yield Edit(service.file, lines.at, lines.at, lines.text)


def _unasked(subject: Subject, service: Service) -> bool:
    if subject.containers.role(service) != "code":
        return False
    check = service.node.get("healthcheck")
    if not check.line and subject.containers.may_have(service, "healthcheck"):
        return False  # it is another service's, which this one extends
    if check.get("test").line and "NONE" not in [word.text for word in check.get("test").scalars()]:
        return False
    path, target = subject.containers.built_from(service)
    if subject.project.made and subject.repository.has(own := f"{subject.folder}/Dockerfile".lstrip("/")):
        path = own  # the pieces name its image, and do not build it
    if check.get("disable").text.lower() == "true":
        return True
    steps = [step for stage in subject.containers.lineage(path, target) for step in stage.instructions] if path else []
    image = next((step.rest for step in reversed(steps) if step.word == "HEALTHCHECK"), "NONE")
    return bool(steps) and image.strip().upper() == "NONE"
