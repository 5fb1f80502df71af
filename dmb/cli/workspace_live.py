"""`dmb workspace up`, `--live` and `--reload`: parsing and printing only; the work is in `dmb.workspace`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from ..errors import DmbError
from .options import workspace_option

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from audit_hooks.findings import Finding

    from ..workspace.layout import Layout
    from ..workspace.live import Live, Location

FAILED = 1

reload_option = click.option(
    "--reload", "reload_url", metavar="URL", help="Then have the webserver that runs there read workspace.yaml again."
)


@dataclass(frozen=True)
class Reloaded:
    """What a webserver has after a reload; `missing` are locations of workspace.yaml that it does not have,
    `lingering` ones that it has and the file does not; `error` is why there was none.
    """

    url: str
    locations: tuple[Location, ...] = ()
    missing: tuple[str, ...] = ()
    lingering: tuple[str, ...] = ()
    error: DmbError | None = None


def reload_now(url: str | None, layout: Layout, *, dry_run: bool = False) -> Reloaded | None:
    """Reload the webserver at `url` after a change of the workspace; None where nothing is to be done.

    The change is done, so a webserver that does not answer is told and does not end the command.
    """
    if not url or dry_run:
        return None
    from ..workspace import live

    try:
        locations = live.reload(url)
        names = live.names(layout)
    except DmbError as error:
        return Reloaded(url, error=error)
    served = {location.name for location in locations}
    missing = tuple(name for name in names if name not in served)
    return Reloaded(url, locations, missing, tuple(sorted(served - set(names))))


def reloaded_data(reloaded: Reloaded | None) -> dict[str, Any]:
    """The part of the data that says what a reload gave; none without one."""
    if reloaded is None:
        return {}
    error = str(reloaded.error) if reloaded.error else None
    return {"reloaded": {**asdict(reloaded), "locations": _locations(reloaded.locations), "error": error}}


def end_with(reloaded: Reloaded | None, *, as_json: bool) -> None:
    """Tell people what a reload gave, and end the command: with 1 when not all of it loads, 2 when there was none."""
    if reloaded is None:
        return
    if not as_json:
        _print_reloaded(reloaded)
    if reloaded.error:
        click.get_current_context().exit(DmbError.exit_code)
    if reloaded.missing or reloaded.lingering or any(location.error for location in reloaded.locations):
        click.get_current_context().exit(FAILED)


def _print_reloaded(reloaded: Reloaded) -> None:
    from . import output

    if reloaded.error:
        output.tell(f"Not reloaded: {reloaded.error}")
        return
    output.line(f"Reloaded {reloaded.url}")
    _print(reloaded.locations)
    for name in reloaded.missing:
        output.line(f"  {name}: not taken in")
    for name in reloaded.lingering:
        output.line(f"  {name}: still there")
    if reloaded.missing or reloaded.lingering:
        output.tell(
            "This webserver does not read the workspace's workspace.yaml. Plain `dagster dev` serves from a copy that "
            "it made when it was started: stop it and start it again."
        )
    else:
        output.tell("The daemon reads workspace.yaml again within a minute; until then a run in what is new fails.")


def live_data(live: Live) -> dict[str, Any]:
    """What a running workspace has, for programs."""
    notes = list(live.notes)
    return {"url": live.url, "version": live.version, "locations": _locations(live.locations), "notes": notes}


def print_live(live: Live) -> None:
    """What a running workspace has, for people."""
    from . import output

    output.line(f"{live.url} runs Dagster {live.version}")
    _print(live.locations)
    for note in live.notes:
        output.tell(f"Note: {note}")


def _locations(locations: Iterable[Location]) -> list[dict[str, Any]]:
    return [{**location._asdict(), "loaded": location.error is None} for location in locations]


def _print(locations: Iterable[Location]) -> None:
    from audit_hooks.reports.plain import one_line

    from . import output

    for location in locations:
        told = f"loaded, Dagster {location.dagster}" if location.error is None else f"error: {one_line(location.error)}"
        output.line(f"  {location.name}: {told}")


@click.command(epilog="\b\nExamples:\n  dmb workspace up\n  dmb workspace up --workspace ~/dagster --port 3001")
@workspace_option
@click.option("--port", type=click.IntRange(1, 65535), help="The webserver's, where no file says it.  [default: 3000]")
@click.option("--patience", type=float, default=300.0, show_default=True, help="Seconds to wait for the webserver.")
def up(named: Path | None, port: int | None, patience: float) -> int:
    """Start the workspace, look whether all of it loads, and stop it at Ctrl-C.

    It is started as its runtime has it: dagster dev, honcho, or docker compose up.
    """
    from ..workspace import up as starter
    from ..workspace.layout import find
    from ..workspace.live import look
    from . import output

    layout = find(named)
    start = starter.how(layout, port)
    output.tell(f"Starting {layout.root}: {' '.join(start.command)}")
    with starter.running(layout, start) as process:
        try:
            if starter.wait(process, start.url, patience):
                live = look(start.url, layout)
                print_live(live)
                from audit_hooks.reports import text

                output.line(text.listing(live_findings(live, layout)).rstrip("\n"))
                output.tell("Running. Ctrl-C stops it.")
            process.wait()
        except KeyboardInterrupt:
            output.tell("Stopping.")
            return 0
    output.tell(f"It ended by itself, with code {process.returncode}.")
    return FAILED


def live_findings(live: Live, layout: Layout) -> list[Finding]:
    """What is wrong with a running webserver, as findings. They stand at the location's item in workspace.yaml."""
    from audit_hooks.findings import Finding

    path = layout.name_of(layout.workspace_yaml)
    return [
        Finding(path, each.line, 0, each.rule, each.severity, each.subject, each.message, each.remedy)
        for each in live.troubles
    ]
