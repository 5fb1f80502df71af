"""`dmb workspace`: a file a command, parsing and printing only; the work is in `dmb.workspace`."""

from __future__ import annotations

import click

from .add import add
from .adopt import adopt
from .init import init
from .list import show
from .remove import remove
from .restore import restore
from .rotate import rotate
from .sync import sync
from .up import up
from .validate import validate


@click.group()
def workspace() -> None:
    """Make a workspace, put modules in, take them out.

    A workspace is the folder that a webserver and a daemon run from. It is found by --workspace, then the variable
    DMB_WORKSPACE, then upwards from the working folder, then in ~/workspace/services/dagster.
    """


for command in (init, add, remove, show, validate, sync, adopt, up, restore, rotate):
    workspace.add_command(command)
