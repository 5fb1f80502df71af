"""DEP002: a deployment that nobody has filled in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...facts.deployment_files import deployments, lines
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_HINTS = ("example.", "change", "replace", "your")
_LEFT = (
    r"(?<![\w.-])(?:[\w-]+\.)*example\.(?:com|org|net)\b(?!\.)"
    r"|\b(?:CHANGE|REPLACE)[_-]?(?:ME|THIS)\b|\b(?:change|replace)[_-]me\b|\bchangeme\b"
    r"|<your[-_ ][\w -]{1,40}>|\byour-(?:registry|org|project|host|server|bucket|account|cluster|domain)(?:-\w+)*\b"
    r"|\bYOUR_[A-Z]{3,}(?:_[A-Z]+)*\b"
)
_MAIL = re.compile(r"e?mail|author|maintainer|contact|owner", re.IGNORECASE)
_FILLED = re.compile(r"\b(sed|envsubst|grep|awk|perl)\b|replace\(|[=!]=|\[\[? ")  # the line looks for it itself


class Placeholder(Rule):
    """A deployment names its own hosts and secrets."""

    code = "DEP002"
    title = "A placeholder in a deployment"
    tier = "standard"
    kinds = ("module", "workspace", "repository")
    what = (
        "`example.com`, `CHANGE_ME`, `<your-…>`, `YOUR_…` in a file of a deployment: folders such as `deploy/`, "
        "`helm/` or `k8s/`, dagster_cloud.yaml, Helm's values, pipelines and scripts that are named for it. Files "
        "named example, sample or template, a chart's values.yaml beside those of an environment, e-mail addresses of "
        "people and lines that replace the word are left out."
    )
    why = "The deployment goes to a host that is nobody's, or with a password that everybody knows."
    remedy = "write what is meant; take a secret from where CI or the cluster keeps them"
    bad = (
        {"deploy/prod/deploy.env": "HOST=dagster.example.com\n"},
        {"helm/values.yaml": "postgresql:\n  postgresqlPassword: CHANGE_ME\n"},
        {"deploy.sh": 'ssh deploy@<your-server> "systemctl restart bar"\n'},
        {"dagster_cloud.yaml": "locations:\n  - location_name: bar\n    build: {registry: your-registry.io/bar}\n"},
    )
    good = (
        {"deploy/prod/deploy.env.example": "HOST=dagster.example.com\nPASSWORD=CHANGE_ME\n"},
        {"deploy/prod/deploy.env": "HOST=dagster.corp  # was example.com\n"},
        {"deploy/prod/issuer.yaml": "spec:\n  email: data@example.com\n"},
        {"deploy.sh": 'sed -i "s/CHANGE_ME/$PASSWORD/" secret.yaml\n'},
        {".github/workflows/test.yml": "env:\n  DB_PASSWORD: CHANGE_ME\n"},
        {"helm/values.yaml": "host: dagster.example.com\n", "helm/values-prod.yaml": "host: dagster.corp\n"},
        {"docs/deploy/values.yaml": "host: dagster.example.com\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding a line."""
        names = deployments(subject.own)
        for name in names:
            if _overridden(name, names):
                continue
            text = subject.files.glance(name)
            for line in lines(text) if any(hint in text.lower() for hint in _HINTS) else ():
                match = re.search(_LEFT, line.text)
                if match and not _MAIL.search(line.text) and not _FILLED.search(line.text):
                    yield self.diagnosis(Spot(name, line.number), match[0], f"{match[0]} is a placeholder")


def _overridden(name: str, names: list[str]) -> bool:
    """Whether a file holds the defaults of a chart, and each environment's values stand beside it."""
    folder, _, file = name.rpartition("/")
    return file in ("values.yaml", "values.yml") and any(
        other != name and other.rpartition("/")[0] == folder and "values" in other.rpartition("/")[2] for other in names
    )
