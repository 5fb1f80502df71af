"""`dmb workspace adopt`: take over what was added to a workspace by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..options import FOLDER, as_json_option, confirm, dry_run_option, workspace_option, yes_option

if TYPE_CHECKING:
    from pathlib import Path

    from ...workspace.changes.adopt import Adopted


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
    help="The code location, service or old block WHAT belongs to the module NAME (repeatable).",
)
@click.option(
    "--file",
    "given",
    metavar="PATH",
    type=FOLDER,
    multiple=True,
    help="Path of workspace.yaml, dagster.yaml or a Compose file (repeatable).",
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
    """Take over modules that were added to a workspace by hand: all of them, or those named.

    Shows what seems to belong to which module and why, then asks. Only marker lines are added. A folder that is not a
    workspace yet becomes one.
    """
    from ...workspace.changes.adopt import adopt
    from .. import output

    names_of = _mapping(mapped)
    done = adopt(named, names, mapped=names_of, given=given, commit=False, dry_run=dry_run)
    if not as_json:
        for note in done.notes:
            output.tell(note)
        _print_groups(done)
    if not dry_run:
        if not yes:
            confirm(f"This adds marker lines in {done.layout.root} and changes nothing else.", "yes")
        done = adopt(named, [group.name for group in done.groups], mapped=names_of, given=given, commit=True)
    if as_json:
        changed = output.changed(done.layout, done.changes, dry_run=dry_run)
        output.data("dmb.workspace.adopt/1", {"modules": _groups(done), **changed})
        return
    if dry_run:
        output.diff(done.layout, done.changes)
        return
    for group in done.groups:
        output.line(f"{group.name}: taken over in {done.layout.root}")
    if not done.groups:
        output.line(f"{done.layout.root} is a workspace now; nothing in it was to be taken over")
    output.files(done.layout, done.changes)


def _mapping(given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=WHAT` as what -> name, each name one that a module can have."""
    from ...answers import problem_with

    names = {}
    for pair in given:
        name, sign, what = pair.partition("=")
        if not sign or not what:
            raise click.BadParameter(f"{pair!r} is not NAME=WHAT", param_hint="--map")
        problem = problem_with("module_slug", name)
        if problem:
            raise click.BadParameter(problem, param_hint="--map")
        names[what] = name
    return names


def _print_groups(done: Adopted) -> None:
    """What belongs to which module, with the evidence."""
    from .. import output

    root = done.layout.root
    for group in done.groups:
        output.tell(f"{group.name}:")
        for find in group.finds:
            output.tell(f"  {find.file.relative_to(root)}:{find.line}: {find.words}")
        for note in group.notes:
            output.tell(f"  left unchanged: {note}")


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
