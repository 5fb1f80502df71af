"""Which files a module has, and that each is whole: no template text left, parses, formatted, typed."""

from __future__ import annotations

import ast
import json
import stat
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from pytest_cookies.plugin import Cookies

from tests.support.made_modules import LOADED, SERVERS, Configuration, MadeModule, make
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


def expected_files(configuration: Configuration) -> set[str]:
    package = "src/bar_one_dagster"
    files = {
        ".cruft.json",
        ".env",
        ".env.example",
        ".gitattributes",
        ".gitignore",
        ".pre-commit-config.yaml",
        "README.md",
        "pyproject.toml",
        "wheel-dg.toml",
        f"{package}/__init__.py",
        f"{package}/definitions.py",
        f"{package}/defs/resources.py",
        f"{package}/io_managers.py",
        f"{package}/py.typed",
        f"{package}/data/orders.csv",
        f"{package}/defs/__init__.py",
        f"{package}/defs/orders/__init__.py",
        f"{package}/defs/orders/assets.py",
        f"{package}/defs/orders/checks.py",
        f"{package}/defs/orders/jobs.py",
        "tests/conftest.py",
        "tests/test_assets.py",
        "tests/test_definitions.py",
        "tests/test_io_managers.py",
        "workspace/local/.env.example",
        "workspace/local/workspace.yaml",
    }
    if configuration.database == "duckdb":
        files |= {f"{package}/database.py", "tests/test_database.py"}
    if configuration.database in SERVERS:
        files |= {f"{package}/database.py", f"{package}/schema.sql", f"{package}/defs/tables.py"}
        files |= {"tests/test_database.py", "docker-compose.yml"}
    if configuration.database != "duckdb":
        files |= {f"{package}/defs/orders/cleaning.py"}
    if configuration.code_location == "isolated":
        files |= {"Dockerfile", "workspace/local/docker-compose.yml"}
    else:
        files |= {"workspace/local/dockerfile.snippet"}
    files |= {".dockerignore"}
    if configuration.governance != "quick":
        files |= {f"{package}/defs/orders/schedules.py", f"{package}/defs/orders/sensors.py"}
        files |= {"tests/test_schedules.py", "tests/test_sensors.py"}
        files |= {".github/workflows/ci.yml", "docs/runbook.md"}
    if configuration.governance == "enterprise":
        files |= {"CODEOWNERS", "CHANGELOG.md", "SECURITY.md"}
    return files


def files_of(project: Path) -> set[str]:
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if not path.is_dir()}


def contents(path: Path) -> dict[str, bytes]:
    """The bytes of each file below a folder, or of the one file."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    return {each.relative_to(path.parent).as_posix(): each.read_bytes() for each in files}


def folders_of(files: set[str]) -> set[str]:
    return {parent.as_posix() for name in files for parent in Path(name).parents} - {"."}


def test_the_module_has_exactly_the_files_of_its_answers_and_no_empty_folder(module: MadeModule) -> None:
    expected = expected_files(module.configuration)
    linked = (module.project / ".cruft.json").exists()  # a checkout with uncommitted changes makes no link
    assert files_of(module.project) == (expected if linked else expected - {".cruft.json"})
    folders = {path.relative_to(module.project).as_posix() for path in module.project.rglob("*") if path.is_dir()}
    assert folders == folders_of(expected)


def test_no_template_text_is_left_and_every_file_parses(module: MadeModule) -> None:
    for name in files_of(module.project):
        text = (module.project / name).read_text(encoding="utf-8")
        if name != ".github/workflows/ci.yml":  # GitHub's own expressions
            assert "{{" not in text, name
        assert "{%" not in text, name
        assert "cookiecutter." not in text or name == ".cruft.json", name
        assert "\r" not in text, name
        assert text == "" or text.endswith("\n"), name
        assert not text.startswith("\n"), name
        if name.endswith(".toml"):
            tomllib.loads(text)
        elif name.endswith((".yaml", ".yml")):
            assert isinstance(yaml.safe_load(text), dict), name
        elif name.endswith(".json"):
            json.loads(text)
        elif name.endswith(".py"):
            ast.parse(text)


def test_the_modules_own_environment_is_private_and_ignored_by_git(own_copy: MadeModule) -> None:
    env = own_copy.project / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    here = files_of(own_copy.project)
    subprocess.run(["git", "init", "--quiet"], cwd=own_copy.project, check=True)
    subprocess.run(["git", "add", "--all"], cwd=own_copy.project, check=True)
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=own_copy.project, check=True, capture_output=True, text=True
    )
    assert set(filter(None, tracked.stdout.split("\0"))) == here - {".env"}


def test_the_module_is_formatted_linted_and_typed(module: MadeModule) -> None:
    module.run("ruff", "format", "--check", "--no-cache", ".")
    module.run("ruff", "check", "--no-cache", ".")
    if module.configuration in LOADED:
        # One cache for all, kept from run to run: most of the time goes into Dagster's own types.
        module.run("mypy", "--cache-dir", ROOT / ".mypy_cache" / "modules")


@pytest.mark.parametrize("configuration", LOADED, ids=str)
def test_the_kind_of_code_location_changes_nothing_that_python_reads(
    configuration: Configuration, cookies_session: Cookies
) -> None:
    one, other = (
        make(cookies_session, replace(configuration, code_location=kind)).project for kind in ("isolated", "shared")
    )
    for name in ("src", "tests", "wheel-dg.toml"):
        assert contents(one / name) == contents(other / name)
    changed = {"code_location", "ports"}
    tool = [tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8")) for project in (one, other)]
    for document in tool:
        for key in changed:
            del document["tool"]["dmb"][key]
    assert tool[0] == tool[1]
