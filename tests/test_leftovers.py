"""A run whose tests leave a process behind fails and names it; the process is ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.leftovers import descendants
from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux lists its processes there"),
]

CONFTEST = """\
from tests.support import leftovers
leftovers.PATIENCE = 0.5
def pytest_configure(config):
    config.pluginmanager.register(leftovers.Leftovers(config))
"""
# Its parent is gone, and it is in a session of its own, without a variable of the run.
LEAVES = """\
import subprocess
def test_leaves(tmp_path):
    subprocess.run(["/bin/sh", "-c", "setsid sleep {seconds} >/dev/null 2>&1 &"], cwd=tmp_path, env={{}}, check=True)
"""


def run(folder: Path, seconds: str, workers: int) -> subprocess.CompletedProcess[str]:
    """A run of one test that leaves a process that sleeps."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(LEAVES.format(seconds=seconds))
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "-p", "no:cacheprovider", "-c", "/dev/null"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [*command, "--basetemp", folder / "temp", folder],
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_what_is_left_fails_the_run_and_is_ended(tmp_path: Path, workers: int) -> None:
    done = run(tmp_path, "301", workers)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if "sleep 301" in line]
    assert "test_leaves0)" in line
    assert int(line.partition(":")[0]) not in descendants(os.getpid())


@pytest.mark.parametrize("workers", [0, 1])
def test_what_ends_by_itself_is_waited_for(tmp_path: Path, workers: int) -> None:
    done = run(tmp_path, "0.2", workers)
    assert (done.returncode, "left behind" in done.stdout) == (0, False), done.stdout + done.stderr


def test_what_runs_below_is_seen_until_it_ends() -> None:
    with subprocess.Popen(["/bin/sh", "-c", "sleep 302 & wait"], start_new_session=True) as process:
        deadline = time.monotonic() + 30
        while len(descendants(process.pid)) != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert process.pid in descendants(os.getpid())
        os.killpg(process.pid, 9)
    assert process.pid not in descendants(os.getpid())
