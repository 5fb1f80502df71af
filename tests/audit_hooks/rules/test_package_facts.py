"""What the rules on packages say of Dagster and of uv is what the installed ones say and do."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distributions, metadata, requires, version
from pathlib import Path

import pytest

from audit_hooks.facts.requirements import span
from audit_hooks.judging.engine import judge
from audit_hooks.judging.fixes import fix_findings
from audit_hooks.judging.policy import Options
from audit_hooks.rules import find
from audit_hooks.rules.package.pkg003_other_python import PYTHON, RELEASE
from tests.support.trees import module, write

DAGSTER = version("dagster")


def test_the_installed_dagster_runs_on_the_pythons_that_the_rule_knows() -> None:
    told = span(metadata("dagster")["Requires-Python"])
    assert (told, RELEASE.low <= tuple(map(int, DAGSTER.split("."))) < RELEASE.high) == (PYTHON, True)


LIBRARIES = sorted(
    {
        one.name
        for one in distributions()
        if one.name.startswith("dagster-") and f"dagster=={DAGSTER}" in (requires(one.name) or [])
    }
)


def test_some_libraries_need_one_release() -> None:
    assert {"dagster-postgres", "dagster-webserver"} <= set(LIBRARIES)


@pytest.mark.parametrize(
    "library", [name for name in LIBRARIES if name not in ("dagster-cloud", "dagster-rest-resources")]
)
def test_an_installed_library_goes_with_the_installed_dagster_and_with_no_other(library: str, tmp_path: Path) -> None:
    rule = find("PKG005")
    assert rule
    major, minor, patch = DAGSTER.split(".")
    for release, wanted in ((DAGSTER, 0), (f"{major}.{minor}.{int(patch) + 1}", 1), (f"{major}.{int(minor) - 1}.0", 1)):
        text = f'[project]\ndependencies = ["dagster=={release}", "{library}=={version(library)}"]\n'
        assert len(judge(module(tmp_path / release, {"pyproject.toml": text}), [rule])) == wanted


@pytest.mark.parametrize(("library", "fixed"), [("dagster-dbt>=0.28", 0), ("dagster-dbt>=0.25", 1)])
def test_dagster_is_not_capped_below_what_its_libraries_need(library: str, fixed: int, tmp_path: Path) -> None:
    project = (
        f'[project]\ndependencies = [\n  "dagster>=1.9",\n  "{library}",\n]\n[tool.dagster]\nmodule_name = "defs"\n'
    )
    files = {"pyproject.toml": project, "defs.py": "import dagster as dg\n\ndefs = dg.Definitions()\n"}
    done = fix_findings(module(tmp_path, files), Options(tier="standard", select=("PKG004",)), unsafe=True)
    assert done.fixed == fixed
    assert ("dagster>=1.9,<1.10" in done.texts.get("pyproject.toml", "")) == bool(fixed)


def test_uv_installs_no_project_without_a_build_system(tmp_path: Path) -> None:
    text = '[project]\nname = "bar"\nversion = "1"\nrequires-python = ">=3.10"\n'
    write(tmp_path, {"pyproject.toml": text, "src/bar/__init__.py": ""})
    sync = [sys.executable, "-m", "uv", "sync", "--offline", "--quiet", "--python", sys.executable]
    subprocess.run(sync, cwd=tmp_path, check=True)
    imports = subprocess.run(
        [".venv/bin/python", "-c", "import bar"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "No module named 'bar'" in imports.stderr
