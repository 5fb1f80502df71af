"""DEF003: two assets with one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.asset_keys import Collected
from ...judging.rule import CodeRule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.asset_keys import Asset, Key
    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_HEAD = "import dagster as dg\n\n\n"
_ASSET = "@dg.asset\ndef orders(): ...\n"
_SAME = '\n\n@dg.asset(key=["orders"])\ndef stock(): ...\n\n\n'
_PACKAGE = {
    "bar/__init__.py": "",
    "bar/sales.py": _HEAD + _ASSET,
    "bar/stock.py": _HEAD + _ASSET,
}
_PROJECT = {
    "pyproject.toml": '[tool.dg]\ndirectory_type = "project"\n\n[tool.dg.project]\nroot_module = "bar"\n',
    "src/bar/__init__.py": "",
    "src/bar/definitions.py": "from pathlib import Path\n\nimport dagster as dg\n\n\n"
    "@dg.definitions\ndef defs():\n"
    "    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)\n",
    "src/bar/defs/__init__.py": "",
}


class KeyTwice(CodeRule):
    """Each asset of a code location has a key of its own."""

    code = "DEF003"
    title = "Two assets with one key"
    refused = True
    mentions = ("Definitions", "load_assets_from", "load_from_defs_folder")
    what = (
        "Two functions under `@asset`, `@graph_asset` or `@multi_asset` with the same key, or one and an `AssetSpec`, "
        "which are handed to Dagster together: in one `Definitions`, by one `load_assets_from_…`, or in the folder "
        "that `load_from_defs_folder` loads. Only keys that are written there count, and only functions that are "
        "always defined."
    )
    why = "Dagster refuses the second: the code location does not load."
    remedy = "give one of them another name or a key_prefix, or take it out"
    bad = (
        {"defs.py": f"{_HEAD}{_ASSET}{_SAME}defs = dg.Definitions(assets=[orders, stock])\n"},
        {
            **_PACKAGE,
            "defs.py": "import dagster as dg\n\nimport bar\n\n"
            "defs = dg.Definitions(assets=dg.load_assets_from_package_module(bar))\n",
        },
        {
            **_PACKAGE,
            "defs.py": "from dagster import Definitions, load_assets_from_modules\n\nfrom bar import sales, stock\n\n"
            "both = [*load_assets_from_modules([sales]), *load_assets_from_modules([stock])]\n"
            "defs = Definitions(assets=both)\n",
        },
        {"defs.py": f'{_HEAD}{_ASSET}\n\ndefs = dg.Definitions(assets=[orders, dg.AssetSpec("orders")])\n'},
        {
            "defs.py": f'{_HEAD}@dg.multi_asset(outs={{"orders": dg.AssetOut(key_prefix="raw")}})\n'
            'def all_of_it(): ...\n\n\n@dg.asset(key_prefix=["raw"])\ndef orders(): ...\n\n\n'
            "defs = dg.Definitions.merge(dg.Definitions(assets=[orders]), dg.Definitions(assets=[all_of_it]))\n"
        },
        {
            **_PROJECT,
            "src/bar/defs/sales.py": _HEAD + _ASSET,
            "src/bar/defs/stock.py": _HEAD + _ASSET,
        },
    )
    good = (
        {
            "defs.py": f'{_HEAD}{_ASSET}\n\n@dg.asset(key=["stock", "orders"])\ndef stock(): ...\n\n\n'
            "defs = dg.Definitions(assets=[orders, stock])\n"
        },
        {"defs.py": f"{_HEAD}{_ASSET}\n\ndefs = dg.Definitions(assets=[orders, orders])\n"},
        {"defs.py": f"{_HEAD}{_ASSET}\n\n{_ASSET}\n\ndefs = dg.Definitions(assets=[orders])\n"},
        {
            "defs.py": f"{_HEAD}if dg.__name__ == 'x':\n\n    @dg.asset\n    def orders(): ...\nelse:\n\n"
            "    @dg.asset(name='orders')\n    def stock(): ...\n\n\ndefs = dg.Definitions()\n"
        },
        {
            "defs.py": f"{_HEAD}def made(name):\n    @dg.asset(name=name)\n    def orders(): ...\n\n"
            "    return orders\n\n\n"
            "defs = dg.Definitions(assets=[made('a'), made('b')])\n"
        },
        {
            **_PACKAGE,
            "defs.py": "import dagster as dg\n\nfrom bar import sales\n\nd = dg.Definitions([sales.orders])\n",
        },
        {
            **_PACKAGE,
            "one.py": "import dagster as dg\n\nfrom bar import sales\n\nd = dg.Definitions([sales.orders])\n",
            "defs.py": "import dagster as dg\n\nfrom bar import stock\n\nd = dg.Definitions([stock.orders])\n",
        },
        {"defs.py": f'{_HEAD}specs = [dg.AssetSpec("a"), dg.AssetSpec("a")]\ndefs = dg.Definitions(assets=specs)\n'},
        {
            **_PROJECT,
            "src/bar/defs/sales.py": _HEAD + _ASSET,
            "src/bar/defs/stock/assets.py": f"{_HEAD}{_ASSET}\n\ndefs = dg.Definitions()\n",
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each asset whose key another has that is loaded with it."""
        for group in Collected(subject.package).groups(code):
            first: dict[Key, Asset] = {}
            for asset in sorted(set(group), key=lambda asset: (not asset.made, asset.path, asset.line)):
                other = first.setdefault(asset.key, asset)
                if other is not asset and other.made and (other.path, other.line) != (asset.path, asset.line):
                    key = "/".join(asset.key)
                    message = f"the key {key} is also that of {other.name} in {other.path}"
                    spot = Spot(asset.path, asset.node.lineno, asset.node.col_offset + 1)
                    yield self.diagnosis(spot, asset.name or key, message)
