"""`dmb workspace sync`: sync a workspace with the modules on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import FOLDER, as_json_option, dry_run_option, force_option, no_install, workspace_option
from .reload import end_with, reload_now, reload_option, reloaded_data

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog="\b\nExamples:\n  dmb workspace sync ~/modules\n  dmb workspace sync --prune\n"
    "  dmb workspace sync ~/modules --dry-run"
)
@click.argument("projects", metavar="[PROJECTS_DIR]", type=FOLDER, required=False)
@workspace_option
@click.option("--prune", is_flag=True, help="Remove the modules whose folder is missing.")
@no_install
@force_option
@reload_option
@as_json_option
@dry_run_option
def sync(
    projects: Path | None,
    named: Path | None,
    prune: bool,
    no_install: bool,
    force: bool,
    reload_url: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Sync the workspace with the modules on disk, in one change.

    Adds new modules of PROJECTS_DIR and updates changed ones. Modules whose folder is missing are reported, or removed
    with --prune. Exits with 1 when some modules could not be synced: their folder is missing or their manifest broken.
    """
    from ...layout import find
    from ...workspace.changes.sync import sync
    from .. import output
    from .added import added_data, print_added, print_notes

    done = sync(
        find(named),
        projects,
        prune=prune,
        force=force,
        install=not no_install,
        dry_run=dry_run,
        tell=output.tell,
    )
    reloaded = reload_now(reload_url, done.added.layout, dry_run=dry_run)
    if as_json:
        broken = [{"place": problem.place, "cause": problem.cause, "remedy": problem.remedy} for problem in done.broken]
        more = {"vanished": list(done.vanished), "pruned": done.pruned, "broken": broken}
        output.data(
            "dmb.workspace.sync/1", {**added_data(done.added, dry_run=dry_run), **more, **reloaded_data(reloaded)}
        )
    elif dry_run:
        print_notes(done.added)
        output.diff(done.added.layout, done.added.changes)
    else:
        print_added(done.added)
    for name in () if as_json else done.vanished:
        words = "its folder is missing; removed" if prune else "its folder is missing; pass --prune to remove it"
        output.tell(f"{name}: {words}")
    for problem in () if as_json else done.broken:
        output.tell(f"left unchanged: {problem}")
    end_with(reloaded, as_json=as_json)
    if done.broken or (done.vanished and not prune):
        click.get_current_context().exit(1)
