"""A run leaves no process behind: what its tests started and did not end fails it, named with command and folder."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shlex
import signal
import time
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 10.0  # seconds for what is ending already
SUBREAPER = 36  # <linux/prctl.h>: a process below that loses its parent becomes this one's child, not init's


def descendants(of: int) -> set[int]:
    """The running processes below one, as Linux lists them; none elsewhere."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state != "Z":  # it has ended and waits to be collected
                children.setdefault(int(parent), []).append(int(stat.parent.name))
    pids: set[int] = set()
    below = [of]
    while below:
        new = set(children.get(below.pop(), ())) - pids
        pids |= new
        below += new
    return pids


def described(pid: int) -> str:
    """A process's command and the folder that it runs in: a test's own folder has the test's name."""
    process = Path("/proc", str(pid))
    with contextlib.suppress(OSError):
        words = process.joinpath("cmdline").read_text(errors="replace").split("\0")[:-1]
        return f"{pid}: {shlex.join(words)} (in {process.joinpath('cwd').readlink()})"
    return f"{pid}: it ended just now"


class Leftovers:
    """The plugin. It looks in the process that runs the tests, which with xdist is a worker, and fails the run."""

    def __init__(self, config: pytest.Config) -> None:
        self.worker: dict[str, Any] | None = getattr(config, "workeroutput", None)
        self.watching = self.worker is not None or not config.getoption("numprocesses", None)
        self.before: set[int] = set()
        self.left: list[str] = []
        if self.watching and Path("/proc/self/stat").exists():
            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
            self.before = descendants(os.getpid())

    def end(self) -> list[str]:
        """Wait for what is ending, then end the rest by force and describe it."""
        deadline = time.monotonic() + PATIENCE
        while (left := descendants(os.getpid()) - self.before) and time.monotonic() < deadline:
            time.sleep(0.1)
        descriptions = [described(pid) for pid in sorted(left)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return descriptions

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what a worker of xdist's found."""
        self.left += getattr(node, "workeroutput", {}).get("left", [])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.watching:
            self.left = self.end()
        if self.worker is not None:
            self.worker["left"] = self.left
        elif self.left:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.left:
            terminalreporter.section("processes that the tests left behind", red=True, bold=True)
            for process in self.left:
                terminalreporter.line(process)
