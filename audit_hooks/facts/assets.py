"""The assets that a file declares as functions, and what may be said of them in another place."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .declarations import declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .code import Code
    from .declarations import Declared
    from .package import Package

KIND = r"[A-Za-z0-9_.-]{1,63}"  # one of an asset's kinds, as Dagster takes it
_LATER = ("_attributes(", "map_asset_specs", "map_resolved_asset_specs", "._replace(")
_COMPONENTS = ("/defs.yaml", "/component.yaml")


def assets(code: Code) -> Iterator[tuple[Declared, str]]:
    """The assets of a file that are functions, each with what it is called: those whose name is written there and all
    of whose arguments are in sight. What a function makes is left out: who calls it may change it.
    """
    for item in declared(code, "asset", "graph_asset"):
        key = item.value("key")
        name = "/".join(map(str, key)) if isinstance(key, list | tuple) else key if isinstance(key, str) else item.name
        if item.function and name and not item.opaque and code.runs_in(item.node) is None:
            yield item, name


@lru_cache(maxsize=2)  # it goes through all files, and AST005 asks for two arguments at each of them
def given_later(package: Package, argument: str) -> bool:
    """Whether some place gives this argument to assets that are declared already: what is missing may come from it."""
    for code in package.files:
        if f"{argument}=" in code.text and any(word in code.text for word in _LATER):
            return True
        if argument in ("key_prefix", "group_name") and f"{argument}=" in code.text and "load_assets_from" in code.text:
            return True
    word = argument.removesuffix("_name")
    return any(
        word in text and "post_processing" in text
        for name in package.own
        if name.endswith(_COMPONENTS)
        for text in [package.sources.text(name) or ""]
    )
