"""What `up --dev` notices of a module's files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dmb.workspace.live.dev import Saved, Source, saves
from tests.support.command import Dmb
from tests.support.modules import make_module

SOON = 10.0  # seconds within which something must be noticed


@pytest.fixture
def source(tmp_path: Path) -> Source:
    folder = make_module(tmp_path, dependencies=("dagster",))
    return Source("bar-one", "bar-one", folder, folder, folder / "bar_one_dagster", ("bar-one",))


def noticed(source: Source, change: Callable[[], object]) -> list[Saved]:
    """What is noticed of a change until it is quiet for a second."""
    seen: list[Saved] = []
    end = time.monotonic() + SOON

    def going_on() -> bool:
        return time.monotonic() < end and not seen

    timer = threading.Timer(0.2, change)
    timer.start()
    seen += next(([saved] for saved in saves([source], going_on)), [])
    timer.join()
    return seen


@pytest.mark.parametrize("name", ["definitions.py", "new.py", "data/new.csv"])
def test_a_saved_file_is_noticed(source: Source, name: str) -> None:
    def change() -> None:
        path = source.package / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n")

    assert noticed(source, change) == [Saved(source, needs_build=False)]


def test_a_file_that_is_gone_is_noticed(source: Source) -> None:
    assert noticed(source, (source.package / "definitions.py").unlink) == [Saved(source, needs_build=False)]


def test_a_new_dependency_needs_a_build(source: Source) -> None:
    manifest = source.folder / "pyproject.toml"
    text = manifest.read_text().replace("['dagster']", "['dagster', 'duckdb']")
    assert text != manifest.read_text()
    assert noticed(source, lambda: manifest.write_text(text)) == [Saved(source, needs_build=True)]


@pytest.mark.slow
def test_what_python_and_editors_leave_behind_is_not_noticed(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def change() -> None:
        for name in ("__pycache__/a.pyc", ".cache/a.py", "definitions.py~"):
            path = source.package / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("x = 1\n")

    monkeypatch.setattr(f"{__name__}.SOON", 1.5)
    assert noticed(source, change) == []


def test_a_workspace_without_containers_has_nothing_to_build_and_no_dev(dmb: Dmb, workspace: Path) -> None:
    for words in (["build"], ["up", "--dev"]):
        done = dmb("workspace", *words, "--workspace", workspace)
        assert (done.code, "containers" in done.err) == (2, True), done


def test_names_are_for_dev_alone(dmb: Dmb, workspace: Path) -> None:
    done = dmb("workspace", "up", "bar-one", "--workspace", workspace)
    assert (done.code, "--dev" in done.err) == (2, True), done
