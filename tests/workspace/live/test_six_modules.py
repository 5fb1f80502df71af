"""Six modules in mixed shapes run under honcho as `dmb` prints it; two come in and one goes while Dagster goes on."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.command import Dmb, Done
from tests.support.free_ports import free_port
from tests.support.modules import make_runnable_module
from tests.support.paths import BIN
from tests.support.servers import PATIENCE, code_server, running, wait_for_locations

if TYPE_CHECKING:
    from collections.abc import Callable

HAND = """\
  # Of the guild.
  - python_file:
      relative_path: {folder}/lake.py
      location_name: lake
  - python_module: {{module_name: mart_dagster.definitions, working_directory: {folder}/mart, location_name: mart}}
  - grpc_server:
      host: localhost
      port: {grpc}
      location_name: "far"
"""


def until(done: Callable[[], bool], what: str) -> None:
    """Wait for what other processes do."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def processes(workspace: Path) -> list[str]:
    """The processes that name the workspace's folder, or a module's beside it."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(workspace.parent) in line]


@pytest.fixture
def six(dmb: Dmb, tmp_path: Path) -> Path:
    """A workspace with code servers of three modules, one of them broken, and with three locations by hand."""
    workspace, hand = tmp_path / "ws", tmp_path / "hand"
    assert dmb("workspace", "init", workspace, "--no-install", "--code-servers").code == 0
    (workspace / ".venv").symlink_to(BIN.parent)
    procfile = workspace / "Procfile"
    procfile.write_text(procfile.read_text().replace("-p 3000", f"-p {free_port()}"))
    modules = [make_runnable_module(tmp_path, name) for name in ("alpha", "beta", "bad")]
    manifest = modules[1] / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace('"isolated"', '"shared"'))
    (modules[2] / "bad_dagster" / "definitions.py").write_text("import no_such_library\n")
    assert dmb("workspace", "add", *modules, "--workspace", workspace, "--no-install").code == 0
    for name in ("mart", "far"):
        make_runnable_module(hand, name)
    (hand / "lake.py").write_text("import dagster as dg\n\n@dg.asset\ndef lake(): ...\n")
    listed = workspace / "workspace.yaml"
    listed.write_text(listed.read_text() + HAND.format(folder=hand, grpc=free_port()))
    return workspace


@pytest.mark.end_to_end
def test_six_modules_and_two_more(dmb: Dmb, six: Path, tmp_path: Path) -> None:
    assert dmb("workspace", "adopt", "mart", "--workspace", six, "--yes").code == 0
    words = (six / "Procfile").read_text().split()
    port = int(words[words.index("-p") + 1])
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    items = yaml.safe_load((six / "workspace.yaml").read_text())["load_from"]
    grpc = next(item["grpc_server"]["port"] for item in items if item.get("grpc_server", {}).get("host") == "localhost")
    command = f"cd {six} && exec .venv/bin/honcho start"
    far = code_server("far_dagster", tmp_path / "hand" / "far", grpc, tmp_path / "far.log")
    with far, running(command, log) as process:
        wait_for_locations(port, {"alpha", "beta", "lake", "mart", "far"}, process, log)

        done = dmb("workspace", "validate", "--workspace", six, "--live", url, "--json")
        assert done.code == 1, done.err
        found = [each for each in done.json["findings"] if each["severity"] == "error"]
        assert [(each["rule"], each["subject"]) for each in found] == [("WSP051", "bad")]
        assert "No module named 'no_such_library'" in found[0]["message"]
        assert (found[0]["path"], found[0]["line"]) == ("workspace.yaml", line_of(six, "location_name: bad"))
        loaded = {each["name"]: each["loaded"] for each in done.json["live"]["locations"]}
        assert loaded == {"alpha": True, "beta": True, "bad": False, "lake": True, "mart": True, "far": True}

        # Two come in. Their code servers are started as the command says, while all else goes on.
        new = [make_runnable_module(tmp_path, name) for name in ("new-one", "new-two")]

        def add() -> Done:
            return dmb("workspace", "add", *new, "--workspace", six, "--no-install", "--reload", url)

        done = add()
        assert done.code == 1
        assert "`.venv/bin/honcho start new-one new-two` in another terminal" in done.out
        told = tmp_path / "new.log"
        with running(f"cd {six} && exec .venv/bin/honcho start new-one new-two", told):
            until(lambda: told.read_text().count("Started Dagster code proxy server") == 2, "no code servers")
            done = add()
            assert "new-one: loaded, Dagster 1." in done.out
            assert "new-two: loaded, Dagster 1." in done.out
            assert "bad: error: ModuleNotFoundError: No module named 'no_such_library'" in done.out
            everything = {"alpha", "beta", "lake", "mart", "far", "new-one", "new-two"}
            wait_for_locations(port, everything, process, log)

            # And one goes; so does one that was written by hand and taken over.
            done = dmb("workspace", "remove", "new-one", "mart", "--workspace", six, "--yes", "--reload", url, "--json")
            assert done.code == 1  # because of the one that does not load
            assert {each["name"] for each in done.json["reloaded"]["locations"]} == {
                "bad",
                *everything - {"new-one", "mart"},
            }
            wait_for_locations(port, everything - {"new-one", "mart"}, process, log)
            assert process.poll() is None
    until(lambda: not processes(six), "processes are left")


def line_of(workspace: Path, text: str) -> int:
    """The line of the item in workspace.yaml that says `text`."""
    lines = (workspace / "workspace.yaml").read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if text in line)
    return next(number for number in range(at, 0, -1) if lines[number].strip().startswith("- ")) + 1
