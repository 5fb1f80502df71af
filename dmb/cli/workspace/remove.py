"""`dmb workspace remove`: remove modules from a workspace."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ..options import as_json_option, confirm, dry_run_option, force_option, workspace_option, yes_option
from .reload import end_with, reload_now, reload_option, reloaded_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ...workspace.changes.left_behind import LeftBehind
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
    from ...workspace.changes.left_behind import left_behind
    from ...workspace.changes.remove import remove_modules
    from .. import output

    layout = find(named)
    done = remove_modules(layout, names, with_data=with_data, force=force, commit=False)
    stays = left_behind(layout, done.names)
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
        docker = {name: {"image": item.image or None, "volumes": list(item.volumes)} for name, item in stays.items()}
        more = {
            "data": kept,
            "docker": docker,
            **changed,
            "next": _after_remove(done, stays),
            **reloaded_data(reloaded),
        }
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
    for line in _staying(stays):
        output.line(line)
    if commands := _after_remove(done, stays):
        if any(item.services for item in stays.values()):
            output.line("Containers that run go on until the first of these commands stops them.")
        if done.commands:
            output.line("Data in volumes stays until you delete it, which cannot be undone.")
        output.following(commands)
    end_with(reloaded, as_json=False)


def _doomed(done: Removed) -> list[str]:
    """What `--data` deletes, and what it leaves to a person."""
    deleted = [
        f"deletes data of {name}: {item.path} ({item.size:,} bytes)"
        for name, stored in done.kept.items()
        for item in stored
    ]
    return [*deleted, *(f"to delete data in volumes, run afterwards: {command}" for command in done.commands)]


def _after_remove(done: Removed, stays: Mapping[str, LeftBehind]) -> list[str]:
    """Shell lines: stop what runs of the modules, then, with `--data`, delete what they have in volumes."""
    from ...workspace.runtimes.engine import compose

    stop = shlex.join(compose(done.layout, "up", "--detach", "--remove-orphans"))
    runs = any(item.services for item in stays.values())
    return list(dict.fromkeys([*([stop] if runs else []), *done.commands]))


def _staying(stays: Mapping[str, LeftBehind]) -> Iterator[str]:
    """The image and the volumes of each module."""
    for name, item in stays.items():
        if item.image:
            yield f"  the image of {name} stays: docker image rm {shlex.quote(item.image)}"
        if item.volumes:
            yield f"  the data of {name} stays in a volume: {', '.join(item.volumes)}"
