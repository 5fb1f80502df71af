"""`dmb workspace remove`, `list`, `restore`, `rotate`: parsing and printing only; the work is in `dmb.workspace`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import as_json_option, confirm, dry_run_option, force_option, workspace_option, yes_option
from .workspace_live import end_with, reload_now, reload_option, reloaded_data

if TYPE_CHECKING:
    from pathlib import Path

    from ..workspace.operations import Removed


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
    from ..workspace import operations
    from ..workspace.layout import find
    from . import output

    layout = find(named)
    done = operations.remove(layout, names, with_data=with_data, force=force, commit=False)
    if not dry_run:
        if not yes:
            for line in _doomed(done):
                output.tell(line)
            confirm(f"This takes {', '.join(done.names)} out of {layout.root}.", " ".join(done.names))
        done = operations.remove(layout, done.names, with_data=with_data, force=force, commit=True)
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


@click.command("list", epilog="\b\nExamples:\n  dmb workspace list\n  dmb workspace list --json")
@workspace_option
@as_json_option
def show(named: Path | None, as_json: bool) -> None:
    """Show the modules of the workspace, and whether each is still as it was written."""
    from ..workspace.layout import find
    from ..workspace.status import listing
    from . import output

    layout = find(named)
    found = listing(layout)
    if as_json:
        modules = [
            {
                "name": each.name,
                "location_name": each.entry.location_name,
                "path": each.entry.path,
                "path_exists": each.path_exists,
                "database": each.entry.database,
                "ports": dict(each.entry.ports),
                "added": each.entry.added,
                "in_sync": not each.drifted,
                "drifted": [drift._asdict() for drift in each.drifted],
            }
            for each in found.modules
        ]
        data = {"workspace": str(layout.root), "runtime": found.runtime, "modules": modules}
        output.data("dmb.workspace.list/1", data)
        return
    for note in found.notes:
        output.tell(note)
    if not found.modules:
        output.tell(f"{layout.root} holds no module yet: dmb workspace add MODULE_DIR")
        return
    rows = [("MODULE", "LOCATION", "RUNTIME", "DATABASE", "PORTS", "ADDED", "STATE", "PATH")]
    for each in found.modules:
        entry = each.entry
        ports = " ".join(f"{kind}:{port}" for kind, port in entry.ports.items())
        path = (entry.path or "(no repository known)") + ("" if each.path_exists or not entry.path else " (gone)")
        state = "in sync" if not each.drifted else "drifted"
        words = (each.name, entry.location_name, found.runtime, entry.database, ports or "-", entry.added[:10], state)
        rows.append((*words, path))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        output.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for each in found.modules:
        for drift in each.drifted:
            what = f":{drift.line}: changed by hand" if drift.line else ": gone"
            output.line(f"{each.name}: {layout.root / drift.file}{what}")
