"""Environments made for real, by uv and by venv and pip; no module here needs more than its build backend."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from dmb.workspace.runtimes.python_environment import find_uv
from tests.support.command import Dmb
from tests.support.modules import make_module
from tests.support.paths import ROOT
from tests.support.workspaces import contents

pytestmark = pytest.mark.slow


def imports(module: Path, package: str = "bar_one_dagster") -> bool:
    """Whether the module is installed: its own folder is not where this looks."""
    command = [str(module / ".venv" / "bin" / "python"), "-c", f"import {package}; print({package}.__file__)"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.startswith(str(module))


def test_add_installs_the_module_in_place(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path / "a b", "bar-one")
    done = dmb("workspace", "add", module, "--workspace", workspace)
    assert (done.code, "Installing bar-one" in done.err) == (0, True), done.err
    assert imports(module)
    again = dmb("workspace", "add", module, "--workspace", workspace, "--json")
    assert (again.json["modules"][0]["environment"], again.err) == ("unchanged", "")
    manifest = module / "pyproject.toml"
    manifest.write_text(manifest.read_text() + "# a comment\n")
    again = dmb("workspace", "add", module, "--workspace", workspace, "--json")
    assert (again.json["modules"][0]["environment"], again.json["files"]) == ("updated", [])


def test_a_modules_dagster_is_at_most_as_new_as_the_workspaces(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    site = workspace / ".venv" / "lib" / "python3.11" / "site-packages"
    (site / "dagster-1.13.20.dist-info").mkdir(parents=True)
    (site / "dagster-1.13.20.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: dagster\nVersion: 1.13.20\n"
    )
    done = dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install", "--json")
    assert any("--editable . 'dagster<=1.13.20'" in line for line in done.json["next"])


def test_a_failed_installation_puts_nothing_in(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    good, bad = make_module(tmp_path), make_module(tmp_path, "bad", dependencies=("./nowhere",))
    before = contents(workspace)
    done = dmb("workspace", "add", good, bad, "--workspace", workspace)
    assert (done.code, done.out) == (2, "")
    assert "the end of its output:" in done.err
    assert "nowhere" in done.err
    assert f"{bad / '.venv'}: " in done.err
    assert contents(workspace) == before
    assert not (bad / ".venv").exists()


def test_an_environment_that_does_not_run_is_left_alone_and_told(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path)
    (module / ".venv" / "bin").mkdir(parents=True)
    (module / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    done = dmb("workspace", "add", module, "--workspace", workspace)
    assert (done.code, "no Python that runs" in done.err) == (2, True)
    assert (module / ".venv" / "bin" / "python").is_symlink()
    assert "bar-one" not in (workspace / "workspace.yaml").read_text()


def test_venv_and_pip_do_where_there_is_no_uv(workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path)
    base = Path(sys.base_prefix) / "bin" / "python3"
    environ = {
        **os.environ,
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")]),
    }
    looked = subprocess.run(
        [base, "-c", "from dmb.workspace.runtimes.python_environment import find_uv; print(find_uv())"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    if looked.stdout != "None\n":
        pytest.skip("uv is in the system's own folders")
    command = [str(base), "-m", "dmb", "workspace", "add", str(module), "--workspace", str(workspace)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert imports(module)
    assert (module / ".venv" / "bin" / "pip").exists()


def test_uv_is_found_beside_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    beside = Path(sys.executable).parent / "uv"
    assert find_uv() == (str(beside) if beside.exists() else None)
