"""`dmb workspace sync`: parsing and printing only; the work is in `dmb.workspace.sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import FOLDER, as_json_option, dry_run_option, force_option, no_install, workspace_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog="\b\nExamples:\n  dmb workspace sync ~/modules\n  dmb workspace sync --prune\n"
    "  dmb workspace sync ~/modules --dry-run"
)
@click.argument("projects", metavar="[PROJECTS_DIR]", type=FOLDER, required=False)
@workspace_option
@click.option("--prune", is_flag=True, help="Take out the modules whose folder is gone.")
@no_install
@force_option
@as_json_option
@dry_run_option
def sync(
    projects: Path | None,
    named: Path | None,
    prune: bool,
    no_install: bool,
    force: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Bring the whole workspace into line with the modules on disk, in one change.

    What is new in PROJECTS_DIR comes in, what changed is updated, and what is gone is told, or with --prune taken out.
    Exit code 1 when something is left that is not in line: a module that is gone, or one whose manifest is broken.
    """
    from ..workspace.layout import find
    from ..workspace.sync import sync
    from . import output
    from .workspace import added_data, print_added

    done = sync(
        find(named),
        projects,
        prune=prune,
        force=force,
        install=not no_install,
        dry_run=dry_run,
        tell=output.tell,
    )
    if as_json:
        broken = [{"place": each.place, "cause": each.cause, "remedy": each.remedy} for each in done.broken]
        more = {"vanished": list(done.vanished), "pruned": done.pruned, "broken": broken}
        output.data("dmb.workspace.sync/1", {**added_data(done.added, dry_run=dry_run), **more})
    elif dry_run:
        output.diff(done.added.layout, done.added.changes)
    else:
        print_added(done.added)
    for name in () if as_json else done.vanished:
        words = "its folder is gone; taken out" if prune else "its folder is gone; --prune takes it out"
        output.tell(f"{name}: {words}")
    for each in () if as_json else done.broken:
        output.tell(f"left as it was: {each}")
    if done.broken or (done.vanished and not prune):
        click.get_current_context().exit(1)
