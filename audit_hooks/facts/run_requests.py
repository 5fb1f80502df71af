"""The runs that a schedule or a sensor asks for, and the keys by which Dagster knows them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .code import argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .code import Code, Function

_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.GeneratorExp)


def requests(code: Code, function: Function) -> list[tuple[ast.Call, str]]:
    """Every `RunRequest` below a function whose run_key is one known text, with that."""
    keyed = []
    for call in code.calls("dagster.RunRequest"):
        if function.lineno <= call.lineno <= (function.end_lineno or 0):
            key = code.value(argument(call, "run_key", 0))
            if isinstance(key, str):
                keyed.append((call, key))
    return keyed


def repeated(code: Code, keyed: Iterable[tuple[ast.Call, str]]) -> Iterator[tuple[ast.Call, str]]:
    """Those of one key that stand in a loop, or beside another of the same key in one list."""
    seen: dict[tuple[str, ast.AST | None], ast.Call] = {}
    for call, key in keyed:
        holders = list(code.above(call))
        inside = next((at for at, node in enumerate(holders) if isinstance(node, ast.FunctionDef)), len(holders))
        loops = [node for node in holders[:inside] if isinstance(node, _LOOPS)]
        together = next((node for node in holders[:inside] if isinstance(node, ast.List | ast.Tuple)), None)
        if loops and not any(_leaves(loop) for loop in loops if isinstance(loop, ast.For | ast.While)):
            yield call, key
        elif together is not None:
            if (key, together) in seen:
                yield call, key
            seen[key, together] = call


def _leaves(loop: ast.For | ast.While) -> bool:
    """Whether a loop may end at its first turn: it then asks for one run."""
    return any(isinstance(node, ast.Return | ast.Break) for node in ast.walk(loop))
