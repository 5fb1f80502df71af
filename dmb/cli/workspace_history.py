"""`dmb workspace restore` and `rotate`: parsing and printing only; the work is in `dmb.workspace`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from .options import as_json_option, confirm, dry_run_option, workspace_option, yes_option

if TYPE_CHECKING:
    from pathlib import Path

    from ..workspace.layout import Layout
    from ..workspace.rotate import Rotated


@click.command(
    epilog="\b\nExamples:\n  dmb workspace restore\n  dmb workspace restore 2026-11-22T22:01:05 --dry-run\n"
    "  dmb workspace restore 2026-11-22T22:01:05 --yes"
)
@click.argument("time", metavar="[TIME]", required=False)
@workspace_option
@yes_option
@as_json_option
@dry_run_option
def restore(time: str | None, named: Path | None, yes: bool, as_json: bool, dry_run: bool) -> None:
    """Undo the change made at TIME and all that came after it; without TIME, list the changes that can be undone.

    Every file that these changes touched is again as it was before them, so what people wrote into it since is undone
    too: look with --dry-run.
    """
    from ..workspace.history import restore
    from ..workspace.layout import find
    from . import output

    layout = find(named)
    if time is None:
        _list(layout, as_json=as_json)
        return
    done = restore(layout, time, commit=False)
    if not dry_run:
        if not yes:
            output.diff(layout, done.changes)
            confirm(f"This brings {layout.root} back to before {done.time}.", "yes")
        done = restore(layout, done.time, commit=True)
    if as_json:
        changed = output.changed(layout, done.changes, dry_run=dry_run)
        output.data("dmb.workspace.restore/1", {"time": done.time, **changed})
        return
    for note in done.notes:
        output.tell(note)
    if dry_run:
        output.diff(layout, done.changes)
        return
    output.line(f"{layout.root} is as it was before {done.time}")
    output.files(layout, done.changes)


def _list(layout: Layout, *, as_json: bool) -> None:
    from ..workspace.history import label, undoable
    from . import output

    found = undoable(layout)
    if as_json:
        entries = [{"time": label(one), "files": [str(path) for path in one.files]} for one in found]
        output.data("dmb.workspace.backups/1", {"workspace": str(layout.root), "backups": entries})
        return
    if not found:
        output.tell("There is no change that can be undone.")
    for one in found:
        output.line(f"{label(one)}  {', '.join(path.name for path in one.files)}")


@click.command(epilog="\b\nExamples:\n  dmb workspace rotate bar-one")
@click.argument("name", metavar="NAME")
@workspace_option
@yes_option
@as_json_option
@dry_run_option
def rotate(name: str, named: Path | None, yes: bool, as_json: bool, dry_run: bool) -> None:
    """Give a module's database a new password: in its block of .env. It is never printed.

    In a local workspace the server gets it too, or nothing is changed. A server in a container keeps the old one until
    it is told; the commands for that are shown.
    """
    from ..workspace.layout import find
    from ..workspace.rotate import rotate
    from . import output

    layout = find(named)
    done = rotate(layout, name, commit=False)
    if not dry_run:
        if not yes:
            confirm(f"This gives {name} a new password in {layout.env}.", name)
        done = rotate(layout, name, commit=True)
    if as_json:
        changed = output.changed(layout, done.changes, dry_run=dry_run)
        data = {"module": name, "variable": done.variable, "server_told": done.told, **changed}
        output.data("dmb.workspace.rotate/1", {**data, "next": _after_rotate(done)})
        return
    for note in done.notes:
        output.tell(note)
    if dry_run:
        output.diff(layout, done.changes)
        return
    output.line(f"{name}: {done.variable} is new in {layout.env}{', and the server has it' if done.told else ''}")
    output.following(_after_rotate(done))


def _after_rotate(done: Rotated) -> list[str]:
    """Shell lines: tell the server, then restart what uses the password."""
    from ..workspace.password import STATEMENTS

    folder, variable = shlex.quote(str(done.layout.root)), done.variable
    if done.runtime != "docker":
        return [
            f"# write {variable} of {done.layout.env} into {done.path}/.env too",
            "# then stop the workspace and start it again",
        ]
    if not done.service:
        return [
            f"# give the server of {done.name} the password that {variable} has in {done.layout.env}",
            f"cd {folder} && docker compose up --detach",
        ]
    statement = STATEMENTS[done.database].format("$NEW")
    if done.database == "postgresql":
        change = f'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "{statement}"'
    else:
        client = "$(command -v mysql mariadb | head -n 1)"
        change = f'MYSQL_PWD="$MYSQL_PASSWORD" {client} -u "$MYSQL_USER" -e "{statement}"'
    take = f"$(grep '^{variable}=' .env | cut -d= -f2-)"
    return [
        f"cd {folder}",
        f'NEW="{take}" docker compose exec -e NEW {done.service} sh -c {shlex.quote(change)}',
        "docker compose up --detach",
    ]
