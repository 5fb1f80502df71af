"""The architecture, walked: a file imports from its own floor or from below it, and no imports make a circle."""

from __future__ import annotations

import ast
import graphlib
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# From the ground up. A name stands for itself and for all below it; the longest that fits counts.
FLOORS = (
    ("dmb", "dmb.errors", "dmb.formats", "dmb.transaction"),
    ("dmb.answers", "dmb.databases", "dmb.system_packages", "dmb.compose", "dmb.ports", "dmb.module", "dmb.layout"),
    ("dmb.workspace", "dmb.template"),
    ("audit_hooks",),
    ("dmb.cli", "dmb.__main__"),
)
# Within the audit likewise: what is read, what it says, how it is judged, by which rules, how that is told.
STOREYS = (
    ("audit_hooks", "audit_hooks.reading"),
    ("audit_hooks.facts",),
    ("audit_hooks.judging",),
    ("audit_hooks.rules",),
    ("audit_hooks.reports",),
    ("audit_hooks.start", "audit_hooks.dmb_audit", "audit_hooks.dmb_workspace_validate", "audit_hooks.command_line"),
)


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(file): file for package in ("dmb", "audit_hooks") for file in sorted((ROOT / package).rglob("*.py"))}


@cache
def imported_by(module: str) -> frozenset[str]:
    """The modules of ours that a file imports: at its top, within functions, and for types alone."""
    return frozenset(_imports(module)) - {module}


def _imports(module: str) -> Iterator[str]:
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(FILES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{origin}.{alias.name}" if f"{origin}.{alias.name}" in FILES else origin
                if name in FILES:
                    yield name


def floor_of(module: str, floors: tuple[tuple[str, ...], ...]) -> int:
    """The floor that a module stands on, the ground floor being 0."""
    fitting = [
        (len(name), number)
        for number, names in enumerate(floors)
        for name in names
        if module == name or module.startswith(f"{name}.")
    ]
    return max(fitting)[1]


@pytest.mark.parametrize("module", FILES)
def test_no_import_goes_up(module: str) -> None:
    upwards = {
        other
        for other in imported_by(module)
        if floor_of(other, FLOORS) > floor_of(module, FLOORS)
        or (
            module.startswith("audit_hooks")
            and other.startswith("audit_hooks")
            and floor_of(other, STOREYS) > floor_of(module, STOREYS)
        )
    }
    assert not upwards


def test_the_audit_reads_of_workspaces_their_state_alone() -> None:
    beyond = {
        (module, other)
        for module in FILES
        if module.startswith("audit_hooks")
        for other in imported_by(module)
        if floor_of(other, FLOORS) == 2 and not other.startswith("dmb.workspace.state.")
    }
    assert not beyond


def test_no_imports_make_a_circle() -> None:
    # A package's __init__ is loaded with each of its modules, but says only what it imports itself.
    sorter = graphlib.TopologicalSorter({module: imported_by(module) for module in FILES})
    sorter.prepare()


def test_every_file_stands_on_a_floor() -> None:
    assert {module for module in FILES if module.startswith("dmb.") and floor_of(module, FLOORS) == 0} == {
        module for module in FILES if module.startswith(("dmb.errors", "dmb.formats", "dmb.transaction"))
    }
