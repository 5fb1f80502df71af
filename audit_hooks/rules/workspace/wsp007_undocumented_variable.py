"""WSP007: a variable that the code reads and nobody is told of."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ...rule import Rule
from ...sources import Spot
from ...variables import DAGSTER, PLATFORM
from .examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...findings import Finding
    from ...subject import Subject

_DOCUMENTED = re.compile(r"^[ \t]*#?[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=", re.MULTILINE)
_READERS = {"getenv", "EnvVar"}
_PIECES = {
    "pyproject.toml": MANIFEST,
    "workspace/local/workspace.yaml": "load_from:\n  - grpc_server: {host: bar, port: 4000, location_name: bar}\n",
}


class UndocumentedVariable(Rule):
    """`.env.example` has every variable that the module's code reads by a literal name."""

    code = "WSP007"
    title = "A variable that .env.example does not have"
    severity = "warning"
    what = (
        "`os.environ`, `os.getenv` or `EnvVar` with a literal name that `.env.example` neither sets nor comments out. "
        "Dagster's own variables (`DAGSTER_…`), those of the operating system, and tests are left out."
    )
    why = "An `EnvVar` that is not set loads, and fails in the run: nobody could know that it was needed."
    remedy = "add it to .env.example, commented out with its default where it has one"
    bad = (
        {
            **_PIECES,
            ".env.example": "# BAR_A is not set here\n",
            "src/bar_dagster/x.py": "import os\na = os.environ['BAR_A']\n",
        },
        {**_PIECES, "src/bar_dagster/x.py": "import dagster as dg\na = dg.EnvVar('BAR_A')\n"},
    )
    good = (
        {**_PIECES, ".env.example": "#BAR_A=1\n", "src/bar_dagster/x.py": "import os\na = os.environ.get('BAR_A')\n"},
        {**_PIECES, "src/bar_dagster/x.py": "import os\na = os.getenv('HOME'), os.getenv(name)\n"},
        {**_PIECES, "tests/test_x.py": "import os\na = os.environ['BAR_A']\n"},
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Each variable once, where it is read first."""
        if subject.module is None:
            return
        known = {*_DOCUMENTED.findall(subject.files.text(".env.example") or ""), *subject.module.requires}
        for name in subject.files.names:
            if not name.endswith(".py") or {"tests", "test"} & set(name.split("/")[:-1]) or name.startswith("."):
                continue
            for variable, spot in _read(name, subject.files.text(name) or ""):
                if variable not in known and not (PLATFORM.fullmatch(variable) or DAGSTER.fullmatch(variable)):
                    known.add(variable)
                    yield self.finding(spot, variable, f"the code reads {variable}, and .env.example does not have it")


def _read(name: str, text: str) -> Iterator[tuple[str, Spot]]:
    """(variable, place) of each that is read by a literal name. A file that does not parse is another's concern."""
    if not any(word in text for word in ("environ", "getenv", "EnvVar")):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _called(node.value) == "environ":
            key = node.slice
        elif isinstance(node, ast.Call) and node.args:
            function = node.func
            reads = _called(function) in _READERS
            if isinstance(function, ast.Attribute) and not reads:
                of = _called(function.value)
                reads = (function.attr, of) in {("get", "environ"), ("int", "EnvVar")}
            key = node.args[0] if reads else None
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, Spot(name, key.lineno, key.col_offset + 1)


def _called(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
