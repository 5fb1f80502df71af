"""`dmb workspace list`: the modules of a workspace, and whether each is still as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import as_json_option, workspace_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command("list", epilog="\b\nExamples:\n  dmb workspace list\n  dmb workspace list --json")
@workspace_option
@as_json_option
def show(named: Path | None, as_json: bool) -> None:
    """Show the modules of the workspace, and whether each is still as it was written."""
    from ...workspace.state.layout import find
    from ...workspace.state.status import listing
    from .. import output

    layout = find(named)
    found = listing(layout)
    if as_json:
        modules = [
            {
                "name": each.name,
                "location_name": each.entry.location_name,
                "owner": each.owner,
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
    rows = [("MODULE", "LOCATION", "OWNER", "RUNTIME", "DATABASE", "PORTS", "ADDED", "STATE", "PATH")]
    for each in found.modules:
        entry = each.entry
        ports = " ".join(f"{kind}:{port}" for kind, port in entry.ports.items())
        path = (entry.path or "(no repository known)") + ("" if each.path_exists or not entry.path else " (gone)")
        state = "in sync" if not each.drifted else "drifted"
        about = (each.name, entry.location_name, each.owner or "-", found.runtime, entry.database)
        rows.append((*about, ports or "-", entry.added[:10], state, path))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        output.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for each in found.modules:
        for drift in each.drifted:
            what = f":{drift.line}: changed by hand" if drift.line else ": gone"
            output.line(f"{each.name}: {layout.root / drift.file}{what}")
