"""GOV001: a module that nothing tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.project_files import project_file, tests
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_PROJECT = {"pyproject.toml": "[project]\nname = 'bar'\n", "bar/defs.py": "import dagster as dg\n"}
_TEST = "from bar.defs import defs\n\n\ndef test_it_loads():\n    assert defs\n"


class NoTests(Rule):
    """A module has tests."""

    code = "GOV001"
    title = "No tests"
    severity = "warning"
    tier = "standard"
    kinds = ("module",)
    what = (
        "A project with Dagster code in which no file below `tests/`, or named `test_….py` or `tests.py`, "
        "holds a test. Tests at the top of a repository of several projects count for all of them, and a "
        "project that holds others is left to theirs."
    )
    why = "A change that no longer loads, or sums up something else, is noticed in production."
    remedy = "begin with one that loads the definitions: dg.Definitions.validate_loadable(defs) in tests/test_defs.py"
    bad = (_PROJECT, {**_PROJECT, "bar_tests/__init__.py": "", "bar_tests/test_assets.py": "\n"})
    good = (
        {**_PROJECT, "tests/test_defs.py": _TEST},
        {**_PROJECT, "bar/tests/unit/checks.py": "import unittest\n\n\nclass A(unittest.TestCase): ...\n"},
        {**_PROJECT, "bar/tests.py": _TEST},
        {**_PROJECT, "bar/defs.py": "", "docs/conf.py": "import dagster\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding where there is code and no test."""
        package, above = subject.package, subject.repository if subject.folder else None
        if not subject.nested and not any(tests(package, above)) and any(map(package.imports_dagster, package.files)):
            yield self.diagnosis(project_file(subject.package), subject.name, "no test is here")
