"""`dmb workspace remove`: take modules out of a workspace."""

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
    help="Also delete what the modules keep in the storage; for volumes, print how.",
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
    """Take modules out of the workspace: all that are named, or none.

    Their blocks go, byte for byte; the modules' own folders and their data stay.
    """
    from ...workspace.changes.remove import remove_modules
    from ...workspace.state.layout import find
    from .. import output

    layout = find(named)
    done = remove_modules(layout, names, with_data=with_data, force=force, commit=False)
    if not dry_run:
        if not yes:
            for line in _doomed(done):
                output.tell(line)
            confirm(f"This takes {', '.join(done.names)} out of {layout.root}.", " ".join(done.names))
        done = remove_modules(layout, done.names, with_data=with_data, force=force, commit=True)
    reloaded = reload_now(reload_url, layout, dry_run=dry_run)
    if as_json:
        kept = [
            {"module": name, "path": str(each.path), "bytes": each.size}
            for name, found in done.kept.items()
            for each in found
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
        output.line(f"{name}: taken out of {layout.root}")
        for each in done.kept.get(name, ()):
            output.line(f"  deleted {each.path}")
    output.files(layout, done.changes)
    if done.commands:
        output.line("What the modules keep in volumes stays until you delete it, which cannot be undone:")
        output.following(done.commands)
    end_with(reloaded, as_json=False)


def _doomed(done: Removed) -> list[str]:
    """What `--data` deletes, and what it leaves to a person."""
    deleted = [
        f"data of {name} that is deleted: {each.path} ({each.size:,} bytes)"
        for name, found in done.kept.items()
        for each in found
    ]
    return [*deleted, *(f"to be run afterwards, for what is in volumes: {each}" for each in done.commands)]
