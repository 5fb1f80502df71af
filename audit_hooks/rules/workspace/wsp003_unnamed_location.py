"""WSP003: a location that has no name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...findings import Finding
    from ...subject import Subject


class UnnamedLocation(Rule):
    """Every item has a `location_name`."""

    code = "WSP003"
    title = "A code location without a name"
    severity = "warning"
    what = "An item of `load_from` without `location_name`."
    why = (
        "Dagster then names the location after its module, file or address. When that changes, schedules and sensors "
        "count as new ones and are off."
    )
    remedy = "add location_name"
    bad = (
        {"workspace.yaml": "load_from:\n  - python_module: bar\n"},
        {"workspace.yaml": "load_from:\n  - grpc_server:\n      host: bar\n      port: 4000\n"},
    )
    good = (
        {"workspace.yaml": "load_from:\n  - python_module:\n      module_name: bar\n      location_name: bar\n"},
        {"workspace.yaml": "load_from:\n"},
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Only items that are understood."""
        for location in subject.locations:
            if location.target and not location.body.get("location_name").line:
                yield self.finding(location.spot, location.subject, f"{location.subject} has no location_name")
