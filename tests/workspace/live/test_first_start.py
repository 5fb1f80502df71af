"""Code servers wait until Dagster's storage is made: two processes that make it at once break it for good."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from honcho.environ import parse_procfile

from tests.support.command import Dmb
from tests.support.free_ports import free_port
from tests.support.modules import make_module

if TYPE_CHECKING:
    from pathlib import Path

MADE = "instance/storage-made"


def process(workspace: Path, name: str) -> str:
    found: dict[str, str] = parse_procfile((workspace / "Procfile").read_text()).processes
    return found[name]


def with_server(dmb: Dmb, workspace: Path, tmp_path: Path) -> Path:
    """A module whose interpreter notes that it is started."""
    module = make_module(tmp_path, port=free_port())
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    python = module / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n")
    python.chmod(0o755)
    return tmp_path / "started"


@pytest.mark.slow
def test_a_code_server_starts_when_the_storage_is_there(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    started = with_server(dmb, served, tmp_path)
    line = process(served, "bar-one")
    with subprocess.Popen(["/bin/sh", "-c", line], cwd=served) as waiting:
        time.sleep(1.5)
        assert (started.exists(), waiting.poll()) == (False, None)
        (served / MADE).touch()
        assert waiting.wait(30) == 0
    assert started.exists()


@pytest.mark.slow
def test_a_code_server_does_not_wait_for_ever(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    started = with_server(dmb, served, tmp_path)
    # All but the last second of its patience is over.
    subprocess.run(["/bin/sh", "-c", f"waited=119; {process(served, 'bar-one')}"], cwd=served, check=True, timeout=30)
    assert started.exists()


def test_a_code_server_does_not_wait_where_nobody_makes_the_storage(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    (served / "Procfile").write_text("web: .venv/bin/dagster-webserver\ndaemon: .venv/bin/dagster-daemon run\n")
    with_server(dmb, served, tmp_path)
    assert process(served, "bar-one").startswith("exec ")


def test_the_next_start_brings_the_storage_to_another_dagster(dmb: Dmb, tmp_path: Path) -> None:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "requirements.txt").touch()  # nothing to install, so this is quick
    for done, kept in (("made", True), ("unchanged", True), ("updated", False)):
        if done == "updated":
            (folder / "requirements.txt").write_text("# another Dagster\n")
        assert dmb("workspace", "init", folder, "--code-servers", "--json").json["environment"] == done
        if done == "made":
            (folder / MADE).touch()
        assert (folder / MADE).exists() is kept
