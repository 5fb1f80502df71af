"""A workspace, and a place for reservations that no other test has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import bare_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for reservations of this user; not made yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "dagster-module-builder"


@pytest.fixture
def quiet_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server listens. For tests that name port numbers: what runs on the developer's machine is no part of them.

    `test_sockets` and `test_parallel` ask the real host.
    """
    monkeypatch.setattr("dmb.ports.choice.is_bound", lambda port: False)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with no module in it."""
    return bare_workspace(tmp_path / "workspace")


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """Make the folder of a module."""

    def make(slug: str, where: str = "projects") -> Path:
        folder = tmp_path / where / slug
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    return make
