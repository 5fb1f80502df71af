"""WSP012: a DAGSTER_HOME that Dagster refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dmb.errors import DmbError
from dmb.formats import envfile

from ...facts.containers import spot_of
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_FILES = re.compile(r"(^|/)\.env(\.[^/]+)?$")
_RELATIVE = re.compile(r"\.{1,2}|(?!/|~)[\w.-]*(/[\w.-]+)*/?")


class RelativeHome(Rule):
    """DAGSTER_HOME is an absolute path wherever it is set."""

    code = "WSP012"
    title = "A DAGSTER_HOME that is not absolute"
    kinds = ("module", "workspace", "repository")
    what = (
        "A relative path for `DAGSTER_HOME` in a `.env` or an example of one, in the `environment` of a Compose "
        "service or in ENV of a Dockerfile. `~` is taken; a value with a variable in it is not judged."
    )
    why = (
        "Every command of Dagster ends with an error. Where none is set, runs are kept in a folder that is thrown away."
    )
    remedy = "write an absolute path; for one that differs by machine, leave it out of .env and export it"
    bad = (
        {".env.example": "DAGSTER_HOME=.dagster_home\n", "pyproject.toml": ""},
        {
            "docker-compose.yml": "services:\n  web:\n    image: dagster:1\n    environment: {DAGSTER_HOME: ./home}\n",
            "workspace.yaml": "load_from: []\n",
        },
        {"Dockerfile": "FROM python:3.12-slim\nENV DAGSTER_HOME=dagster_home A=1\n", "pyproject.toml": ""},
    )
    good = (
        {".env.example": "DAGSTER_HOME=/srv/dagster\n#DAGSTER_HOME=home\n", "pyproject.toml": ""},
        {
            ".env": "DAGSTER_HOME=~/dagster\n",
            "docker-compose.yml": "services:\n  web:\n    image: dagster:1\n"
            "    environment: ['DAGSTER_HOME=$HOME/x']\n",
            "workspace.yaml": "load_from: []\n",
        },
        {".env.example": "DAGSTER_HOME=<an absolute path>\nDAGSTER_HOME=\n", "pyproject.toml": ""},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Every file that sets it."""
        for spot, value in _set(subject):
            if value and _RELATIVE.fullmatch(value):
                message = f"DAGSTER_HOME is {value}, and Dagster takes no relative path"
                yield self.diagnosis(spot, "DAGSTER_HOME", message)


def _set(subject: Subject) -> Iterator[tuple[Spot, str]]:
    for name in subject.own:
        if _FILES.search(name) and "DAGSTER_HOME" in (text := subject.files.text(name) or ""):
            try:
                variables = envfile.assignments(text, name)
            except DmbError:
                continue  # WSP013 tells it
            yield from ((Spot(name, item.line, 1), item.value) for item in variables if item.key == "DAGSTER_HOME")
    for service in subject.containers.services:
        environment = service.node.get("environment")
        if (node := environment.get("DAGSTER_HOME")).line:
            yield Spot.at(service.file, node), node.text
        for item in environment.items:
            if item.text.startswith("DAGSTER_HOME="):
                yield Spot.at(service.file, item), item.text.partition("=")[2]
    for name in subject.containers.dockerfiles:
        for step in subject.files.dockerfile(name):
            home = re.search(r"(?:^|\s)DAGSTER_HOME[= ]([^\s]+)", step.rest) if step.word == "ENV" else None
            if home:
                yield spot_of(subject.files, name, step), home[1].strip("\"'")
