"""WSP003: a location that has no name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import SAFE, Edit, Rule
from .names import default_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Finding
    from ...judging.subject import Location, Subject


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

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Only items that are understood."""
        for location in subject.locations:
            if location.target and not location.body.get("location_name").line:
                name = default_name(subject, location) or location.subject
                yield self.finding(location.spot, name, f"{name} has no location_name")

    def fix(self, subject: Subject, finding: Finding) -> Iterator[Edit]:
        """The name that Dagster gives it now: with another one, its schedules and sensors would be off."""
        for location in subject.locations:
            name = default_name(subject, location)
            if location.spot == (finding.path, finding.line, finding.column) and name:
                yield from _named(subject, location, name)


def _named(subject: Subject, location: Location, name: str) -> Iterator[Edit]:
    file, body = subject.workspace_yaml, location.body
    text = subject.files.text(file) or ""
    shown = name if name.replace("_", "").replace(".", "").isalnum() and not name[:1].isdigit() else f'"{name}"'
    if body.kind == "mapping" and body.pairs:
        first = body.pairs[0][0]
        at = subject.files.offset(subject.at(file, first))
        flow = "{" in text[subject.files.offset(subject.at(file, body)) : at]
        line = text.rfind("\n", 0, at) + 1
        indent = " " * (at - line)
        if flow:
            yield Edit(file, at, at, f"location_name: {shown}, ")
        elif first.line > location.item.line:
            yield Edit(file, at, at, f"location_name: {shown}\n{indent}")
    elif body.kind == "scalar":
        # The shorthand has no place for a name: it becomes a mapping.
        key = {"python_file": "relative_path", "python_package": "package_name"}.get(location.target, "module_name")
        start = subject.files.offset(subject.at(file, body))
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        value = text[start:end].partition(" #")[0].rstrip()
        if value.strip("\"'") == body.text and body.line == location.item.line:
            indent = " " * (location.item.column + 1)
            before = len(text[:start].rstrip())
            yield Edit(file, before, start + len(value), f"\n{indent}{key}: {value}\n{indent}location_name: {shown}")
