"""SEC008: an image that runs Dagster as root."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.containers import spot_of
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.dockerfile import Instruction

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_RUNS = re.compile(r"\b(dagster|dagster-webserver|dagster-daemon|dagit|dg)\b")
_INSTALLS = re.compile(r"\b(dagster-webserver|dagit)\b")
# Images that leave root as their user; of others nobody can tell without pulling them.
_ROOT = re.compile(
    r"((docker\.io|ghcr\.io|public\.ecr\.aws/docker|mirror\.gcr\.io)/)?(library/)?"
    r"(python|debian|ubuntu|alpine|buildpack-deps|openjdk|eclipse-temurin|node|fedora|rockylinux|amazonlinux|"
    r"dagster/[\w-]+|astral-sh/uv|continuumio/(mini|ana)conda3?)([:@].*)?"
)
_MAKE = "RUN useradd --uid 10001 dagster\n"
_RUN = 'CMD ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", "4000", "-m", "bar_dagster"]\n'


class Root(Rule):
    """The last USER of an image that runs Dagster is not root."""

    code = "SEC008"
    title = "An image that runs Dagster as root"
    severity = "warning"
    tier = "standard"
    kinds = ("module", "workspace", "repository")
    what = (
        "A Dockerfile whose image starts `dagster`, by itself or in a Compose file, and whose last USER is root, or "
        "that sets none and is made from an image that has root (`python`, `debian`, `dagster/…` and the like). A user "
        "in a variable, `user:` in the Compose file, and other base images are not judged."
    )
    why = (
        "Whoever gets a module's code or a package of it to run a command can change all that the container has, and a "
        "hole in the kernel or a mounted folder then makes him root on the host."
    )
    remedy = "make a user and switch to it at the end: RUN useradd --uid 10001 dagster, then USER 10001"
    bad = (
        {"Dockerfile": "FROM python:3.12-slim\nRUN pip install .\n" + _RUN, "pyproject.toml": ""},
        {"Dockerfile": "FROM python:3.12-slim\n" + _MAKE + "USER dagster\nUSER root\n" + _RUN, "pyproject.toml": ""},
        {
            "Dockerfile": "FROM python:3.12-slim\nRUN pip install dagster\n",
            "docker-compose.yml": "services:\n  daemon:\n    build: .\n    command: dagster-daemon run\n",
            "workspace.yaml": "load_from: []\n",
        },
    )
    good = (
        {
            "Dockerfile": "FROM python:3.12-slim\nRUN pip install .\n" + _MAKE + "USER 10001\n" + _RUN,
            "pyproject.toml": "",
        },
        {
            "Dockerfile": "FROM python:3.12-slim AS base\nUSER nobody\nFROM base\n" + _RUN,
            "a.Dockerfile": "ARG U=dagster\nFROM python:3.12-slim\nUSER ${U}\n" + _RUN,
            "b.Dockerfile": "FROM jupyter/pyspark-notebook:2024\n" + _RUN,
            "c.Dockerfile": "FROM python:3.12-slim\nCMD python serve.py\n",
            "pyproject.toml": "",
        },
        {
            "Dockerfile": "FROM python:3.12-slim\n" + _RUN,
            "docker-compose.yml": "services:\n  bar: {build: ., user: '10001'}\n",
            "workspace.yaml": "load_from: []\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each Dockerfile by its last stage, or by the one that a service builds."""
        uses: dict[str, list[tuple[str, str, bool]]] = {}  # by Dockerfile: target, what runs, whether a user is given
        for service in subject.containers.services:
            path, target = subject.containers.built_from(service)
            given = subject.containers.may_have(service, "user")
            uses.setdefault(path, []).append((target, subject.containers.runs(service), given))
        for name in subject.containers.dockerfiles:
            path = f"{subject.folder}/{name}".lstrip("/")
            users = uses.get(path) or [("", subject.containers.starts(path), False)]
            for target, runs, given in users:
                step = None if given else self._root(subject, path, target, runs)
                if step:
                    message = "the image runs Dagster as root" + ("" if step.word == "USER" else ": it sets no USER")
                    yield self.diagnosis(spot_of(subject.files, name, step), name.rpartition("/")[2], message)
                    break

    def _root(self, subject: Subject, path: str, target: str, runs: str) -> Instruction | None:
        """The instruction that leaves root as the user of an image that runs Dagster."""
        lineage = subject.containers.lineage(path, target)
        steps = [instruction for stage in lineage for instruction in stage.instructions]
        installs = any(step.word == "RUN" and _INSTALLS.search(step.rest) for step in steps)
        if not steps or not (_RUNS.search(runs) or (installs and not runs)):
            return None
        last = next((step for step in reversed(steps) if step.word == "USER"), None)
        if last:
            return last if last.rest.partition(":")[0].strip() in ("root", "0") else None
        return lineage[-1].instructions[0] if _ROOT.fullmatch(lineage[0].base) else None
