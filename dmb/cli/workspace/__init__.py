"""`dmb workspace`: a file a command, parsing and printing only; the work is in `dmb.workspace`."""

from __future__ import annotations

import click

from .add import add
from .adopt import adopt
from .build import build
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
    """Make workspaces; add and remove modules.

    A workspace is the folder that the webserver and the daemon run from. It is looked for in this order: --workspace,
    the variable DMB_WORKSPACE, the working folder and its parents, ~/workspace/services/dagster.
    """


for command in (init, add, remove, show, validate, sync, adopt, build, up, restore, rotate):
    workspace.add_command(command)
