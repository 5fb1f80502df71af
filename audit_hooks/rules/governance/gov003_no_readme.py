"""GOV003: a module that does not say what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.project_files import has, project_file
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_PROJECT = {"pyproject.toml": "[project]\nname = 'bar'\n"}


class NoReadme(Rule):
    """A module has a README."""

    code = "GOV003"
    title = "No README"
    severity = "info"
    tier = "standard"
    kinds = ("module",)
    what = "A Dagster project with no README in its folder, in `.github/` or `docs/`, or at the top of its repository."
    why = "What the module is for, whom to ask and how to run it is known to those who wrote it."
    remedy = "write README.md: what it makes, from what, who owns it, how to run it"
    bad = (_PROJECT, {**_PROJECT, "bar/README.md": "# A part\n"})
    good = ({**_PROJECT, "README.md": "# Bar\n"}, {**_PROJECT, "docs/readme.rst": "Bar\n===\n"})

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding where there is none."""
        if not has(subject.own, subject.repository, "readme", folders=("", ".github/", "docs/")):
            yield self.diagnosis(project_file(subject.package), subject.name, "there is no README")
