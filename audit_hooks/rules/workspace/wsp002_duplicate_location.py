"""WSP002: two locations of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...findings import Finding
    from ...subject import Subject


class DuplicateLocation(Rule):
    """Names of locations are unique."""

    code = "WSP002"
    title = "Two code locations of one name"
    what = "Two items of `load_from` with the same `location_name`."
    why = "The webserver does not start."
    remedy = "give one of the two another location_name, or take it out"
    bad = (
        {
            "workspace.yaml": "load_from:\n  - python_module: {module_name: a, location_name: x}\n"
            "  - python_module: {module_name: b, location_name: x}\n"
        },
        {"workspace.yaml": "load_from:\n  - python_module: bar\n  - python_module: bar\n"},
    )
    good = (
        {
            "workspace.yaml": "load_from:\n  - python_module: {module_name: a, location_name: x}\n"
            "  - python_module: {module_name: b, location_name: y}\n"
        },
        {"workspace.yaml": "load_from:\n  - python_file: a/defs.py\n  - python_file: b/defs.py\n"},
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Names against those of the items above."""
        first: dict[str, int] = {}
        for location in subject.locations:
            if location.name and first.setdefault(location.name, location.spot.line) != location.spot.line:
                message = f"a code location {location.name} is there already, in line {first[location.name]}"
                yield self.finding(location.spot, location.name, message)
