"""`dmb workspace sync` and `adopt`: parsing and printing only; the work is in `dmb.workspace`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .options import (
    FOLDER,
    as_json_option,
    confirm,
    dry_run_option,
    force_option,
    no_install,
    workspace_option,
    yes_option,
)
from .workspace_live import end_with, reload_now, reload_option, reloaded_data

if TYPE_CHECKING:
    from pathlib import Path

    from ..workspace.adopt import Adopted


@click.command(
    epilog="\b\nExamples:\n  dmb workspace sync ~/modules\n  dmb workspace sync --prune\n"
    "  dmb workspace sync ~/modules --dry-run"
)
@click.argument("projects", metavar="[PROJECTS_DIR]", type=FOLDER, required=False)
@workspace_option
@click.option("--prune", is_flag=True, help="Take out the modules whose folder is gone.")
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
    """Bring the whole workspace into line with the modules on disk, in one change.

    What is new in PROJECTS_DIR comes in, what changed is updated, and what is gone is told, or with --prune taken out.
    Exit code 1 when something is left that is not in line: a module that is gone, or one whose manifest is broken.
    """
    from ..workspace.layout import find
    from ..workspace.sync import sync
    from . import output
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
        broken = [{"place": each.place, "cause": each.cause, "remedy": each.remedy} for each in done.broken]
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
        words = "its folder is gone; taken out" if prune else "its folder is gone; --prune takes it out"
        output.tell(f"{name}: {words}")
    for each in () if as_json else done.broken:
        output.tell(f"left as it was: {each}")
    end_with(reloaded, as_json=as_json)
    if done.broken or (done.vanished and not prune):
        click.get_current_context().exit(1)


@click.command(
    epilog="\b\nExamples:\n  dmb workspace adopt --workspace ~/services/dagster --dry-run\n"
    "  dmb workspace adopt bar-one --map bar-one=bar_pipeline\n"
    "  dmb workspace adopt --file dagster_home/workspace.yaml --yes"
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@workspace_option
@click.option(
    "--map",
    "mapped",
    metavar="NAME=WHAT",
    multiple=True,
    help="A code location, service or old block WHAT belongs to the module NAME; may be repeated.",
)
@click.option(
    "--file", "given", metavar="PATH", type=FOLDER, multiple=True, help="Where a file stands, such as workspace.yaml."
)
@yes_option
@as_json_option
@dry_run_option
def adopt(
    names: tuple[str, ...],
    named: Path | None,
    mapped: tuple[str, ...],
    given: tuple[Path, ...],
    yes: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Take over what was put into a workspace by hand: all modules, or those that are named.

    Shows what seems to belong to which module, and why, and asks. Only marker lines are added. A folder that is no
    workspace yet becomes one.
    """
    from ..workspace.adopt import adopt
    from . import output

    names_of = _mapping(mapped)
    done = adopt(named, names, mapped=names_of, given=given, commit=False)
    if not as_json:
        _print_groups(done)
    if not dry_run:
        if not yes:
            confirm(f"This writes markers and changes nothing else in {done.layout.root}.", "yes")
        done = adopt(named, [group.name for group in done.groups], mapped=names_of, given=given, commit=True)
    if as_json:
        changed = output.changed(done.layout, done.changes, dry_run=dry_run)
        output.data("dmb.workspace.adopt/1", {"modules": _groups(done), **changed})
        return
    for note in done.notes:
        output.tell(note)
    if dry_run:
        output.diff(done.layout, done.changes)
        return
    for group in done.groups:
        output.line(f"{group.name}: taken over in {done.layout.root}")
    output.files(done.layout, done.changes)


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=WHAT` as what -> name, each name one that a module can have."""
    from ..answers import problem_with

    found = {}
    for each in given:
        name, sign, what = each.partition("=")
        if not sign or not what:
            raise click.BadParameter(f"{each!r} is not NAME=WHAT", param_hint="--map")
        problem = problem_with("module_slug", name)
        if problem:
            raise click.BadParameter(problem, param_hint="--map")
        found[what] = name
    return found


def _print_groups(done: Adopted) -> None:
    """What belongs to which module, with the evidence."""
    from . import output

    root = done.layout.root
    for group in done.groups:
        output.tell(f"{group.name}:")
        for find in group.finds:
            output.tell(f"  {find.file.relative_to(root)}:{find.line}: {find.words}")
        for note in group.notes:
            output.tell(f"  left as it is: {note}")


def _groups(done: Adopted) -> list[dict[str, Any]]:
    return [
        {
            "name": group.name,
            "location_name": group.location,
            "database": group.database,
            "finds": [
                {"path": str(find.file), "line": find.line, "what": find.words, "wrapped": find.wrapped}
                for find in group.finds
            ],
            "left": group.notes,
        }
        for group in done.groups
    ]
