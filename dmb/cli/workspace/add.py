"""`dmb workspace add`: add modules to a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import FOLDER, as_json_option, dry_run_option, force_option, no_install, workspace_option, yes_option
from .added import added_data, print_added, print_notes
from .reload import end_with, reload_now, reload_option, reloaded_data

if TYPE_CHECKING:
    from pathlib import Path


@click.command(epilog="\b\nExamples:\n  dmb workspace add ./bar-one\n  dmb workspace add */ --workspace ~/dagster")
@click.argument("folders", metavar="MODULE_DIR...", type=FOLDER, nargs=-1, required=True)
@workspace_option
@no_install
@force_option
@yes_option
@reload_option
@as_json_option
@dry_run_option
def add(
    folders: tuple[Path, ...],
    named: Path | None,
    no_install: bool,
    force: bool,
    yes: bool,
    reload_url: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Add modules to the workspace: all of them, or none.

    Each gets its own environment, an entry in workspace.yaml and its variables in .env. Adding a module again updates
    what changed, in place, and keeps its ports. With --yes a folder that has a
    workspace.yaml and is not a workspace yet becomes one first, as by `dmb workspace adopt`.
    """
    from ...errors import NothingToWorkOn
    from ...layout import find
    from ...module import Module
    from ...workspace.changes.add import add_modules
    from ...workspace.changes.adopt import adopt
    from .. import output

    try:
        layout = find(named)
    except NothingToWorkOn:
        if not yes or dry_run:
            raise
        layout = adopt(named, (), mapped={}, given=(), commit=True).layout
    modules = [Module.read(folder) for folder in folders]
    done = add_modules(layout, modules, install=not no_install, dry_run=dry_run, tell=output.tell, force=force)
    reloaded = reload_now(reload_url, layout, dry_run=dry_run)
    if as_json:
        output.data("dmb.workspace.add/1", {**added_data(done, dry_run=dry_run), **reloaded_data(reloaded)})
    elif dry_run:
        print_notes(done)
        output.diff(layout, done.changes)
    else:
        print_added(done)
    end_with(reloaded, as_json=as_json)
