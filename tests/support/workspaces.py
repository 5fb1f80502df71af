"""A module of a few lines, and the command run in this process."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

from dmb.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{package}"
version = "1.0"
dependencies = {dependencies}

[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "{package}"
code_location_name = {location}

[tool.dmb]
manifest = 1
name = "{name}"
title = "{name}"
code_location = "isolated"
database = "{database}"
governance = "quick"
template_version = "0.1.0"
requires = {requires}

[tool.dmb.ports]
grpc = {port}
"""

# The asset writes down what reached the process that computed it.
DEFINITIONS = """\
import json
import os
from pathlib import Path

import dagster as dg


@dg.asset(name="{package}_seen")
def seen() -> None:
    found = {{name: value for name, value in os.environ.items() if name.startswith(("DAGSTER_", "{prefix}_"))}}
    Path(os.environ["DAGSTER_STORAGE_PATH"], "{package}.json").write_text(json.dumps(found))


defs = dg.Definitions(assets=[seen], executor=dg.in_process_executor)
"""


def make_module(
    parent: Path,
    name: str = "bar-one",
    *,
    database: str = "none",
    port: int = 4001,
    location: str | None = None,
    requires: tuple[str, ...] = (),
    dependencies: tuple[str, ...] = (),
) -> Path:
    """A module whose package stands in its own folder, so that it loads from there without being installed."""
    folder, package = parent / name, name.replace("-", "_") + "_dagster"
    (folder / package).mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        PYPROJECT.format(
            package=package,
            name=name,
            location=json.dumps(location or name),
            database=database,
            port=port,
            requires=list(requires),
            dependencies=list(dependencies),
        )
    )
    (folder / package / "__init__.py").touch()
    prefix = name.replace("-", "_").upper()
    (folder / package / "definitions.py").write_text(DEFINITIONS.format(package=package, prefix=prefix))
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; not the lock, which holds the pid of whoever looked last."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


class Dmb(Protocol):
    def __call__(self, *arguments: str | Path) -> Done: ...


@pytest.fixture
def dmb(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dmb:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))

    def run(*arguments: str | Path) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        assert isinstance(end.value.code, int)
        return Done(end.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def workspace(dmb: Dmb, tmp_path: Path) -> Path:
    """A workspace without code servers and without an environment."""
    assert dmb("workspace", "init", tmp_path / "ws", "--no-install").code == 0
    return tmp_path / "ws"


@pytest.fixture
def served(dmb: Dmb, tmp_path: Path) -> Path:
    """A workspace with code servers and without an environment."""
    assert dmb("workspace", "init", tmp_path / "served", "--no-install", "--code-servers").code == 0
    return tmp_path / "served"


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: what is proven there does not depend on how slow a disk is to sync."""
    shared = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None, prefix="dmb-tests-") as name:
        yield Path(name)
