"""GOV002: a CI that never loads what Dagster will load."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ...facts.declarations import declared
from ...facts.deployment_files import pipelines, scripts
from ...facts.project_files import project_file, tests
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_CHECKS = ("dg check defs", "definitions validate")
_LOADS = (*_CHECKS, "dagster-cloud", "dagster_cloud", "dg plus")  # a deployment to Dagster+ loads them too
_TESTS = ("pytest", "unittest", "tox", "nox", "hatch ", "poe ", "pdm run", "rye ", "invoke ", "pants ", "bazel ")
_SETTINGS = ("pyproject.toml", "tox.ini", "noxfile.py", "setup.cfg", ".pre-commit-config.yaml")
_ELSEWHERE = r"(?m)uses:[^\n]*/\.github/workflows/[^\n]*@|^\s*-?\s*template:|^include:"  # steps that are not here
_LOADED = (
    r"\b(?:import|from)\b[^\n]*(?:[Dd]efinitions|\bdefs\b|repository|\brepo\b)"
    r"|validate_loadable|Definitions|[Gg]raph[Qq][Ll]"
)
_PROJECT = {
    "pyproject.toml": "[project]\nname = 'bar'\n",
    "bar/__init__.py": "",
    "bar/definitions.py": "import dagster as dg\n\ndefs = dg.Definitions()\n",
}
_RUNS = "on: [push, pull_request]\njobs:\n  test:\n    steps:\n      - run: {}\n"
_FILE = ".github/workflows/ci.yml"


class DefinitionsNotChecked(Rule):
    """CI loads the definitions."""

    code = "GOV002"
    title = "A CI that does not check the definitions"
    severity = "warning"
    tier = "standard"
    confidence = "medium"
    kinds = ("module",)
    what = (
        "Pipelines (GitHub, GitLab, Azure, CircleCI and others) that run on a change, and neither they nor the scripts "
        "and Makefiles beside them run `dg check defs`, `dagster definitions validate` or a test that imports the "
        "definitions. Where there is no CI, or steps of it are kept elsewhere, and in libraries, nothing is told."
    )
    why = (
        "Linters and tests of functions pass on a project that Dagster does not load: a key that stands twice, a job "
        "that selects nothing, an import that is gone."
    )
    remedy = "add a step: dg check defs (or dagster definitions validate), or a test with validate_loadable(defs)"
    bad = (
        {**_PROJECT, _FILE: _RUNS.format("ruff check")},
        {
            **_PROJECT,
            _FILE: _RUNS.format("pytest"),
            "tests/test_sums.py": "from bar.sums import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        },
        {**_PROJECT, ".gitlab-ci.yml": "lint:\n  script: [ruff check]\n"},
    )
    good = (
        {**_PROJECT, _FILE: _RUNS.format("dg check defs")},
        {**_PROJECT, _FILE: _RUNS.format("make check"), "Makefile": "check:\n\tdagster definitions validate -m bar\n"},
        {
            **_PROJECT,
            _FILE: _RUNS.format("pytest"),
            "tests/test_defs.py": "from bar.definitions import defs\n\n\ndef test_it_loads():\n    assert defs\n",
        },
        {**_PROJECT, _FILE: "on: push\njobs:\n  all:\n    uses: bar/ci/.github/workflows/python.yml@v3\n"},
        {**_PROJECT, _FILE: "on:\n  schedule:\n    - cron: '0 3 * * *'\njobs: {}\n"},
        _PROJECT,
        {**_PROJECT, "bar/definitions.py": "", _FILE: _RUNS.format("ruff check")},
        {
            **_PROJECT,
            "bar/__init__.py": "from dagster import Definitions\n\ndefs = Definitions()\n",
            _FILE: _RUNS.format("pytest"),
            "tests/test_sums.py": "from bar.sums import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One finding, at the pipeline where it is the module's own."""
        ci = _ci(subject.repository)
        places = _defining(subject) if ci.judging and not ci.loads else []
        if not places:
            return
        loading = re.compile("|".join([_LOADED, *map(_importing, places)]))
        above = subject.repository if subject.folder else None
        if ci.tests and any(map(loading.search, tests(subject.package, above))):
            return
        own = [name for name in ci.judging if not subject.folder and name in subject.package.own_set]
        spot = Spot(own[0]) if own else project_file(subject.package)
        named = ", ".join(ci.judging[:3]) + ", …" * (len(ci.judging) > 3)
        yield self.diagnosis(spot, subject.name, f"CI ({named}) never loads the definitions")


class _CI(NamedTuple):
    """What a repository's pipelines do: those that run on a change, whether they may load the definitions, whether
    they run tests.
    """

    judging: list[str]
    loads: bool
    tests: bool


@lru_cache(maxsize=1)
def _ci(files: Sources) -> _CI:
    """Read once for all the projects of a repository."""
    texts = {name: files.glance(name) for name in pipelines(files.names)}
    judging = [name for name, text in texts.items() if "/actions/" not in name and _on_a_change(name, text)]
    if not judging:
        return _CI([], loads=False, tests=False)
    run = [*texts.values(), *(files.glance(name) for name in scripts(files.names))]
    settings = [files.glance(name) for name in files.names if name.rpartition("/")[2] in _SETTINGS]
    elsewhere = any(re.search(_ELSEWHERE, text) for text in texts.values())
    return _CI(judging, loads=elsewhere or _any(_LOADS, run) or _any(_CHECKS, settings), tests=_any(_TESTS, run))


def _any(words: Iterable[str], texts: Iterable[str]) -> bool:
    return any(word in text for text in texts for word in words)


def _defining(subject: Subject) -> list[Code]:
    """The files that make what Dagster loads. A library has none, and there is nothing to check."""
    kinds = ("Definitions", "definitions", "repository")
    return [
        code
        for code in subject.package.files
        if any(item.function or code.runs_in(item.node) is None for item in declared(code, *kinds))
    ]


def _importing(code: Code) -> str:
    """What imports a file, as a pattern: one of a package runs with everything in the package."""
    return rf"\b(?:import|from)\s+{re.escape(code.module)}\b"


def _on_a_change(name: str, text: str) -> bool:
    return not name.startswith(".github/") or "pull_request" in text or "push" in text
