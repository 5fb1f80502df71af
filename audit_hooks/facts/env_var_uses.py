"""Where a file uses an `EnvVar` as if it were its value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .code import Code

_NAME_ALONE = {
    "lower",
    "upper",
    "strip",
    "lstrip",
    "rstrip",
    "replace",
    "split",
    "title",
    "removeprefix",
    "removesuffix",
}


def uses(code: Code) -> Iterator[tuple[ast.expr, str]]:
    """(place, what it does) of every EnvVar, and of every name bound once to one: "joined" gives the variable's own
    name instead of its value, "text" is refused by Dagster when it runs.
    """
    variables = set(code.calls("dagster.EnvVar"))
    names = {
        name
        for name, bound in code.defined.items()
        if len(bound) == 1 and isinstance(bound[0], ast.Assign) and bound[0].value in variables
    }
    places: list[ast.expr] = [*variables]
    if names:
        places += [node for node in code.all(ast.Name) if node.id in names and isinstance(node.ctx, ast.Load)]
    for node in sorted(places, key=lambda node: (node.lineno, node.col_offset)):
        if use := _use(code, node):
            yield node, use


def _use(code: Code, node: ast.expr) -> str:
    match code.parent(node):
        case ast.BinOp(op=ast.Add()):
            return "joined"
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()):
            return "text"
        case ast.FormattedValue():
            return "text"
        case ast.Attribute(attr=attribute) as reached if attribute in _NAME_ALONE:
            holder = code.parent(reached)
            return "joined" if isinstance(holder, ast.Call) and holder.func is reached else ""
        case ast.Call(func=ast.Name(id="str"), args=[only]) if only is node and "str" not in code.imports:
            return "text"
        case ast.Call(func=function, args=args) if node in args:
            return {"os.path.join": "joined", "pathlib.Path": "text"}.get(code.name(function), "")
    return ""
