"""Which assets hand over a value that nothing but Dagster's default keeps."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .declarations import MISSING, declared

if TYPE_CHECKING:
    from .code import Code, Function
    from .declarations import Declared
    from .package import Package

_KEY = "io_manager"
_SET = ('"io_manager"', "'io_manager'", "io_manager=")
_VALUES = (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp, ast.JoinedStr, ast.BinOp)


def kept_by_default(package: Package) -> list[Declared]:
    """The assets that have a value and no IO manager of their own, where the module sets none for all: Dagster's
    default pickles them to the instance's folder. None where the module has no Definitions of its own.
    """
    if not package.mentioning("Definitions") or any(map(_sets_one, package.files)):
        return []
    return [
        item
        for code in package.files
        if "asset" in code.text
        for item in declared(code, "asset")
        if item.function and not item.opaque and _plain(item) and _has_value(code, item.function)
    ]


def _sets_one(code: Code) -> bool:
    """Whether a file gives an IO manager to all: as a key or an argument. To ask for the key gives none."""
    if not any(word in code.text for word in _SET):
        return False
    compared = {
        id(operand) for comparison in code.all(ast.Compare) for operand in (comparison.left, *comparison.comparators)
    }
    return any(keyword.arg == _KEY for keyword in code.all(ast.keyword)) or any(
        constant.value == _KEY and id(constant) not in compared for constant in code.all(ast.Constant)
    )


def _plain(asset: Declared) -> bool:
    return asset.value("io_manager_key") in (MISSING, None) and asset.value("io_manager_def") in (MISSING, None)


def _has_value(code: Code, function: Function) -> bool:
    """Whether a function certainly hands a value to its IO manager."""
    if function.returns is not None:
        return _annotated(code, function.returns) and bool(_returned(code, function))
    return any(_is_value(code, function, node) for node in _returned(code, function))


def _returned(code: Code, function: Function) -> list[ast.expr]:
    """What it returns that is not None."""
    return [
        node.value
        for node in code.all(ast.Return)
        if code.runs_in(node) is function and node.value and code.value(node.value) is not None
    ]


def _annotated(code: Code, annotation: ast.expr) -> bool:
    """Whether an annotation is of a value: `int`, `pd.DataFrame`, `Output[int]`."""
    if isinstance(annotation, ast.Constant):
        return False  # None, or a text that is not looked into
    if isinstance(annotation, ast.BinOp):
        return False  # one of several
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = code.name(base)
    if name == "dagster.Output":
        return not (isinstance(annotation, ast.Subscript) and code.source(annotation.slice) == "None")
    last = name.rpartition(".")[2] or code.source(base)
    if name.startswith("dagster") or last.endswith(("Result", "Iterator", "Iterable", "Generator")):
        return False
    return last not in ("Any", "object", "Optional", "Union", "NoReturn")


def _is_value(code: Code, function: Function, node: ast.expr, depth: int = 0) -> bool:
    match node:
        case ast.Constant(value=value):
            return value is not None
        case ast.Call():
            name = code.name(node.func)
            return name == "dagster.Output" or name.startswith(("pandas.", "polars.", "numpy.", "geopandas."))
        case ast.Name(id=name) if depth == 0:
            bound = [
                statement.value
                for statement in code.all(ast.Assign)
                if code.runs_in(statement) is function
                and any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)
            ]
            return bool(bound) and all(_is_value(code, function, value, 1) for value in bound)
    return isinstance(node, _VALUES)
