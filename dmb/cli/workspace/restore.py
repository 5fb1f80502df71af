"""`dmb workspace restore`: undo changes, or list those that can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import as_json_option, confirm, dry_run_option, workspace_option, yes_option

if TYPE_CHECKING:
    from pathlib import Path

    from ...layout import Layout


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
    """Undo the change made at TIME and all later ones; without TIME, list the changes that can be undone.

    Every file that these changes touched is restored, so later edits by hand are lost too: check with --dry-run.
    """
    from ...layout import find
    from ...workspace.changes.restore import restore
    from .. import output

    layout = find(named)
    if time is None:
        _list(layout, as_json=as_json)
        return
    done = restore(layout, time, commit=False)
    if not dry_run:
        if not yes:
            output.diff(layout, done.changes)
            confirm(f"This restores {layout.root} to before {done.time}.", "yes")
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
    output.line(f"Restored {layout.root} to before {done.time}")
    output.files(layout, done.changes)


def _list(layout: Layout, *, as_json: bool) -> None:
    from ...workspace.changes.restore import label, not_undoable, undoable
    from .. import output

    backups = undoable(layout)
    for refusal in not_undoable(layout):
        output.tell(str(refusal))
    if as_json:
        entries = [{"time": label(backup), "files": [str(path) for path in backup.files]} for backup in backups]
        output.data("dmb.workspace.backups/1", {"workspace": str(layout.root), "backups": entries})
        return
    if not backups:
        output.tell("No changes to undo.")
    for backup in backups:
        output.line(f"{label(backup)}  {', '.join(path.name for path in backup.files)}")
