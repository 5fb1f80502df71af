"""Where the hooks begin and end. They run at every commit, so what so short a process can leave out is left out."""

from __future__ import annotations

import os
import sys
from importlib import import_module

from .judging.engine import collect_seldom

INTERNAL = 4  # the exit code of an error of ours


def audit() -> None:
    """`dmb-audit`."""
    _run("dmb_audit")


def workspace_validate() -> None:
    """`dmb-workspace-validate`."""
    _run("dmb_workspace_validate")


def _run(hook: str) -> None:
    collect_seldom()
    try:
        code: int = import_module(f".{hook}", __package__).main()
    except Exception as error:  # no traceback reaches a user, and 1 would mean findings
        name = hook.replace("_", "-")
        print(f"Error: {name} failed where it should not ({type(error).__name__}: {error})", file=sys.stderr)  # noqa: T201
        code = INTERNAL
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # nobody reads it any more: the interpreter's end says so, as for every program
    os._exit(code)  # the system takes all memory back at once; the interpreter would free it object by object
