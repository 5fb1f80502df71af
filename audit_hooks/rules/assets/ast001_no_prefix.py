"""AST001: an asset whose key another module may have too."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ...facts.assets import given_later
from ...facts.declarations import MISSING, declared
from ...judging.rule import CodeRule
from ..examples import CODE, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_FILE = "src/bar_dagster/defs/a.py"


class NoPrefix(CodeRule):
    """The keys of a module's assets begin with its name."""

    code = "AST001"
    title = "An asset key without the module's prefix"
    tier = "standard"
    made = True
    what = (
        "`@asset`, `@graph_asset`, or an `AssetSpec` or `AssetOut` of a `@multi_asset`, whose key does not begin with "
        "the module's name or its variables' prefix in lower case, `bar_one` for `bar-one`. An `AssetSpec` that stands "
        "alone is another's asset, and has the key that it has there. Where keys get their prefix when assets are "
        "loaded or mapped, nothing is told."
    )
    why = (
        "Two modules of a workspace may both call an asset `orders`: each loads, every check passes, and the launchpad "
        "and the lineage mix them up."
    )
    remedy = "add key_prefix="
    mentions = ("asset",)
    bad = (
        {"pyproject.toml": MANIFEST, _FILE: CODE + "@dg.asset\ndef orders() -> None: ...\n"},
        {"pyproject.toml": MANIFEST, _FILE: CODE + "@dg.asset(key=['shop', 'orders'])\ndef orders() -> None: ...\n"},
        {
            "pyproject.toml": MANIFEST,
            _FILE: CODE + "@dg.multi_asset(specs=[dg.AssetSpec('orders'), dg.AssetSpec(['bar', 'lines'])])\n"
            "def tables(): ...\n",
        },
    )
    good = (
        {"pyproject.toml": MANIFEST, _FILE: CODE + "@dg.asset(key_prefix='bar')\ndef orders() -> None: ...\n"},
        {
            "pyproject.toml": MANIFEST,
            _FILE: "import dagster as dg\n\nfrom bar_dagster.names import PREFIX\n\n\n"
            "@dg.asset(key_prefix=[PREFIX, 'raw'])\ndef orders() -> None: ...\n\n\n"
            "@dg.asset(key=dg.AssetKey(['bar', 'lines']))\ndef lines() -> None: ...\n",
            "src/bar_dagster/names.py": "PREFIX = 'bar'\n",
        },
        {"pyproject.toml": MANIFEST, _FILE: CODE + "upstream = dg.AssetSpec(['shop', 'customers'])\n"},
        {"pyproject.toml": "", _FILE: CODE + "@dg.asset\ndef orders() -> None: ...\n"},
        {
            "pyproject.toml": MANIFEST,
            _FILE: CODE + "@dg.asset\ndef orders() -> None: ...\n",
            "src/bar_dagster/all.py": "import dagster as dg\n\nfrom bar_dagster.defs import a\n\n"
            "loaded = dg.load_assets_from_modules([a], key_prefix='bar')\n",
        },
        {
            "pyproject.toml": MANIFEST,
            _FILE: CODE + "def make(name):\n    @dg.asset(key=name, **options)\n    def one(): ...\n\n    return one\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The files of a module whose keys are whole where they are declared."""
        if (
            subject.project.manifest
            and not given_later(subject.package, "key_prefix")
            and not given_later(subject.package, "key")
        ):
            yield from super().check(subject)

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each asset that is made here."""
        module = subject.project.manifest
        if module is None:
            return
        named = module.name.replace("-", "_")
        for item, key in _keys(code):
            if key and key not in (named, module.prefix.lower()):
                message = f"the key of {item.subject} begins with {key}, not with {named}"
                yield self.diagnosis(item.spot, item.subject, message, f'add key_prefix="{named}"')


def _keys(code: Code) -> Iterator[tuple[Declared, str]]:
    """Each asset of a file with the first part of its key; "" where that is not written there."""
    for item in declared(code, "asset", "graph_asset"):
        if item.function:
            yield item, _first(code, item, item.name)
    made: set[ast.AST] = set()
    for item in declared(code, "multi_asset"):
        if item.call:
            made |= {node for keyword in item.call.keywords for node in ast.walk(keyword.value)}
    for item in declared(code, "AssetSpec", "AssetOut") if made else ():
        if item.node in made:
            yield item, _first(code, item, "", item.argument("key", 0))


def _first(code: Code, item: Declared, name: str, key: ast.expr | None = None) -> str:
    prefix = item.value("key_prefix")
    if prefix in (MISSING, None):
        key = key or item.argument("key")
        if isinstance(key, ast.Call) and code.name(key.func) == "dagster.AssetKey" and key.args:
            key = key.args[0]
        prefix = code.value(key) if key else name if prefix is None or not item.opaque else ""
    return _part(prefix)


def _part(path: Any) -> str:
    """The first part of a key as it may be written: a text, or a list of them."""
    if isinstance(path, list | tuple):
        path = path[0] if path else ""
    return path.partition("/")[0] if isinstance(path, str) else ""
