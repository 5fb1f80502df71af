"""Where the hooks begin and end. They run at every commit, so what so short a process can leave out is left out."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

# The objects that an audit makes live as long as it does: to look through them for garbage every 700 of them is a tenth
# of its time, and at this number it still bounds the memory of a repository with hundreds of modules.
_OBJECTS = 200_000


def audit() -> None:
    """`dmb-audit`."""
    _run("audit")


def workspace_validate() -> None:
    """`dmb-workspace-validate`."""
    _run("workspace_validate")


def _run(hook: str) -> None:
    gc.set_threshold(_OBJECTS)
    code: int = import_module(f".{hook}", __package__).main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # nobody reads it any more: the interpreter's end says so, as for every program
    os._exit(code)  # the system takes all memory back at once; the interpreter would free it object by object
