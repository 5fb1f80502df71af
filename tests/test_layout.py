"""Test modules stand alone: what several of them use is in tests/support."""

from __future__ import annotations

import ast

import pytest

from tests.support.paths import ROOT

FILES = {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "tests").rglob("*.py"))}


def imports(code: str, package: tuple[str, ...]) -> set[str]:
    """The full names of all that code in a package imports: modules, and what it takes from them."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            source = ".".join((*above, *filter(None, [node.module])))
            names |= {f"{source}.{alias.name}" for alias in node.names}
    return names


def of_tests(names: set[str]) -> set[str]:
    """Those of the names that stand in a test module or a conftest."""
    return {
        name
        for name in names
        if name.startswith("tests.")
        for part in name.split(".")
        if part == "conftest" or part.startswith("test_")
    }


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_imported_from_a_test_module(file: str) -> None:
    path = FILES[file]
    assert of_tests(imports(path.read_text(encoding="utf-8"), path.relative_to(ROOT).parts[:-1])) == set()


@pytest.mark.parametrize(
    "code",
    [
        "import tests.cli.test_new",
        "from tests.cli.test_new import dmb",
        "from tests.cli import test_new",
        "from .test_new import dmb",
        "from . import test_new",
        "from ..ports.conftest import state",
        "def f():\n    from .. import conftest",
    ],
)
def test_every_way_to_import_one_is_seen(code: str) -> None:
    assert len(of_tests(imports(code, ("tests", "cli")))) == 1
