"""WSP002: two locations of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.locations import name_of
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class DuplicateLocation(Rule):
    """Names of locations are unique."""

    code = "WSP002"
    title = "Two code locations of one name"
    what = (
        "Two items of `load_from` with the same `location_name`, or without one and of one module, one address, or "
        "files of one name: Dagster calls `a/defs.py` and `b/defs.py` both `defs.py`."
    )
    why = "The webserver does not start."
    remedy = "give one of the two another location_name, or take it out"
    bad = (
        {
            "workspace.yaml": "load_from:\n  - python_module: {module_name: a, location_name: x}\n"
            "  - python_module: {module_name: b, location_name: x}\n"
        },
        {"workspace.yaml": "load_from:\n  - python_module: bar\n  - python_module: bar\n"},
        {"workspace.yaml": "load_from:\n  - python_file: a/defs.py\n  - python_file: b/defs.py\n"},
    )
    good = (
        {
            "workspace.yaml": "load_from:\n  - python_module: {module_name: a, location_name: x}\n"
            "  - python_module: {module_name: b, location_name: y}\n"
        },
        {
            "workspace.yaml": "load_from:\n  - python_file: a/defs.py\n"
            "  - python_file: {relative_path: b/defs.py, attribute: defs}\n"
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Names against those of the items above."""
        workspace = subject.workspace
        first: dict[str, int] = {}
        for location in workspace.locations:
            name = name_of(location, workspace.text)
            if name and first.setdefault(name, location.spot.line) != location.spot.line:
                message = f"a code location {name} is there already, in line {first[name]}"
                yield self.diagnosis(location.spot, name, message)
