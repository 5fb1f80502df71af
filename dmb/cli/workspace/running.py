"""What a running workspace has, for people and for programs: of `up`, `validate --live` and `--reload`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit_hooks.judging.findings import Finding

    from ...layout import Layout
    from ...workspace.live.inspection import Live, Location


def live_data(live: Live) -> dict[str, Any]:
    """What a running workspace has, for programs."""
    notes = list(live.notes)
    logs = {name: list(lines) for name, lines in live.logs.items()}
    locations = locations_data(live.locations)
    return {"url": live.url, "version": live.version, "locations": locations, "notes": notes, "logs": logs}


def print_live(live: Live) -> None:
    """What a running workspace has, for people."""
    from .. import output

    output.line(f"{live.url} runs Dagster {live.version}")
    print_locations(live.locations)
    for name, lines in live.logs.items():
        output.line(f"The log of {name} ends with:")
        for text in lines:
            output.line(f"  | {text}")
    for note in live.notes:
        output.tell(f"Note: {note}")


def locations_data(locations: Iterable[Location]) -> list[dict[str, Any]]:
    """Code locations as a webserver has them, for programs."""
    return [{**location._asdict(), "loaded": location.error is None} for location in locations]


def print_locations(locations: Iterable[Location]) -> None:
    """Code locations as a webserver has them, for people."""
    from audit_hooks.reports.plain import one_line

    from .. import output

    for location in locations:
        state = (
            f"loaded, Dagster {location.dagster}" if location.error is None else f"error: {one_line(location.error)}"
        )
        output.line(f"  {location.name}: {state}")


def live_findings(live: Live, layout: Layout) -> list[Finding]:
    """What is wrong with a running webserver, as findings. Their place is the location's item in workspace.yaml."""
    from audit_hooks.judging.findings import Finding

    path = layout.name_of(layout.workspace_yaml)
    return [
        Finding(path, problem.line, 0, problem.rule, problem.severity, problem.subject, problem.message, problem.remedy)
        for problem in live.problems
    ]
