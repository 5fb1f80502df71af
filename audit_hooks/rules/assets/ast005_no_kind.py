"""AST005: an asset that stands in no order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.assets import assets, given_later
from ...facts.code import UNKNOWN
from ...facts.declarations import MISSING
from ...judging.rule import CodeRule
from ..examples import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class NoKind(CodeRule):
    """An asset has kinds and a group of its own."""

    code = "AST005"
    title = "An asset without kinds, or in no group"
    severity = "info"
    tier = "enterprise"
    what = (
        "`@asset` without `kinds` (or `compute_kind`, or a `dagster/kind/…` tag), or without `group_name`, or with the "
        "group `default`. What a factory makes is left out; a group that `load_assets_from_…` gives counts."
    )
    why = "The catalogue filters by both, and jobs select by group: what has none is found only by who knows its name."
    remedy = 'add kinds={"python"} and group_name='
    mentions = ("asset",)
    bad = (
        {"defs.py": CODE + '@dg.asset(group_name="sales")\ndef orders() -> None: ...\n'},
        {"defs.py": CODE + '@dg.asset(kinds={"csv"})\ndef orders() -> None: ...\n'},
        {"defs.py": CODE + '@dg.asset(kinds={"csv"}, group_name="default")\ndef orders() -> None: ...\n'},
    )
    good = (
        {"defs.py": CODE + '@dg.asset(kinds={"csv"}, group_name="sales")\ndef orders() -> None: ...\n'},
        {
            "defs.py": CODE + '@dg.asset(tags={"dagster/kind/csv": ""})\ndef orders() -> None: ...\n\n\n'
            'loaded = dg.load_assets_from_current_module(group_name="sales")\n'
        },
        {"defs.py": CODE + "@dg.asset(compute_kind='csv', group_name=group())\ndef orders() -> None: ...\n"},
        {"defs.py": CODE + "@dg.asset(**options)\ndef orders() -> None: ...\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each asset once."""
        kinds, groups = not given_later(subject.package, "kinds"), not given_later(subject.package, "group_name")
        for item, name in assets(code):
            missing = ["kinds"] * (kinds and item.kind == "asset" and _no_kinds(item))
            missing += ["group"] * (groups and item.value("group_name") in (MISSING, None, "default"))
            if missing:
                message = f"the asset {name} has no {' and no '.join(missing)}"
                yield self.diagnosis(item.spot, name, message)


def _no_kinds(asset: Declared) -> bool:
    for tags in (asset.value("tags"), asset.value("op_tags")):
        if tags is UNKNOWN or (isinstance(tags, dict) and any("kind" in str(tag) for tag in tags)):
            return False
    return asset.value("kinds") in (MISSING, None, (), []) and asset.value("compute_kind") in (MISSING, None)
