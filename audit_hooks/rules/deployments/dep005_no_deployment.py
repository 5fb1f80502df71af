"""DEP005: a module that nobody can deploy by what is in its repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.deployment_files import deployments, pipelines
from ...judging.rule import Rule
from ...reading.sources import Spot
from ..examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_MODULE = {"pyproject.toml": MANIFEST}


class NoDeployment(Rule):
    """How a module is deployed stands in its repository."""

    code = "DEP005"
    title = "No deployment"
    severity = "info"
    tier = "standard"
    made = True
    advises = True
    kinds = ("module",)
    what = (
        "A module with no folder of deployments (`deploy/`, `helm/`, `k8s/`), no dagster_cloud.yaml, and no pipeline "
        "or script that deploys."
    )
    why = "How it gets to where it runs is known to one person, and done by hand a little differently each time."
    remedy = "keep it in the repository: a script and its settings in deploy/<name>/, or a pipeline that deploys"
    bad = (_MODULE, {**_MODULE, ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n      - run: pytest\n"})
    good = (
        {**_MODULE, "deploy/production/deploy.sh": "#!/bin/sh\n"},
        {**_MODULE, ".github/workflows/ci.yml": "jobs:\n  deploy:\n    steps:\n      - run: make ship\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding where nothing deploys; what stands at the top of the repository counts."""
        files = subject.repository
        if deployments(files.names) or any("deploy" in files.glance(name) for name in pipelines(files.names)):
            return
        yield self.diagnosis(Spot("pyproject.toml"), subject.name, "nothing here says how it is deployed")
