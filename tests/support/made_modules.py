"""Modules as cookiecutter makes them, each made once a process and shared by the tests that only read it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from dmb.answers import CODE_LOCATIONS, GOVERNANCE
from dmb.databases import DATABASES
from tests.support.databases import Server
from tests.support.paths import BIN, ROOT

# Answers that stand alone: each in turn.
REST = (
    {"__python_version": "3.11"},
    {"__python_version": "3.12", "__system_packages": "git,pdf"},
    {"__python_version": "3.13", "__client": "Ümlaut & Söhne"},
    {"__python_version": "3.14", "__requires": "METABASE_URL", "owner": "data@example.com"},
)


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
            **REST[self.turn % len(REST)],
        }

    @property
    def turn(self) -> int:
        """A number that is another one for the next database, and for the next tier."""
        return list(DATABASES).index(self.database) + GOVERNANCE.index(self.governance)

    def __str__(self) -> str:
        return f"{self.database}-{self.governance}-{self.code_location}"


CONFIGURATIONS = [Configuration(*answers) for answers in itertools.product(DATABASES, GOVERNANCE, CODE_LOCATIONS)]
# The kind of code location changes no file that Python reads (test_files.py proves it), so what takes seconds is done
# for each database and tier with one of the two kinds, in turn.
LOADED = [each for each in CONFIGURATIONS if (each.turn % 2 == 0) == (each.code_location == "isolated")]
SERVERS = {"postgresql": "postgresql", "mysql": "mariadb"}  # database -> the fixture that is its server


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


@dataclass(frozen=True)
class Database:
    """A database on a real server, and the variables that tell a module where it is."""

    server: Server
    name: str
    variables: dict[str, str]


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


def loaded() -> list[object]:
    """Parameters for what takes seconds."""
    mark = pytest.mark.needs_server
    return [pytest.param(each, marks=[mark] if each.database in SERVERS else []) for each in LOADED]


@pytest.fixture
def database(module: MadeModule, request: pytest.FixtureRequest) -> Iterator[Database | None]:
    """An empty database of the test's own, for a module that has one on a server."""
    kind = module.configuration.database
    if kind not in SERVERS:
        yield None
        return
    server: Server = request.getfixturevalue(SERVERS[kind])
    with server.database() as name:
        yield Database(server, name, server.variables("BAR_ONE", name))


@pytest.fixture
def own_copy(module: MadeModule, tmp_path: Path) -> MadeModule:
    """The module in a folder of the test's own, to write in."""
    project = tmp_path / module.project.name
    shutil.copytree(module.project, project)
    return MadeModule(project, module.configuration)


@pytest.fixture(scope="session")
def site(module: MadeModule, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the module's *installed wheel*. Tests must not change it."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(module.project, folder / "source")
    install(MadeModule(folder / "source", module.configuration), folder / "site")
    return folder / "site"


@pytest.fixture
def installed(site: Path, tmp_path: Path) -> dict[str, str]:
    """The variables under which the module's installed wheel is importable, with a DAGSTER_HOME of its own."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PYTHONPATH": str(site), "DAGSTER_HOME": str(home)}


def install(module: MadeModule, site: Path) -> None:
    """Build the module's wheel and install it into folder `site`, next to what is there."""
    python = ("--python", sys.executable)  # uv would take the first one on PATH, which has no hatchling
    module.run("uv", "pip", "install", "--quiet", *python, "--no-deps", "--no-build-isolation", "--target", site, ".")
