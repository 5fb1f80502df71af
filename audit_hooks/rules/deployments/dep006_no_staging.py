"""DEP006: a production that every change meets first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.deployment_files import deployments, pipelines
from ...judging.rule import Rule
from ...reading.sources import Spot
from ..examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_PRODUCTION = {"prod", "production", "live"}
_BEFORE = {"staging", "stage", "stg", "test", "qa", "uat", "dev", "development", "preprod", "preview", "branch"}
_MODULE = {"pyproject.toml": MANIFEST, "deploy/production/deploy.sh": "#!/bin/sh\n"}


class NoStaging(Rule):
    """Beside production there is a place where a change is tried first."""

    code = "DEP006"
    title = "A production with no staging beside it"
    severity = "info"
    tier = "enterprise"
    confidence = "medium"
    made = True
    advises = True
    kinds = ("module",)
    what = (
        "A deployment named prod, production or live, by its folder, its file or the `environment` of a pipeline, and "
        "none named staging, test, qa, uat, dev, preview or the like."
    )
    why = "A change of data, of a schema or of a schedule meets the real tables first."
    remedy = "add one that is deployed first and has a database of its own: deploy/staging/ beside deploy/production/"
    bad = (
        _MODULE,
        {
            "pyproject.toml": MANIFEST,
            ".github/workflows/ci.yml": "jobs:\n  deploy:\n    environment:\n      name: production\n",
        },
    )
    good = (
        {**_MODULE, "deploy/staging/deploy.sh": "#!/bin/sh\n"},
        {"pyproject.toml": MANIFEST, "deploy/bar/deploy.sh": "#!/bin/sh\n"},
        {"pyproject.toml": MANIFEST},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding, at the production."""
        named = dict(_named(subject.repository))
        production = next((name for name in named if name in _PRODUCTION), None)
        if production and not named.keys() & _BEFORE:
            path = named[production]
            own = path.removeprefix(f"{subject.folder}/") if subject.folder else path
            spot = Spot(own if own in subject.package.own_set else "pyproject.toml")
            yield self.diagnosis(spot, production, f"there is a deployment {production}, and none to try a change in")


def _named(files: Sources) -> Iterator[tuple[str, str]]:
    """(word, path) of each word in the names of deployments and of the environments in pipelines."""
    for name in deployments(files.names):
        for word in re.findall(r"[a-z]+", name.lower()):
            yield word, name
    for name in pipelines(files.names):
        for environment in re.findall(r"\benvironment:\s*(?:name:\s*)?[\"']?([\w-]+)", files.glance(name)):
            for word in re.findall(r"[a-z]+", environment.lower()):
                yield word, name
