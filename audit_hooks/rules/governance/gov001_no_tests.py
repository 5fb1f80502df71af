"""GOV001: a module that nothing tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from .standing import project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Finding
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

    def check(self, subject: Subject) -> Iterator[Finding]:
        """One finding where there is code and no test."""
        package = subject.package
        if not subject.nested and not any(tests(subject)) and any(map(package.imports_dagster, package.files)):
            yield self.finding(project(subject), subject.name, "no test is here")


def tests(subject: Subject) -> Iterator[str]:
    """The texts of a module's tests, and of those at the top of its repository."""
    others = (name for name in subject.own if name.endswith(("/tests.py", "_tests.py")))
    for name in (*subject.package.tests, *others):
        yield from _holding_tests(subject.files.glance(name))
    for folder in ("tests", "test") if subject.folder else ():
        files = subject.repository.below(folder)
        for name in files.names:
            if name.endswith(".py"):
                yield from _holding_tests(files.glance(name))


def _holding_tests(text: str) -> Iterator[str]:
    if any(word in text for word in ("def test", "_test(", "TestCase", "class Test")):
        yield text
