"""What the rules on partitions have in common."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from ...facts.declarations import Declared, declared

if TYPE_CHECKING:
    from ...facts.code import Code
    from ...facts.package import Package

# What is cut by time, with the positions of its first and its last moment.
WINDOWS = {
    "HourlyPartitionsDefinition": (0, 1),
    "DailyPartitionsDefinition": (0, 1),
    "WeeklyPartitionsDefinition": (0, 1),
    "MonthlyPartitionsDefinition": (0, 1),
    "TimeWindowPartitionsDefinition": (0, 2),
}


class Bound(NamedTuple):
    """What a name is bound to: an expression or a function, and the file that it stands in."""

    code: Code
    node: ast.AST


def bound(package: Package, code: Code, node: ast.expr | None) -> Bound | None:
    """What a name at module level means, here or in a file of the package that it is imported from; an expression
    that is no name means itself. None where there is more than one answer, or none.
    """
    if not isinstance(node, ast.Name):
        return None if node is None or isinstance(node, ast.Attribute) else Bound(code, node)
    name = node.id
    if name in code.imports:
        module, _, name = package.meaning(code.imports[name]).rpartition(".")
        found = package.modules.get(module)
        if found is None:
            return None
        code = found
    match code.defined.get(name):
        case [ast.Assign(value=value) | ast.AnnAssign(value=value)] if value is not None:
            return Bound(code, value)
        case [ast.FunctionDef() as function]:
            return Bound(code, function)
    return None


def declaration(found: Bound | None, *kinds: str) -> Declared | None:
    """The declaration of one of these kinds that something bound is."""
    for item in declared(found.code, *kinds) if found else ():
        if found and found.node in (item.call, item.function):
            return item
    return None
