"""`dmb workspace up`: start a workspace, and check that all of it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..options import workspace_option
from .running import live_findings, print_live

if TYPE_CHECKING:
    from pathlib import Path

FAILED = 1


@click.command(epilog="\b\nExamples:\n  dmb workspace up\n  dmb workspace up --workspace ~/dagster --port 3001")
@workspace_option
@click.option("--port", type=click.IntRange(1, 65535), help="Webserver port, unless a file sets it.  [default: 3000]")
@click.option("--patience", type=float, default=300.0, show_default=True, help="Seconds to wait for the webserver.")
def up(named: Path | None, port: int | None, patience: float) -> int:
    """Start the workspace, check that all of it loads, and stop it on Ctrl-C.

    Runs its runtime's own tool: dagster dev, honcho, or docker compose up.
    """
    from ...layout import find
    from ...workspace.live import up as starter
    from ...workspace.live.inspection import inspect_workspace
    from .. import output

    layout = find(named)
    start = starter.start_of(layout, port)
    output.tell(f"Starting {layout.root}: {' '.join(start.command)}")
    with starter.running(layout, start) as process:
        try:
            if starter.wait(process, start.url, patience):
                live = inspect_workspace(start.url, layout)
                print_live(live)
                from audit_hooks.reports import text

                output.line(text.listing(live_findings(live, layout)).rstrip("\n"))
                output.tell("Running. Ctrl-C stops it.")
            process.wait()
        except KeyboardInterrupt:
            output.tell("Stopping.")
            return 0
    output.tell(f"It exited with code {process.returncode}.")
    return FAILED
