"""`dmb workspace up`: start a workspace, and check that all of it loads."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ...errors import DmbError
from ..options import workspace_option
from .build import print_results
from .running import live_findings, print_live, print_locations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ...layout import Layout
    from ...workspace.live.dev import Source
    from ...workspace.live.up import Start

FAILED = 1


@click.command(
    epilog="\b\nExamples:\n  dmb workspace up\n  dmb workspace up --workspace ~/dagster --port 3001\n"
    "  dmb workspace up --dev bar-one"
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@workspace_option
@click.option("--port", type=click.IntRange(1, 65535), help="Webserver port, unless a file sets it.  [default: 3000]")
@click.option("--patience", type=float, default=300.0, show_default=True, help="Seconds to wait for the webserver.")
@click.option(
    "--dev",
    is_flag=True,
    help="In containers: serve the modules, or the NAMEs, from their folders; reload what is saved.",
)
def up(names: tuple[str, ...], named: Path | None, port: int | None, patience: float, dev: bool) -> int:
    """Start the workspace, check that all of it loads, and stop it on Ctrl-C.

    Runs its runtime's own tool: dagster dev, honcho, or docker compose up, after a build of what is missing.

    With --dev each module's folder is mounted into its container, and a saved file is served within seconds, with no
    build. A workspace that is running stays up: only these modules' containers are replaced, and put back at the end.
    """
    from ...layout import find
    from ...workspace.live import dev as reloading
    from ...workspace.live import up as starter
    from .. import output

    if names and not dev:
        raise click.UsageError("modules are named with --dev only: without it all of the workspace is started.")
    layout = find(named)
    modules, notes = reloading.sources(layout, names) if dev else ([], [])
    for note in notes:
        output.tell(note)
    start = starter.start_of(layout, port)
    if start.command[0] == "docker" and not _images_there(layout):
        return FAILED
    with contextlib.ExitStack() as stack:
        if modules:
            override = stack.enter_context(reloading.overridden(layout, modules))
            if reloading.is_running(layout):
                return _dev_beside(layout, modules, override, start.url)
            start = replace(start, command=reloading.command(layout, override, "up", "--no-build"))
        return _run(layout, start, patience, modules)


def _run(layout: Layout, start: Start, patience: float, modules: Sequence[Source]) -> int:
    """Start it, and stay until it ends or is stopped."""
    from ...workspace.live import up as starter
    from ...workspace.live.inspection import inspect_workspace
    from .. import output

    output.tell(f"Starting {layout.root}: {' '.join(start.command)}")
    with starter.running(layout, start) as process:
        try:
            if starter.wait(process, start.url, patience):
                live = inspect_workspace(start.url, layout)
                print_live(live)
                from audit_hooks.reports import text

                output.line(text.listing(live_findings(live, layout)).rstrip("\n"))
                output.tell("Running. Ctrl-C stops it.")
                if modules:
                    _reload_what_is_saved(modules, start.url, lambda: process.poll() is None)
            process.wait()
        except KeyboardInterrupt:
            again = " Containers may take their time; Ctrl-C again ends them at once."
            output.tell(f"Stopping.{again if start.command[0] == 'docker' else ''}")
            return 0
    output.tell(f"It exited with code {process.returncode}.")
    return FAILED


def _images_there(layout: Layout) -> bool:
    """Build what is missing, and what Compose would build; whether all is there."""
    from ...workspace.changes.build import build
    from .. import output

    built = build(layout, starting=True, tell=output.tell)
    for note in built.notes:
        output.tell(note)
    failed = any(result.status == "failed" for result in built.results)
    if failed or any(result.status == "built" for result in built.results):
        print_results(built)
    return not failed


def _dev_beside(layout: Layout, modules: Sequence[Source], override: Path, url: str) -> int:
    """The workspace runs: replace the modules' containers, and put them back at the end."""
    from ...workspace.live import dev as reloading
    from ...workspace.live import up as starter
    from .. import output

    output.tell(
        f"{layout.root} is running: only what serves {', '.join(source.name for source in modules)} is replaced."
    )
    with starter.interruptible(), reloading.replaced(layout, modules, override):
        try:
            output.tell("Running. Ctrl-C ends --dev; the workspace goes on.")
            _reload_what_is_saved(modules, url, lambda: True)
        except KeyboardInterrupt:
            output.tell("The containers of the images come back.")
    return 0


def _reload_what_is_saved(modules: Sequence[Source], url: str, going_on: Callable[[], bool]) -> None:
    """Have the webserver load again what was saved, and say what it then has."""
    import time

    from ...workspace.live import dev as reloading
    from ...workspace.live.inspection import reload_location
    from .. import output

    for source in modules:
        output.tell(f"{source.name} is served from {source.code}; what is saved there is reloaded.")
    for saved in reloading.saves(modules, going_on):
        name = saved.source.name
        if saved.needs_build:
            output.tell(f"{name}: its dependencies changed, which the image does not have: dmb workspace build {name}")
        start = time.monotonic()
        try:
            location = reload_location(url, saved.source.location)
        except DmbError as error:
            output.tell(f"{name}: not reloaded: {error}")
            continue
        output.line(f"{name}: reloaded in {time.monotonic() - start:.1f} s")
        print_locations([location])
