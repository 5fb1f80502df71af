"""A module on a database server: a local workspace uses the database that the module's own `.env` names."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dmb.formats import envfile
from tests.support.command import Dmb
from tests.support.modules import make_module
from tests.support.workspaces import contents

# What the module's own .env holds: also variables that are no business of a workspace.
OWN = {
    "BAR_ONE_DB_HOST": "127.0.0.1",
    "BAR_ONE_DB_PORT": "5440",
    "BAR_ONE_DB_NAME": "bar_one",
    "BAR_ONE_DB_USER": "bar_one",
    "BAR_ONE_DB_PASSWORD": "s3cret #1 $x",
    "BAR_ONE_DB_POOL_SIZE": "5",
}


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = make_module(tmp_path, database="postgresql")
    write_env(folder, OWN)
    return folder


def write_env(folder: Path, values: dict[str, str]) -> None:
    lines = [f"{envfile.line(key, value)}\n" for key, value in values.items()]
    (folder / ".env").write_text("".join(lines) + "BAR_ONE_DB_VERSION=16\nMINE=1\n", encoding="utf-8")


def added(workspace: Path) -> dict[str, str]:
    """What the module's block says of its database."""
    text = (workspace / ".env").read_text(encoding="utf-8")
    found = (each for each in envfile.assignments(text, ".env") if each.owner == "bar-one")
    return {each.key: each.value for each in found if "_DB_" in each.key}


def test_add_copies_what_says_where_the_database_is(dmb: Dmb, workspace: Path, module: Path) -> None:
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    assert added(workspace) == OWN
    assert stat.S_IMODE((workspace / ".env").stat().st_mode) == 0o600


def test_a_second_add_keeps_what_the_workspace_has(dmb: Dmb, workspace: Path, module: Path) -> None:
    for values in (OWN, OWN | {"BAR_ONE_DB_PORT": "5441"}):
        write_env(module, values)
        assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
        assert added(workspace) == OWN


def test_a_dry_run_shows_no_password(dmb: Dmb, workspace: Path, module: Path) -> None:
    done = dmb("workspace", "add", module, "--workspace", workspace, "--dry-run")
    assert done.code == 0, done.err
    assert "BAR_ONE_DB_PASSWORD=*****" in done.out
    assert "s3cret" not in done.out + done.err


@pytest.mark.parametrize("left", [None, "BAR_ONE_DB_PASSWORD"])
def test_a_module_that_does_not_say_where_it_is_is_refused(
    left: str | None, dmb: Dmb, workspace: Path, module: Path
) -> None:
    (module / ".env").unlink()
    if left:
        write_env(module, {key: value for key, value in OWN.items() if key != left})
    before = contents(workspace)
    done = dmb("workspace", "add", module, "--workspace", workspace, "--no-install")
    assert done.code == 2
    assert str(module / ".env") in done.err
    assert (left or f"dmb env {module}") in done.err
    assert contents(workspace) == before
