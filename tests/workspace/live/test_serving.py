"""The commands that `dmb` prints, run as printed: Dagster is asked what it serves, and runs a job in each module."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Dmb
from tests.support.free_ports import free_port
from tests.support.modules import make_module
from tests.support.servers import PATIENCE, STATUS, ask, run_job, running, wait_for_locations

if TYPE_CHECKING:
    pass


@pytest.mark.end_to_end
@pytest.mark.parametrize("code_servers", [False, True], ids=["python_module", "code_servers"])
def test_a_workspace_with_two_modules_starts_and_runs(dmb: Dmb, tmp_path: Path, *, code_servers: bool) -> None:
    workspace = tmp_path / "the ws é"
    option = ["--code-servers"] if code_servers else []
    assert dmb("workspace", "init", workspace, "--no-install", *option).code == 0
    names = {"bar-one": "bar_one_dagster", "foo": "foo_dagster"}
    modules = [make_module(tmp_path / "the modules", name, database="duckdb", port=free_port()) for name in names]
    # Dagster is where this test runs: installing it anew for three environments would take longer than all else.
    for folder in (workspace, *modules):
        (folder / ".venv").symlink_to(sys.prefix)
    done = dmb("workspace", "add", *modules, "--workspace", workspace, "--no-install", "--json")
    assert done.code == 0, done.err
    (command,) = done.json["next"]
    port = free_port()
    if code_servers:
        procfile = workspace / "Procfile"
        procfile.write_text(procfile.read_text().replace("-p 3000", f"-p {port}"))
    else:
        command += f" --port {port}"

    log = tmp_path / "log"
    with running(command, log) as process:
        wait_for_locations(port, set(names), process, log)
        runs = {run_job(port, name, f"{package}_seen") for name, package in names.items()}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            states = {ask(port, STATUS, id=run)["runOrError"]["status"] for run in runs}
            if not states - {"SUCCESS", "FAILURE", "CANCELED"}:
                break
            time.sleep(0.5)
        assert states == {"SUCCESS"}, log.read_text()[-4000:]

    for name, package in names.items():
        seen = json.loads((workspace / "storage" / f"{package}.json").read_text())
        prefix = name.replace("-", "_").upper()
        assert seen["DAGSTER_HOME"] == str(workspace)
        assert seen[f"{prefix}_DUCKDB_PATH"] == str(workspace / "storage" / f"{name}.duckdb")
        assert (f"{prefix}_GRPC_PORT" in seen) is code_servers
    for database in ("history/runs", "history/runs/index", "schedules/schedules"):
        with contextlib.closing(sqlite3.connect(workspace / "instance" / f"{database}.db")) as made:
            assert made.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    kept = {path.name for path in (workspace / "instance" / "history" / "runs").iterdir()}
    assert {f"{run}.db" for run in runs} <= kept
