"""AST004: an asset that is nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.assets import assets
from ...facts.declarations import MISSING
from ...judging.missing_argument import MissingArgument
from ..examples import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared


class NoOwner(MissingArgument):
    """An asset has owners."""

    code = "AST004"
    title = "An asset without owners"
    severity = "warning"
    tier = "enterprise"
    what = (
        "`@asset` or `@graph_asset` without `owners`. What a factory makes is left out, and so is a module that gives "
        "owners to its assets in another place (`map_asset_specs`, `replace_attributes`, a component)."
    )
    why = "When it fails at night, nobody knows whom to ask, and an alert has nobody to go to."
    remedy = 'add owners=["team:data"], or somebody\'s address'
    mentions = ("asset",)
    of_assets = True
    argument = "owners"
    empty = (MISSING, None, [], ())
    message = "the asset {} has no owners"
    bad = (
        {"defs.py": CODE + '@dg.asset\ndef orders() -> None:\n    """Orders."""\n'},
        {"defs.py": CODE + '@dg.asset(owners=[], kinds={"csv"})\ndef orders() -> None:\n    """Orders."""\n'},
    )
    good = (
        {"defs.py": CODE + '@dg.asset(owners=["team:data"])\ndef orders() -> None:\n    """Orders."""\n'},
        {"defs.py": CODE + "@dg.asset(owners=find_owners())\ndef orders() -> None: ...\n"},
        {"defs.py": CODE + "@dg.asset(**options)\ndef orders() -> None: ...\n"},
        {
            "defs.py": CODE + "def make(key):\n    @dg.asset(key=key)\n    def one() -> None: ...\n\n    return one\n",
        },
        {
            "defs.py": CODE + "@dg.asset\ndef orders() -> None: ...\n\n\n"
            "defs = dg.Definitions(assets=dg.map_asset_specs(\n"
            "    lambda spec: spec.replace_attributes(owners=['team:data']), [orders]\n))\n"
        },
        {
            "bar/defs.py": CODE + "@dg.asset\ndef orders() -> None: ...\n",
            "bar/defs.yaml": "type: dagster.DefsFolderComponent\npost_processing:\n  assets:\n"
            "    - target: '*'\n      attributes: {owners: ['team:data']}\n",
        },
    )

    def declarations(self, code: Code) -> Iterator[tuple[Declared, str]]:
        """All assets."""
        return assets(code)
