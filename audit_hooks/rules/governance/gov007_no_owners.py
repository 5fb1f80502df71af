"""GOV007: a module that nobody is asked about, and whose changes nobody can look up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.project_files import has, project_file
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_PROJECT = {"pyproject.toml": "[project]\nname = 'bar'\n"}
_CHANGES = ("changelog", "changes", "history", "news", "release_notes", "releases")


class NoOwners(Rule):
    """A module has CODEOWNERS and a changelog."""

    code = "GOV007"
    title = "No CODEOWNERS, or no changelog"
    severity = "info"
    tier = "enterprise"
    kinds = ("module",)
    what = (
        "A Dagster project with no CODEOWNERS (at the top, in `.github/`, `.gitlab/` or `docs/`), or with no file "
        "named CHANGELOG, CHANGES, HISTORY, NEWS or RELEASES. Those at the top of its repository count."
    )
    why = (
        "Nobody is asked to review a change; and who reads the tables cannot look up since when they mean something "
        "else."
    )
    remedy = "add the file: CODEOWNERS with `* @organisation/team`, CHANGELOG.md with a line for each change of a table"
    bad = (
        _PROJECT,
        {**_PROJECT, "CODEOWNERS": "* @bar/data\n"},
        {**_PROJECT, "CHANGELOG.md": "# Changelog\n"},
        {**_PROJECT, "news/defs.py": "", "newsletter.py": ""},
    )
    good = (
        {**_PROJECT, "CODEOWNERS": "* @bar/data\n", "CHANGELOG.md": "# Changelog\n"},
        {**_PROJECT, ".github/CODEOWNERS": "* @bar/data\n", "docs/changes.rst": "Changes\n=======\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding for each of the two."""
        place = project_file(subject.package)
        if not has(subject.own, subject.repository, "codeowners", folders=("", ".github/", ".gitlab/", "docs/")):
            yield self.diagnosis(place, "CODEOWNERS", "there is no CODEOWNERS", "add CODEOWNERS: * @team")
        if not has(subject.own, subject.repository, *_CHANGES, folders=("", "docs/")):
            yield self.diagnosis(place, "CHANGELOG", "there is no changelog", "add CHANGELOG.md")
