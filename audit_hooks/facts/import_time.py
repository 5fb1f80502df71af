"""What a file does when it is imported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .code import argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .code import Code

_BUILDS = {"parse", "compile", "deps", "build", "run", "docs", "ls", "list", "seed", "debug"}
_PROGRAMS = {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")}
_RESOURCES = ("dagster_dbt.DbtCliResource", "dagster_dbt.DbtCli")
_RUNNERS = ("dbt.cli.main.dbtRunner", "dbt.cli.dbtRunner")


def unconditional(code: Code, node: ast.AST) -> bool:
    """Whether a place runs at every import: at module level, and below no `if`, `while` or `except`."""
    if code.runs_in(node) is not None:
        return False
    asking = (ast.If, ast.IfExp, ast.While, ast.ExceptHandler, ast.BoolOp, ast.Match)
    return not any(isinstance(holder, asking) for holder in code.above(node))


def dbt_parses(code: Code) -> Iterator[ast.Call]:
    """The calls that have dbt read or build its project, wherever they run, in the order of the file."""
    if "dbt" not in code.text:
        return
    for call in code.all(ast.Call):
        name = code.name(call.func)
        words = code.value(argument(call, "args", 0)) if call.args or call.keywords else None
        if isinstance(words, str):
            words = words.split()
        if not isinstance(words, list | tuple) or not words:
            words = _literal(call)
        if name in _PROGRAMS:
            if words[:1] == ["dbt"]:
                yield call
        elif isinstance(call.func, ast.Attribute) and _BUILDS.intersection(filter(None, words)):
            maker = {"cli": _RESOURCES, "invoke": _RUNNERS}.get(call.func.attr, ())
            if _made_by(code, call.func.value) in maker:
                yield call
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "prepare":
            match call.func.value:
                case ast.Attribute(attr="preparer", value=project) if (
                    _made_by(code, project) == "dagster_dbt.DbtProject"
                ):
                    yield call


def _literal(call: ast.Call) -> list[object]:
    """The first texts of a list that holds more than texts: `["dbt", "parse", "--project-dir", folder]`."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.List | ast.Tuple):
        return []
    return [item.value if isinstance(item, ast.Constant) else None for item in first.elts]


def _made_by(code: Code, node: ast.expr) -> str:
    """The class that an expression, or a name that is bound once to one, makes an object of."""
    if isinstance(node, ast.Name):
        match code.defined.get(node.id):
            case [ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value)]:
                node = value
    name = code.name(node.func) if isinstance(node, ast.Call) else ""
    head, _, last = name.rpartition(".")
    return f"dagster_dbt.{last}" if head.startswith("dagster_dbt") else name
