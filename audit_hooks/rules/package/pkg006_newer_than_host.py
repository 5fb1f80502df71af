"""PKG006: a module that asks for a newer Dagster than its workspace runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.requirements import MAIN, span
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.requirements import Span
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_IMAGE = r"(^|/)(Dockerfile|Containerfile)(\.[^/]+)?$|\.[Dd]ockerfile$"
_HOST = r"(?<![\w.-])dagster-webserver\s*(?:\[[^\]]*\])?\s*==\s*(\d+(?:\.\d+)+)"
_CORE = r"(?<![\w.-])dagster\s*(?:\[[^\]]*\])?\s*==\s*(\d+(?:\.\d+)+)"
_PROJECT = '[project]\nname = "bar"\ndependencies = ["dagster{}"]\n'
_IMAGES = "FROM python:3.12-slim\nRUN pip install dagster=={0} dagster-webserver{1} dagster-postgres\n"


class NewerThanHost(Rule):
    """No code location is newer than the webserver and the daemon that load it."""

    code = "PKG006"
    title = "A newer Dagster than the workspace runs"
    severity = "warning"
    tier = "standard"
    kinds = ("module",)
    what = (
        "A project that asks for a Dagster newer than any webserver that an image of its repository installs: "
        "`dagster-webserver==1.12.4` in a Dockerfile, `dagster>=1.13` in the project. Silent where no image pins it."
    )
    why = "A host can read what code locations of its own release or of older ones say; what newer ones say may fail."
    remedy = "raise the webserver and the daemon first, or ask for a release that they can load"
    bad = (
        {"pyproject.toml": _PROJECT.format(">=1.13,<1.14"), "host/Dockerfile": _IMAGES.format("1.12.4", "==1.12.4")},
        {"pyproject.toml": _PROJECT.format("==1.13.27"), "host/Dockerfile": _IMAGES.format("1.13.26", "")},
        {"setup.py": "setup(install_requires=['dagster==1.9.2'])\n", "Dockerfile.host": _IMAGES.format("1.8.0", "")},
    )
    good = (
        {"pyproject.toml": _PROJECT.format(">=1.12,<1.14"), "host/Dockerfile": _IMAGES.format("1.13.4", "==1.13.4")},
        {"pyproject.toml": _PROJECT.format(">=1.13,<1.14"), "host/Dockerfile": _IMAGES.format("1.13.0", "==1.13.0")},
        {
            "pyproject.toml": _PROJECT.format("==1.13.27"),
            "host/Dockerfile": _IMAGES.format("1.13.27", ""),
            "old/Dockerfile": _IMAGES.format("1.2.3", ""),
        },
        {"pyproject.toml": _PROJECT.format("==1.13.27"), "Dockerfile": "RUN pip install dagster==1.12.0\n"},
        {"pyproject.toml": _PROJECT.format(""), "host/Dockerfile": _IMAGES.format("1.12.4", "")},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The project's own requirement, once."""
        for core in subject.project.requirements:
            if core.name != "dagster" or core.place not in (MAIN, "requirements.txt"):
                continue
            if core.span and core.span.low != (0,):
                hosts = _hosts(subject.repository)
                if hosts and all(host.high <= core.span.low for _, host in hosts):
                    newest, _ = max(hosts, key=lambda host: host[1].low)
                    message = f"dagster{core.rest} is newer than the webserver of the repository, {newest}"
                    yield self.diagnosis(core.spot, "dagster", message)
                return


def _hosts(repository: Sources) -> list[tuple[str, Span]]:
    """The version of the webserver in each image of the repository that pins it."""
    hosts = []
    for name in repository.names:
        if re.search(_IMAGE, name):
            text = repository.glance(name)
            if "dagster-webserver" in text and (match := re.search(_HOST, text) or re.search(_CORE, text)):
                allowed = span(f"=={match[1]}")
                hosts += [(match[1], allowed)] if allowed else []
    return hosts
