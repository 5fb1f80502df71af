"""Servers of Dagster's: a command that runs while a test does, and what a webserver and a code server answer."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
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


@contextlib.contextmanager
def code_server(package: str, folder: Path, port: int, log: Path) -> Iterator[None]:
    words = [sys.executable, "-m", "dagster", "api", "grpc", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--module-name", f"{package}.definitions", "--working-directory", str(folder)]
    with running("exec " + shlex.join(words), log):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and "Started Dagster code server" not in log.read_text():
            time.sleep(0.2)
        yield
