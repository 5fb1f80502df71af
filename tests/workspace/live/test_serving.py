"""The commands that `dmb` prints, run as printed: Dagster is asked what it serves, and runs a job in each module."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.workspaces import Dmb, free_port, make_module

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCATIONS = """{ workspaceOrError { __typename ... on Workspace { locationEntries {
  name locationOrLoadError { __typename ... on PythonError { message } } } } ... on PythonError { message } } }"""
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
PATIENCE = 240  # seconds; a slow machine with others at work


def ask(port: int, query: str, **variables: object) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)["data"]


@contextlib.contextmanager
def running(command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    # A process that inherits an ignored SIGINT, as a background job's does, passes that on to Dagster, which then
    # takes no SIGTERM either.
    def heed() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=heed,  # noqa: PLW1509
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise


def wait_for_locations(port: int, names: set[str], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    seen: Any = None
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            seen = ask(port, LOCATIONS)["workspaceOrError"]
            loaded = {
                entry["name"]
                for entry in seen.get("locationEntries", [])
                if (entry["locationOrLoadError"] or {}).get("__typename") == "RepositoryLocation"
            }
            if loaded == names:
                return
        time.sleep(0.3)
    raise AssertionError(f"{names} not loaded: {seen}\n{log.read_text()[-4000:]}")


def run_job(port: int, location: str, asset: str) -> str:
    selector = {
        "repositoryLocationName": location,
        "repositoryName": "__repository__",
        "jobName": "__ASSET_JOB",
        "assetSelection": [{"path": [asset]}],
    }
    launched = ask(port, LAUNCH, p={"selector": selector, "runConfigData": {}, "mode": "default"})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return str(launched["run"]["runId"])


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
