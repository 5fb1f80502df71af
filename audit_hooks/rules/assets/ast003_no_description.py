"""AST003: an asset that nobody can look up."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.declarations import MISSING
from ...judging.rule import CodeRule
from .declarations import HEAD, assets, given_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Finding
    from ...judging.subject import Subject


class NoDescription(CodeRule):
    """An asset says what it holds."""

    code = "AST003"
    title = "An asset without a description"
    severity = "warning"
    tier = "enterprise"
    what = "`@asset` or `@graph_asset` with neither a docstring nor `description`. What a factory makes is left out."
    why = "The catalogue shows a name alone: who looks for data cannot tell what it is without reading the code."
    remedy = "write a docstring: Dagster shows it"
    mentions = ("asset",)
    bad = (
        {"defs.py": HEAD + "@dg.asset\ndef orders() -> None: ...\n"},
        {"defs.py": HEAD + '@dg.asset(description="")\ndef orders() -> None:\n    # The orders.\n    return None\n'},
    )
    good = (
        {"defs.py": HEAD + '@dg.asset\ndef orders() -> None:\n    """One row for each order."""\n'},
        {"defs.py": HEAD + '@dg.asset(description=f"{1} row for each order")\ndef orders() -> None: ...\n'},
        {"defs.py": HEAD + "@dg.asset(**options)\ndef orders() -> None: ...\n"},
        {
            "defs.py": HEAD
            + "def make(name):\n    @dg.asset(name=name)\n    def one() -> None: ...\n\n    return one\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """A module whose assets are whole where they are declared."""
        if not given_later(subject, "description"):
            yield from super().check(subject)

    def check_code(self, code: Code, subject: Subject) -> Iterator[Finding]:
        """Each asset."""
        for item, name in assets(code):
            if item.value("description") in (MISSING, None, "") and not (
                item.function and _documented(item.function.body)
            ):
                yield self.finding(item.spot, name, f"the asset {name} has no description")


def _documented(body: list[ast.stmt]) -> bool:
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return bool(text.strip())
    return False
