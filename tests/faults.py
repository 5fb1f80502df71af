"""Processes that die on purpose: forked, killed before a chosen system call, or held at it."""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = (
    "open",
    "fsync",
    "replace",
    "rename",
    "link",
    "unlink",
    "rmdir",
    "mkdir",
    "chmod",
    "chown",
    "utime",
    "ftruncate",
)


def fork(work: Callable[[], object]) -> int:
    """The pid of a child that does `work`; it ends with 0, or with 1 when `work` raised."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # nothing of the child may run on in the test's process
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def wait(pid: int) -> int:
    """The exit code of the child, -9 when it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def run_killed(work: Callable[[], object], calls: int) -> int:
    """Do `work` in a child that is killed before its system call number `calls`; the child's exit code."""

    def dying() -> None:
        left = calls

        def counted(call: Callable[..., Any]) -> Callable[..., Any]:
            def run(*args: Any, **kwargs: Any) -> Any:
                nonlocal left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return call(*args, **kwargs)

            return run

        for name in CALLS:
            setattr(os, name, counted(getattr(os, name)))
        work()

    return wait(fork(dying))
