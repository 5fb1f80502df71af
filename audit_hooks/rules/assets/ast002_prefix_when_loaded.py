"""AST002: prefixes that assets get only when they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_LOADERS = (
    "load_assets_from_modules",
    "load_assets_from_package_module",
    "load_assets_from_package_name",
    "load_assets_from_current_module",
)
_HEAD = "import dagster as dg\n\nfrom bar import lines, orders\n\n"


class PrefixWhenLoaded(CodeRule):
    """Assets have their prefix where they are declared."""

    code = "AST002"
    title = "Prefixes that assets get only when they are loaded"
    severity = "warning"
    tier = "standard"
    what = "Two or more `load_assets_from_…` in one file that each give another literal `key_prefix`."
    why = (
        "Such a prefix is put before an asset's key, not before the name of its op: as soon as two of the loads have "
        'an asset of the same name, Dagster refuses both ("conflicting node definitions"), and no job loads.'
    )
    remedy = "give key_prefix to each @asset: that prefixes its op too"
    mentions = ("load_assets_from",)
    bad = (
        {
            "defs.py": _HEAD + 'raw = dg.load_assets_from_modules([orders], key_prefix="raw")\n'
            'clean = dg.load_assets_from_modules([lines], key_prefix="clean")\n'
        },
        {
            "defs.py": _HEAD + "defs = dg.Definitions(assets=[\n"
            '    *dg.load_assets_from_package_module(orders, key_prefix=["raw"]),\n'
            '    *dg.load_assets_from_package_module(lines, "g", key_prefix=["clean"]),\n])\n'
        },
    )
    good = (
        {
            "defs.py": _HEAD + 'raw = dg.load_assets_from_modules([orders], group_name="raw")\n'
            'clean = dg.load_assets_from_modules([lines], group_name="clean")\n'
        },
        {"defs.py": _HEAD + 'both = dg.load_assets_from_modules([orders, lines], key_prefix="shop")\n'},
        {
            "defs.py": _HEAD + 'raw = dg.load_assets_from_modules([orders], key_prefix="shop")\n'
            'clean = dg.load_assets_from_modules([lines], key_prefix="shop")\n'
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each file once, at its second prefix."""
        first: Declared | None = None
        for load in declared(code, *_LOADERS):
            prefix = load.value("key_prefix")
            if not (prefix and isinstance(prefix, str | list | tuple)):
                continue
            first = first or load
            if _parts(prefix) != _parts(first.value("key_prefix")):
                message = "assets of different prefixes get them only here: two of one name would not load"
                yield self.diagnosis(load.spot, load.kind, message)
                return


def _parts(prefix: str | list[str] | tuple[str, ...]) -> list[str]:
    return [prefix] if isinstance(prefix, str) else list(prefix)
