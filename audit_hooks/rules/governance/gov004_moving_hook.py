"""GOV004: a pre-commit hook that is another one tomorrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

FILE = ".pre-commit-config.yaml"
_REPO = "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: {}\n    hooks:\n      - id: ruff\n"


class MovingHook(Rule):
    """The hooks of a repository are pinned."""

    code = "GOV004"
    title = "A pre-commit hook that is not pinned"
    severity = "warning"
    tier = "standard"
    kinds = ("module", "workspace", "repository")
    what = (
        "A `rev` in .pre-commit-config.yaml that is no version and no commit: `main`, `master`, `HEAD`, `stable`. As "
        "pre-commit itself does, one without a dot that is not a commit's hash is taken for a branch."
    )
    why = (
        "pre-commit fetches it once and never again, so that each machine has another version; and who can push to "
        "that branch runs code on all of them."
    )
    remedy = "pin a version: pre-commit autoupdate, or a commit: pre-commit autoupdate --freeze"
    bad = ({FILE: _REPO.format("main")}, {FILE: _REPO.format("HEAD")}, {FILE: _REPO.format("'stable'")})
    good = (
        {FILE: _REPO.format("v0.15.14")},
        {FILE: _REPO.format("8e8c483db84b4bee98b60c0593521ed34d9990e8")},
        {FILE: "repos:\n  - repo: local\n    hooks:\n      - id: ours\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each repository of hooks."""
        if FILE not in subject.package.own_set:
            return
        for repo in subject.files.yaml(FILE).get("repos").items:
            rev = repo.get("rev")
            if rev.text and "." not in rev.text and not set(rev.text.lower()) <= set("0123456789abcdef"):
                source = repo.get("repo").text
                message = f"{source} is taken at {rev.text}, which moves"
                yield self.diagnosis(Spot.at(FILE, rev), source or "repo", message)
