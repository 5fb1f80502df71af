"""Processes that die on purpose: forked, killed before a chosen system call or within a write, or held at it."""

from __future__ import annotations

import builtins
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
    """Do `work` in a child that is killed before its system call number `calls`; the child's exit code.

    When that call writes to a file, half of what it writes is there.
    """

    def dying() -> None:
        left = calls

        def reached(then: Callable[[], object] = lambda: None) -> None:
            nonlocal left
            if left == 0:
                then()
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

        def counted(call: Callable[..., Any]) -> Callable[..., Any]:
            def run(*args: Any, **kwargs: Any) -> Any:
                reached()
                return call(*args, **kwargs)

            return run

        class Torn:
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                self.file = opened(*args, **kwargs)

            def __getattr__(self, name: str) -> Any:
                return getattr(self.file, name)

            def __enter__(self) -> Torn:
                return self

            def __exit__(self, *error: object) -> None:
                self.file.close()

            def write(self, data: bytes) -> Any:
                reached(lambda: (self.file.write(data[: len(data) // 2]), self.file.flush()))
                return self.file.write(data)

        opened = builtins.open
        builtins.open = Torn  # type: ignore[assignment]
        for name in CALLS:
            setattr(os, name, counted(getattr(os, name)))
        work()

    return wait(fork(dying))
