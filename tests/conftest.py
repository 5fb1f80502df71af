"""What every test stands on: no settings of the person who runs it, and fast Dagster."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.support.command import dmb
from tests.support.databases import mariadb, postgresql
from tests.support.leftovers import Leftovers
from tests.support.memory import memory
from tests.support.workspaces import served, workspace

__all__ = ["dmb", "mariadb", "memory", "postgresql", "served", "workspace"]  # fixtures for every test

# Reservations of ports, cookiecutter's settings and replays, a workspace of the developer's own: none may reach a test.
# Set at import, before a plugin or a fixture reads the environment.
_HOME = tempfile.TemporaryDirectory(prefix="dmb-tests-")
os.environ.update(
    XDG_STATE_HOME=str(Path(_HOME.name, "state")),
    COOKIECUTTER_CONFIG=str(Path(_HOME.name, "cookiecutter.yaml")),
    GIT_CONFIG_GLOBAL=str(Path(_HOME.name, "gitconfig")),
    GIT_CONFIG_NOSYSTEM="1",
    DAGSTER_DISABLE_TELEMETRY="yes",
    NO_COLOR="1",
)
for _name in [
    name
    for name in os.environ
    if name.startswith(("GIT_", "DMB_", "DAGSTER_", "PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS"))
]:
    if _name not in {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "DAGSTER_DISABLE_TELEMETRY", "DMB_TEST_SERVICES"}:
        del os.environ[_name]
Path(_HOME.name, "cookiecutter.yaml").write_text(
    f"cookiecutters_dir: {_HOME.name}/cookiecutters\nreplay_dir: {_HOME.name}/replay\n", encoding="utf-8"
)
Path(_HOME.name, "gitconfig").write_text(
    "[user]\nname = Test\nemail = test@example.com\n[init]\ndefaultBranch = main\n"
    '[protocol "file"]\nallow = always\n[safe]\ndirectory = *\n',
    encoding="utf-8",
)

# In a background job SIGINT is ignored, and every process inherits that: Dagster's servers would then heed neither it
# nor SIGTERM. What has a handler here starts with the default.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Leftovers(config), "leftovers")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long starts first: at the end of a run no process waits for another that has just begun with it."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, ("end_to_end", "slow"))))


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the ports that another one reserved."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
