"""`dmb workspace remove`: remove modules from a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import as_json_option, confirm, dry_run_option, force_option, workspace_option, yes_option
from .reload import end_with, reload_now, reload_option, reloaded_data

if TYPE_CHECKING:
    from pathlib import Path

    from ...workspace.changes.remove import Removed


@click.command(epilog="\b\nExamples:\n  dmb workspace remove bar-one\n  dmb workspace remove bar-one --data --yes")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@workspace_option
@click.option(
    "--data",
    "with_data",
    is_flag=True,
    help="Also delete the modules' data in the storage; for volumes, print the commands.",
)
@force_option
@yes_option
@reload_option
@as_json_option
@dry_run_option
def remove(
    names: tuple[str, ...],
    named: Path | None,
    with_data: bool,
    force: bool,
    yes: bool,
    reload_url: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Remove modules from the workspace: all of them, or none.

    Only their blocks are removed; the modules' own folders and their data stay.
    """
    from ...layout import find
    from ...workspace.changes.remove import remove_modules
    from .. import output

    layout = find(named)
    done = remove_modules(layout, names, with_data=with_data, force=force, commit=False)
    if not dry_run:
        if not yes:
            for line in _doomed(done):
                output.tell(line)
            confirm(f"This removes {', '.join(done.names)} from {layout.root}.", " ".join(done.names))
        done = remove_modules(layout, done.names, with_data=with_data, force=force, commit=True)
    reloaded = reload_now(reload_url, layout, dry_run=dry_run)
    if as_json:
        kept = [
            {"module": name, "path": str(item.path), "bytes": item.size}
            for name, stored in done.kept.items()
            for item in stored
        ]
        changed = output.changed(layout, done.changes, dry_run=dry_run)
        more = {"data": kept, **changed, "next": list(done.commands), **reloaded_data(reloaded)}
        output.data("dmb.workspace.remove/1", {"modules": list(done.names), **more})
        end_with(reloaded, as_json=True)
        return
    for note in done.notes:
        output.tell(note)
    if dry_run:
        for line in _doomed(done):
            output.tell(line)
        output.diff(layout, done.changes)
        return
    for name in done.names:
        output.line(f"{name}: removed from {layout.root}")
        for item in done.kept.get(name, ()):
            output.line(f"  deleted {item.path}")
    output.files(layout, done.changes)
    if done.commands:
        output.line("Data in volumes stays until you delete it, which cannot be undone:")
        output.following(done.commands)
    end_with(reloaded, as_json=False)


def _doomed(done: Removed) -> list[str]:
    """What `--data` deletes, and what it leaves to a person."""
    deleted = [
        f"deletes data of {name}: {item.path} ({item.size:,} bytes)"
        for name, stored in done.kept.items()
        for item in stored
    ]
    return [*deleted, *(f"to delete data in volumes, run afterwards: {command}" for command in done.commands)]
