"""AST004: an asset that is nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import MISSING
from ...judging.rule import CodeRule
from .declarations import HEAD, assets, given_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Finding
    from ...judging.subject import Subject


class NoOwner(CodeRule):
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
    bad = (
        {"defs.py": HEAD + '@dg.asset\ndef orders() -> None:\n    """Orders."""\n'},
        {"defs.py": HEAD + '@dg.asset(owners=[], kinds={"csv"})\ndef orders() -> None:\n    """Orders."""\n'},
    )
    good = (
        {"defs.py": HEAD + '@dg.asset(owners=["team:data"])\ndef orders() -> None:\n    """Orders."""\n'},
        {"defs.py": HEAD + "@dg.asset(owners=find_owners())\ndef orders() -> None: ...\n"},
        {"defs.py": HEAD + "@dg.asset(**options)\ndef orders() -> None: ...\n"},
        {
            "defs.py": HEAD + "def make(key):\n    @dg.asset(key=key)\n    def one() -> None: ...\n\n    return one\n",
        },
        {
            "defs.py": HEAD + "@dg.asset\ndef orders() -> None: ...\n\n\n"
            "defs = dg.Definitions(assets=dg.map_asset_specs(\n"
            "    lambda spec: spec.replace_attributes(owners=['team:data']), [orders]\n))\n"
        },
        {
            "bar/defs.py": HEAD + "@dg.asset\ndef orders() -> None: ...\n",
            "bar/defs.yaml": "type: dagster.DefsFolderComponent\npost_processing:\n  assets:\n"
            "    - target: '*'\n      attributes: {owners: ['team:data']}\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """A module whose assets are whole where they are declared."""
        if not given_later(subject, "owners"):
            yield from super().check(subject)

    def check_code(self, code: Code, subject: Subject) -> Iterator[Finding]:
        """Each asset."""
        for item, name in assets(code):
            if item.value("owners") in (MISSING, None, [], ()):
                yield self.finding(item.spot, name, f"the asset {name} has no owners")
