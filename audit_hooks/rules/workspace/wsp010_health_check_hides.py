"""WSP010: a health check that always succeeds."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from ...facts.containers import spot_of
from ...judging.rule import SAFE, Rule
from ...reading.edits import Edit
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_HIDES = re.compile(r"\s*(\|\||;)\s*(exit\s+0|true|:)\s*;?\s*$")
_WRITTEN = re.compile(r"\s*(\|\||;)\s*(exit\s+0|true|:)(\s*;)?(?=\s*[\"']?\s*[\],]?\s*[\])]?\s*(#.*)?$)", re.MULTILINE)
_SERVICE = "services:\n  bar:\n    image: bar:1\n    healthcheck:\n      test: {}\n      interval: 30s\n"
_EMPTY = {"workspace.yaml": "load_from: []\n"}


class HealthCheckHides(Rule):
    """No health check ends in `|| exit 0` or `|| true`."""

    code = "WSP010"
    title = "A health check that always succeeds"
    kinds = ("module", "workspace", "repository")
    mends = SAFE
    what = "A `healthcheck` in a Compose file, or a HEALTHCHECK in a Dockerfile, that ends in `|| exit 0` or `|| true`."
    why = "It succeeds whatever it finds: what is broken counts as healthy, and what waits for it starts too early."
    remedy = "take the end off; to give a server more time, write start_period and retries"
    bad = (
        {"docker-compose.yml": _SERVICE.format('["CMD-SHELL", "pg_isready -U bar || exit 0"]'), **_EMPTY},
        {"docker-compose.yml": _SERVICE.format("curl -f http://localhost/ || true  # later"), **_EMPTY},
        {
            "Dockerfile": "FROM python:3.12\nHEALTHCHECK --interval=30s \\\n"
            "  CMD dagster api grpc-health-check -p 4000 || exit 0\n",
            "pyproject.toml": "",
        },
    )
    good = (
        {"docker-compose.yml": _SERVICE.format('["CMD-SHELL", "pg_isready -U bar"]'), **_EMPTY},
        {"docker-compose.yml": _SERVICE.format('["CMD-SHELL", "pg_isready -U bar || exit 1"]'), **_EMPTY},
        {"Dockerfile": "FROM python:3.12\nRUN rm -r /x || true\nHEALTHCHECK CMD true\n", "pyproject.toml": ""},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Every Compose file and Dockerfile."""
        for spot, owner, end in _hiding(subject):
            message = f"the health check of {owner} succeeds whatever it finds"
            yield self.diagnosis(spot, owner, message, edits=partial(_without_end, subject.files, spot, end))


def _without_end(files: Sources, spot: Spot, end: int) -> Iterator[Edit]:
    text = files.text(spot.path) or ""
    match = _WRITTEN.search(text, files.offset(spot), end if end >= 0 else len(text))
    if match:
        yield Edit(spot.path, match.start(), match.end(), "")


def _hiding(subject: Subject) -> Iterator[tuple[Spot, str, int]]:
    """(place, whose it is, where the text that holds it ends) of each such check; -1 for an end that is not known."""
    for service in subject.containers.services:
        test = service.node.get("healthcheck").get("test")
        last = (test.scalars() or [test])[-1]
        if _HIDES.search(last.text):
            yield Spot.at(service.file, last), service.name, -1
    for name in subject.containers.dockerfiles:
        for step in subject.files.dockerfile(name):
            if step.word == "HEALTHCHECK" and _HIDES.search(step.rest.rstrip("]\"' ")):
                yield spot_of(subject.files, name, step), name.rpartition("/")[2], step.end
