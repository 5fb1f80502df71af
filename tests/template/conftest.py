"""Modules as cookiecutter makes them, each made once a process and shared by the tests that only read it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Configuration:
    """One combination of the answers that interact."""

    database: str
    governance: str
    code_location: str

    @property
    def answers(self) -> dict[str, str]:
        return {
            "module_name": "Bar One",
            "database": self.database,
            "governance": self.governance,
            "code_location": self.code_location,
        }

    def __str__(self) -> str:
        return f"{self.database}-{self.governance}-{self.code_location}"


CONFIGURATIONS = [
    Configuration(*answers)
    for answers in itertools.product(("duckdb", "none"), ("quick", "standard", "enterprise"), ("isolated", "shared"))
]


@dataclass(frozen=True)
class MadeModule:
    """A module on disk: made by cookiecutter, not yet installed."""

    project: Path
    configuration: Configuration

    def run(self, *command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
        """Run a command of the test environment and return all that it printed; fail with it when it fails."""
        words = [str(word) for word in command]
        done = subprocess.run(
            [str(BIN / words[0]), *words[1:]],
            cwd=cwd or self.project,
            env={**os.environ, **(env or {})},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout


def make(cookies: Cookies, configuration: Configuration, **answers: str) -> MadeModule:
    """Make a module with pytest-cookies, in a folder of its own."""
    result = cookies.bake(extra_context=configuration.answers | answers, template=str(ROOT))
    assert result.exception is None, result.exception
    assert result.project_path is not None
    return MadeModule(result.project_path, configuration)


@pytest.fixture(params=CONFIGURATIONS, ids=str, scope="session")
def module(request: pytest.FixtureRequest, cookies_session: Cookies) -> MadeModule:
    """Every configuration. Tests must not change it: see `own_copy`."""
    return make(cookies_session, request.param)


@pytest.fixture
def own_copy(module: MadeModule, tmp_path: Path) -> MadeModule:
    """The module in a folder of the test's own, to write in."""
    project = tmp_path / module.project.name
    shutil.copytree(module.project, project)
    return MadeModule(project, module.configuration)


@pytest.fixture
def installed(own_copy: MadeModule, tmp_path: Path) -> dict[str, str]:
    """The variables under which the module's *installed wheel* is importable, with a DAGSTER_HOME of its own."""
    site, home = tmp_path / "site", tmp_path / "home"
    home.mkdir()
    install(own_copy, site)
    return {"PYTHONPATH": str(site), "DAGSTER_HOME": str(home)}


def install(module: MadeModule, site: Path) -> None:
    """Build the module's wheel and install it into folder `site`, next to what is there."""
    python = ("--python", sys.executable)  # uv would take the first one on PATH, which has no hatchling
    module.run("uv", "pip", "install", "--quiet", *python, "--no-deps", "--no-build-isolation", "--target", site, ".")
