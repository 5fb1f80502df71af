"""The assets that are handed to Dagster together, as far as it is written: their keys, and what makes each."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from .code import argument, at_top, spread
from .declarations import MISSING, declared
from .loaded_modules import targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .code import Code
    from .declarations import Declared
    from .package import Package

Key = tuple[str, ...]

_COMPONENTS = ("defs.yaml", "component.yaml")
_DEEPEST = 10  # names that mean other names, and lists in lists
_MADE = ("asset", "graph_asset", "multi_asset")


class Asset(NamedTuple):
    """One key: `made` by a function, or only described by an AssetSpec. `name` is what Python calls it there."""

    key: Key
    path: str
    line: int
    name: str
    made: bool
    node: ast.expr


class Collected:
    """Finds the assets of one project."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._seen: set[tuple[str, str]] = set()  # the names that the group has already
        self._assets: dict[str, dict[str, list[Asset]]] = {}  # by path and name

    def groups(self, code: Code) -> Iterator[list[Asset]]:
        """What a file loads at once: by each Definitions, each load_assets_from_…, and from the folder `defs`."""
        for item in declared(code, *_LOADERS, "Definitions", "Definitions.merge", "load_from_defs_folder"):
            if item.call and self._runs(code, item.call):
                self._seen.clear()
                yield list(self._of(code, item.call, 0))

    def _runs(self, code: Code, call: ast.Call) -> bool:
        """Whether a call is made when the file is imported, or when Dagster asks for the definitions."""
        scope = code.runs_in(call)
        if isinstance(scope, ast.FunctionDef):
            return any(code.name(node) == "dagster.definitions" for node in scope.decorator_list)
        return scope is None

    def _of(self, code: Code, node: ast.AST | None, depth: int) -> Iterator[Asset]:
        """The assets that an expression stands for; none where it is not written."""
        if depth > _DEEPEST:
            return
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                for item in items:
                    yield from self._of(code, item, depth + 1)
            case ast.Starred(value=value):
                yield from self._of(code, value, depth + 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from self._of(code, left, depth + 1)
                yield from self._of(code, right, depth + 1)
            case ast.Call():
                yield from self._of_call(code, node, depth)
            case ast.Name(id=name) if name not in code.imports:
                yield from self._named(code, name, depth)
            case ast.Name() | ast.Attribute():
                module, _, name = code.name(node).rpartition(".")
                if other := self._package.modules.get(module):
                    yield from self._named(other, name, depth)

    def _named(self, code: Code, name: str, depth: int) -> Iterator[Asset]:
        if (code.path, name) in self._seen:
            return  # lists of lists of the same names
        self._seen.add((code.path, name))
        if name in self._declared(code):
            yield from self._declared(code)[name]
            return
        match code.defined.get(name):
            case [ast.Assign(value=value) | ast.AnnAssign(value=value) as node] if at_top(node):
                yield from self._of(code, value, depth + 1)

    def _of_call(self, code: Code, call: ast.Call, depth: int) -> Iterator[Asset]:
        name = code.name(call.func).removeprefix("dagster.")
        if name == "Definitions":
            yield from self._of(code, argument(call, "assets", 0), depth + 1)
        elif name == "Definitions.merge":
            for merged in call.args:
                yield from self._of(code, merged, depth + 1)
        elif name == "load_from_defs_folder":
            for target in targets(self._package.sources):
                yield from self._in_folder(f"{target.module.rpartition('.')[0]}.defs")
        elif name == "AssetSpec":
            key = key_of(code, argument(call, "key", 0))
            if key and not spread(call):
                yield Asset(key, code.path, call.lineno, "", False, call)
        elif name in _LOADERS and argument(call, "key_prefix") is None and not spread(call):
            for module in self._modules(code, call, name):
                for assets in self._declared(module).values():
                    yield from (asset for asset in assets if asset.made)

    def _modules(self, code: Code, call: ast.Call, name: str) -> Iterator[Code]:
        """The files that a load_assets_from_… looks into."""
        modules = self._package.modules
        given = argument(call, _LOADERS[name], 0)
        if name == "load_assets_from_current_module":
            yield code
        elif name == "load_assets_from_modules":
            for node in given.elts if isinstance(given, ast.List | ast.Tuple) else ():
                if module := modules.get(code.name(node)):
                    yield module
        elif given is not None:
            top = code.value(given) if name == "load_assets_from_package_name" else code.name(given)
            if isinstance(top, str) and top:
                yield from (module for key, module in modules.items() if key == top or key.startswith(f"{top}."))

    def _in_folder(self, top: str) -> Iterator[Asset]:
        """Those of a folder `defs`. A file with a Definitions of its own brings what that says, and a folder with a
        YAML file what its component makes: both are left out.
        """
        for name, code in self._package.modules.items():
            if name.startswith(f"{top}.") and not declared(code, "definitions", "Definitions", "Definitions.merge"):
                folders = code.path.split("/")[:-1]
                depth = name.count(".") - top.count(".")
                above = ["/".join(folders[: len(folders) - up]) for up in range(depth)]
                if self._package.own_set.isdisjoint(f"{folder}/{file}" for folder in above for file in _COMPONENTS):
                    for assets in self._declared(code).values():
                        yield from (asset for asset in assets if asset.made)

    def _declared(self, code: Code) -> dict[str, list[Asset]]:
        """The assets that a file always defines, by the name that Python knows them under."""
        if code.path not in self._assets:
            assets = self._assets[code.path] = {}
            for item in declared(code, *_MADE) if "dagster" in code.text else ():
                function = item.function
                alone = function and code.defined.get(function.name) == [function] and at_top(function)
                if function and alone and len(function.decorator_list) == 1 and not item.opaque:
                    assets[function.name] = [
                        Asset(key, code.path, function.lineno, function.name, True, item.node) for key in _keys(item)
                    ]
        return self._assets[code.path]


_LOADERS = {  # what their first argument is called
    "load_assets_from_modules": "modules",
    "load_assets_from_package_module": "package_module",
    "load_assets_from_package_name": "package_name",
    "load_assets_from_current_module": "",
}


def key_of(code: Code, node: ast.expr | None) -> Key:
    """A key that is written as a text, a list or an AssetKey; () where it is none of these."""
    if isinstance(node, ast.Call):
        node = argument(node, "path", 0) if code.name(node.func) == "dagster.AssetKey" and not spread(node) else None
    return _parts(code.value(node)) or () if node is not None else ()


def _parts(value: Any) -> Key | None:
    """The parts of a key or of a prefix that is given as a value; None where they are not known."""
    if value is MISSING or value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    return None


def _keys(item: Declared) -> Iterator[Key]:
    """The keys of what stands under a decorator, those that are written."""
    if item.kind == "multi_asset":
        for node in _elements(item.argument("specs")):
            if isinstance(node, ast.Call) and item.code.name(node.func) == "dagster.AssetSpec" and not spread(node):
                yield from filter(None, [key_of(item.code, argument(node, "key", 0))])
        outs = item.argument("outs")
        if isinstance(outs, ast.Dict):
            for name, node in zip(outs.keys, outs.values, strict=True):
                if isinstance(node, ast.Call) and item.code.name(node.func) == "dagster.AssetOut" and not spread(node):
                    output = item.code.value(name)
                    yield from _key(item.code, node, output if isinstance(output, str) else "")
    elif item.call is None or item.name or item.argument("key") is not None:
        yield from _key(item.code, item.call, item.name)


def _elements(node: ast.expr | None) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else []


def _key(code: Code, call: ast.Call | None, name: str) -> Iterator[Key]:
    """The key of an asset or an output from its arguments."""
    if call and (given := argument(call, "key")) is not None:
        yield from filter(None, [key_of(code, given)])
        return
    before = argument(call, "key_prefix") if call else None
    prefix = () if before is None else _parts(code.value(before))
    if name and prefix is not None:
        yield (*prefix, name)
