"""WSP003: a location that has no name of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dmb.formats.yaml_entries import before_first, is_flow

from ...facts.locations import default_name, target_key
from ...judging.findings import no_edits
from ...judging.rule import SAFE, Rule
from ...reading.edits import Edit
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.locations import Location
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class UnnamedLocation(Rule):
    """Every item has a `location_name`."""

    code = "WSP003"
    title = "A code location without a name"
    severity = "warning"
    tier = "standard"
    kinds = ("workspace",)  # of a module's pieces WSP020 tells it
    requires = ("WSP001",)
    mends = SAFE
    what = "An item of `load_from` without `location_name`."
    why = (
        "Dagster then names the location after its module, file or address. When that changes, schedules and sensors "
        "count as new ones and are off."
    )
    remedy = "add location_name; with the name that Dagster gives it now, what is on stays on"
    bad = (
        {"workspace.yaml": "load_from:\n  - python_module: bar\n"},
        {"workspace.yaml": "load_from:\n  - grpc_server:\n      host: bar\n      port: 4000 # inside\n"},
        {"workspace.yaml": "load_from: [{python_file: {relative_path: a/defs.py, attribute: defs}}]\n"},
        {"workspace.yaml": "load_from:\n- python_file: 'a/defs.py'"},
    )
    good = (
        {"workspace.yaml": "load_from:\n  - python_module:\n      module_name: bar\n      location_name: bar\n"},
        {"workspace.yaml": "load_from:\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Only items that are understood."""
        workspace = subject.workspace
        for location in workspace.locations:
            if location.target and not location.body.get("location_name").line:
                default = default_name(location, workspace.text)
                name = default or location.subject
                edits = partial(_named, subject, location, default) if default else no_edits
                yield self.diagnosis(location.spot, name, f"{name} has no location_name", edits=edits)


def _named(subject: Subject, location: Location, name: str) -> Iterator[Edit]:
    """The name that Dagster gives it now: with another one, its schedules and sensors would be off."""
    file, body = subject.workspace.workspace_yaml, location.body
    text = subject.files.text(file) or ""
    shown = name if name.replace("_", "").replace(".", "").isalnum() and not name[:1].isdigit() else f'"{name}"'
    if body.kind == "mapping" and body.pairs:
        if is_flow(text, body) or body.pairs[0][0].line > location.item.line:
            entry = before_first(text, body, f"location_name: {shown}")
            yield Edit(file, entry.at, entry.at, entry.text)
    elif body.kind == "scalar":
        # The shorthand has no place for a name: it becomes a mapping.
        start = subject.files.offset(Spot.at(file, body))
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        value = text[start:end].partition(" #")[0].rstrip()
        if value.strip("\"'") == body.text and body.line == location.item.line:
            indent = " " * (location.item.column + 1)
            before = len(text[:start].rstrip())
            yield Edit(
                file,
                before,
                start + len(value),
                f"\n{indent}{target_key(location)}: {value}\n{indent}location_name: {shown}",
            )
