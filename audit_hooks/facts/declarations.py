"""What a file declares to Dagster: assets, schedules, sensors, jobs and the rest, by decorator or by a class."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from .code import UNKNOWN, Code, argument, spread

if TYPE_CHECKING:
    from ..reading.sources import Spot
    from .code import Function

MISSING = object()  # the value of an argument that is not given


class Declared(NamedTuple):
    """One declaration. `kind` is what Dagster calls it (`asset`, `AssetSpec`, `EnvVar.int`).

    `call` is the decorator's or the class's call, None for a decorator without parentheses; `function` what a decorator
    stands on, None for a call.
    """

    kind: str
    code: Code
    node: ast.expr
    call: ast.Call | None
    function: Function | None

    @property
    def name(self) -> str:
        """The name that is given, else the function's; "" where neither is written there."""
        given = self.value("name")
        if isinstance(given, str):
            return given
        return self.function.name if self.function and given is MISSING else ""

    @property
    def subject(self) -> str:
        """How a finding calls it: by its name, else by the name that the file gives it."""
        if self.name:
            return self.name
        if self.function:
            return self.function.name
        match self.code.parent(self.node):
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return name
        return self.kind

    @property
    def spot(self) -> Spot:
        """Where it stands: the decorator's name or the call, `@` left out."""
        return self.code.spot(self.node)

    @property
    def opaque(self) -> bool:
        """Whether arguments are passed that are not written there (`**options`): what is missing may be in them."""
        return self.call is not None and spread(self.call)

    def argument(self, name: str, position: int | None = None) -> ast.expr | None:
        """The expression of an argument."""
        return argument(self.call, name, position) if self.call else None

    def value(self, name: str, position: int | None = None) -> Any:
        """The value of an argument: MISSING where none is given, UNKNOWN where it is not written as one."""
        given = self.argument(name, position)
        if given is None:
            return UNKNOWN if self.opaque else MISSING
        return self.code.value(given)


def declared(code: Code, *kinds: str) -> list[Declared]:
    """The declarations of these kinds in a file, in its order: `declared(code, "asset", "AssetSpec")`."""
    by_kind = code.once(_declared)
    if len(kinds) == 1:
        return by_kind.get(kinds[0], [])
    return sorted((item for kind in kinds for item in by_kind.get(kind, [])), key=_place)


def declaration(code: Code, node: ast.AST, *kinds: str) -> Declared | None:
    """The declaration of one of these kinds that a call or a function is."""
    return next((item for item in declared(code, *kinds) if node in (item.call, item.function)), None)


def _place(item: Declared) -> tuple[int, int]:
    return item.node.lineno, item.node.col_offset


def _declared(code: Code) -> dict[str, list[Declared]]:
    """Everything of Dagster's that is called or stands as a decorator, by its name there."""
    by_kind: dict[str, list[Declared]] = {}
    decorators: set[ast.expr] = set()
    for function in code.functions:
        for node in function.decorator_list:
            call = node if isinstance(node, ast.Call) else None
            name = code.name(call.func if call else node)
            decorators.add(node)
            if name.startswith("dagster."):
                kind = name.removeprefix("dagster.")
                by_kind.setdefault(kind, []).append(Declared(kind, code, call.func if call else node, call, function))
    for call, name in code.named_calls:
        if name.startswith("dagster.") and call not in decorators:
            kind = name.removeprefix("dagster.")
            by_kind.setdefault(kind, []).append(Declared(kind, code, call, call, None))
    for items in by_kind.values():
        items.sort(key=_place)
    return by_kind
