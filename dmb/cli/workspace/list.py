"""`dmb workspace list`: the modules of a workspace, and whether each is in sync."""

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
    """List the modules of the workspace, and whether each is unchanged since dmb wrote it."""
    from ...layout import find
    from ...workspace.state.status import listing
    from .. import output

    layout = find(named)
    status = listing(layout)
    if as_json:
        modules = [
            {
                "name": module.name,
                "location_name": module.entry.location_name,
                "owner": module.owner,
                "path": module.entry.path,
                "path_exists": module.path_exists,
                "database": module.entry.database,
                "ports": dict(module.entry.ports),
                "added": module.entry.added,
                "in_sync": not module.drifted,
                "drifted": [drift._asdict() for drift in module.drifted],
            }
            for module in status.modules
        ]
        data = {"workspace": str(layout.root), "runtime": status.runtime, "modules": modules}
        output.data("dmb.workspace.list/1", data)
        return
    for note in status.notes:
        output.tell(note)
    if not status.modules:
        output.tell(f"{layout.root} has no modules yet; add one: dmb workspace add MODULE_DIR")
        return
    rows = [("MODULE", "LOCATION", "OWNER", "RUNTIME", "DATABASE", "PORTS", "ADDED", "STATE", "PATH")]
    for module in status.modules:
        entry = module.entry
        ports = " ".join(f"{kind}:{port}" for kind, port in entry.ports.items())
        path = (entry.path or "(no repository known)") + ("" if module.path_exists or not entry.path else " (missing)")
        state = "in sync" if not module.drifted else "drifted"
        about = (module.name, entry.location_name, module.owner or "-", status.runtime, entry.database)
        rows.append((*about, ports or "-", entry.added[:10], state, path))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        output.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for module in status.modules:
        for drift in module.drifted:
            what = f":{drift.line}: changed by hand" if drift.line else ": missing"
            output.line(f"{module.name}: {layout.root / drift.file}{what}")
