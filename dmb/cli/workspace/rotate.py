"""`dmb workspace rotate`: give a module's database a new password."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ..options import as_json_option, confirm, dry_run_option, workspace_option, yes_option

if TYPE_CHECKING:
    from pathlib import Path

    from ...workspace.changes.rotate import Rotated


@click.command(epilog="\b\nExamples:\n  dmb workspace rotate bar-one")
@click.argument("name", metavar="NAME")
@workspace_option
@yes_option
@as_json_option
@dry_run_option
def rotate(name: str, named: Path | None, yes: bool, as_json: bool, dry_run: bool) -> None:
    """Give a module's database a new password: on its server, then in its block of .env. It is never printed.

    A server in a container has to run, or nothing is changed. What is killed on the way is ended by the same command.
    """
    from ...layout import find
    from ...workspace.changes.rotate import rotate
    from .. import output

    layout = find(named)
    done = rotate(layout, name, commit=False)
    if not dry_run:
        if not yes:
            confirm(f"This gives {name} a new password in {layout.env}.", name)
        done = rotate(layout, name, commit=True)
    if as_json:
        changed = output.changed(layout, done.changes, dry_run=dry_run)
        data = {"module": name, "variable": done.variable, "server_told": done.server_updated, **changed}
        output.data("dmb.workspace.rotate/1", {**data, "next": _after_rotate(done)})
        return
    for note in done.notes:
        output.tell(note)
    if dry_run:
        output.diff(layout, done.changes)
        return
    output.line(
        f"{name}: {done.variable} is new in {layout.env}{', and set on the server' if done.server_updated else ''}"
    )
    output.following(_after_rotate(done))


def _after_rotate(done: Rotated) -> list[str]:
    """Shell lines: have what uses the password take the new one."""
    folder, variable = shlex.quote(str(done.layout.root)), done.variable
    if done.runtime != "docker":
        return [
            f"# copy {variable} from {done.layout.env} to {done.path}/.env",
            "# then stop the workspace and start it again",
        ]
    start = f"cd {folder} && docker compose up --detach"
    if not done.service:
        return [f"# set the password of {done.name}'s server to {variable} from {done.layout.env}", start]
    return [start]
