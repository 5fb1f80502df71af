"""`--reload`: reload a running webserver after a command, and show what it then has."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from ...errors import DmbError
from .running import locations_data, print_locations

if TYPE_CHECKING:
    from ...layout import Layout
    from ...workspace.live.inspection import Location

FAILED = 1

reload_option = click.option("--reload", "reload_url", metavar="URL", help="Then reload the webserver at URL.")


@dataclass(frozen=True)
class Reloaded:
    """What a webserver has after a reload; `missing` are locations of workspace.yaml that it does not have,
    `lingering` ones that it has and the file does not, `waiting` ones whose container was never started; `error` is why
    there was no reload.
    """

    url: str
    locations: tuple[Location, ...] = ()
    missing: tuple[str, ...] = ()
    lingering: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    error: DmbError | None = None


def reload_now(url: str | None, layout: Layout, *, dry_run: bool = False) -> Reloaded | None:
    """Reload the webserver at `url` after a change of the workspace; None where nothing is to be done.

    The change is done, so a webserver that does not answer is reported and does not end the command.
    """
    if not url or dry_run:
        return None
    from ...workspace.live import inspection

    try:
        locations = inspection.reload(url)
        names = inspection.location_lines(layout)
    except DmbError as error:
        return Reloaded(url, error=error)
    served = {location.name for location in locations}
    missing = tuple(name for name in names if name not in served)
    lingering = tuple(sorted(served - set(names)))
    return Reloaded(url, locations, missing, lingering, inspection.waiting(locations, layout))


def reloaded_data(reloaded: Reloaded | None) -> dict[str, Any]:
    """The part of the data that says what a reload gave; none without one."""
    if reloaded is None:
        return {}
    error = str(reloaded.error) if reloaded.error else None
    return {"reloaded": {**asdict(reloaded), "locations": locations_data(reloaded.locations), "error": error}}


def end_with(reloaded: Reloaded | None, *, as_json: bool) -> None:
    """Print the result of a reload, and end the command: with 1 when not everything loads, 2 when it failed."""
    if reloaded is None:
        return
    if not as_json:
        _print_reloaded(reloaded)
    if reloaded.error:
        click.get_current_context().exit(DmbError.exit_code)
    broken = [each.name for each in reloaded.locations if each.error and each.name not in reloaded.waiting]
    if reloaded.missing or reloaded.lingering or broken:
        click.get_current_context().exit(FAILED)


def _print_reloaded(reloaded: Reloaded) -> None:
    from .. import output

    if reloaded.error:
        output.tell(f"Not reloaded: {reloaded.error}")
        return
    output.line(f"Reloaded {reloaded.url}")
    print_locations(location for location in reloaded.locations if location.name not in reloaded.waiting)
    for name in reloaded.waiting:
        output.line(
            f"  {name}: its container is not there yet; it comes in by itself once docker compose has started it"
        )
    for name in reloaded.missing:
        output.line(f"  {name}: not loaded")
    for name in reloaded.lingering:
        output.line(f"  {name}: still loaded")
    if reloaded.missing or reloaded.lingering:
        output.tell(
            "This webserver does not read the workspace's workspace.yaml; plain `dagster dev` reads a copy made when "
            "it started. Stop it and start it again."
        )
    else:
        output.tell(
            "The daemon reads workspace.yaml again within a minute; until then runs of new code locations fail."
        )
