"""AST003: an asset that nobody can look up."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.assets import assets
from ...facts.declarations import MISSING
from ...judging.missing_argument import MissingArgument
from ..examples import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared


class NoDescription(MissingArgument):
    """An asset says what it holds."""

    code = "AST003"
    title = "An asset without a description"
    severity = "warning"
    tier = "enterprise"
    what = "`@asset` or `@graph_asset` with neither a docstring nor `description`. What a factory makes is left out."
    why = "The catalogue shows a name alone: who looks for data cannot tell what it is without reading the code."
    remedy = "write a docstring: Dagster shows it"
    mentions = ("asset",)
    of_assets = True
    argument = "description"
    empty = (MISSING, None, "")
    message = "the asset {} has no description"
    bad = (
        {"defs.py": CODE + "@dg.asset\ndef orders() -> None: ...\n"},
        {"defs.py": CODE + '@dg.asset(description="")\ndef orders() -> None:\n    # The orders.\n    return None\n'},
    )
    good = (
        {"defs.py": CODE + '@dg.asset\ndef orders() -> None:\n    """One row for each order."""\n'},
        {"defs.py": CODE + '@dg.asset(description=f"{1} row for each order")\ndef orders() -> None: ...\n'},
        {"defs.py": CODE + "@dg.asset(**options)\ndef orders() -> None: ...\n"},
        {
            "defs.py": CODE
            + "def make(name):\n    @dg.asset(name=name)\n    def one() -> None: ...\n\n    return one\n",
        },
    )

    def declarations(self, code: Code) -> Iterator[tuple[Declared, str]]:
        """The assets whose function has no docstring."""
        for item, name in assets(code):
            if not (item.function and _documented(item.function.body)):
                yield item, name


def _documented(body: list[ast.stmt]) -> bool:
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return bool(text.strip())
    return False
