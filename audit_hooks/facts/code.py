"""One Python file, parsed once and never run: its nodes by type, what its names mean, what its constants are."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from ..reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Function = ast.FunctionDef | ast.AsyncFunctionDef

N = TypeVar("N", bound=ast.AST)
T = TypeVar("T")

# What the walk goes into, by type of node; contexts, operators and plain values are left out.
_PLAIN = {"ctx", "op", "ops", "id", "attr", "arg", "names", "level", "module", "kind", "type_comment", "type_ignores"}
_FIELDS: dict[type, tuple[str, ...]] = {
    node: tuple(field for field in node._fields if field not in _PLAIN)
    for node in vars(ast).values()
    if isinstance(node, type) and issubclass(node, ast.AST) and node._fields
}
_LAZY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)  # their bodies run when they are called
_FIELDS |= {ast.Constant: (), ast.MatchSingleton: (), ast.alias: ()}
_OUTSIDE = _FIELDS | {node: tuple(field for field in _FIELDS[node] if field != "body") for node in _LAZY}


_DEEPEST = 20  # an expression
_LONGEST = 10_000  # a text put together from others, in characters


class Unknown:
    """What an expression is whose value is not written in the file."""

    def __repr__(self) -> str:
        """Its name."""
        return "UNKNOWN"

    def __bool__(self) -> bool:
        """False, so that `if value` asks for one that is known."""
        return False


UNKNOWN = Unknown()


class Code:
    """A file that parses: `path` as in Finding, `module` its dotted name, `tree` what it parsed to."""

    def __init__(self, path: str, module: str, text: str, tree: ast.Module) -> None:
        self.path = path
        self.module = module
        self.text = text
        self.tree = tree
        # Set by the package: what a dotted name of another file of it is, as a qualified name or a value.
        self.elsewhere: Callable[[str], str] = lambda name: name
        self.constant_elsewhere: Callable[[str], Any] = lambda _: UNKNOWN
        self._constants: dict[str, Any] = {}
        self._facts: dict[Callable[[Code], Any], Any] = {}

    def once(self, fact: Callable[[Code], T]) -> T:
        """What a function says of this file, worked out when it is asked for first."""
        if fact not in self._facts:
            self._facts[fact] = fact(self)
        known: T = self._facts[fact]
        return known

    # --- nodes

    @cached_property
    def _by_type(self) -> dict[type, list[ast.AST]]:
        """Every node by type. Each is told its `scope`: the function that it runs in, None where it runs at import."""
        nodes: dict[type, list[ast.AST]] = {}
        scopes: list[tuple[ast.AST | None, list[ast.AST]]] = [(None, [self.tree])]
        for scope, stack in scopes:  # grows while it is walked
            while stack:
                node = stack.pop()
                kind = node.__class__
                fields = _OUTSIDE.get(kind)
                if fields is None:
                    continue
                if kind in nodes:
                    nodes[kind].append(node)
                else:
                    nodes[kind] = [node]
                held = node.__dict__
                if scope is not None:
                    held["scope"] = scope
                if not fields:
                    continue  # as most are: names and constants
                if kind in _LAZY:
                    inside = held["body"]
                    scopes.append((node, list(inside) if inside.__class__ is list else [inside]))
                elif kind is ast.If and scope is None and _guards(held["test"]):
                    scopes.append((node, list(held["body"])))
                    stack.extend(held["orelse"])
                    continue
                for field in fields:
                    value = held.get(field)
                    if value.__class__ is list:
                        stack.extend(value)
                    elif isinstance(value, ast.AST):
                        stack.append(value)
        return nodes

    def all(self, *kinds: type[N]) -> list[N]:
        """The nodes of these types, in the order of the file."""
        nodes: list[Any] = [node for kind in kinds for node in self._by_type.get(kind, ())]
        return sorted(nodes, key=lambda node: (node.lineno, node.col_offset))

    def runs_in(self, node: ast.AST) -> ast.AST | None:
        """The function (or `if __name__ == "__main__"`, `if TYPE_CHECKING`) that a node runs in; None: at import."""
        _ = self._by_type
        scope: ast.AST | None = node.__dict__.get("scope")
        return scope

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for nodes in self._by_type.values() for node in nodes for child in _children(node)}

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that holds this one."""
        return self._parents.get(node)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes that hold this one, the nearest first."""
        while (holder := self._parents.get(node)) is not None:
            yield (node := holder)

    # --- places

    def spot(self, node: ast.AST) -> Spot:
        """Where a node begins: line and column 1-based, the column in characters."""
        line: int = getattr(node, "lineno", 1)
        return Spot(self.path, line, self._characters(line, getattr(node, "col_offset", 0)) + 1)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """(start, end) of a node in `text`, in characters."""
        ends = [
            self._starts[min(line, len(self._starts)) - 1] + self._characters(line, column)
            for line, column in (
                (getattr(node, "lineno", 1), getattr(node, "col_offset", 0)),
                (getattr(node, "end_lineno", 1), getattr(node, "end_col_offset", 0)),
            )
        ]
        return ends[0], ends[1]

    def source(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def _characters(self, line: int, column: int) -> int:
        """A column in bytes of UTF-8, as the parser counts, in characters."""
        if self.text.isascii() or line > len(self._starts):
            return column
        start = self._starts[line - 1]
        end = self.text.find("\n", start)
        return len(self.text[start : end if end >= 0 else None].encode()[:column].decode(errors="ignore"))

    # --- names

    @cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name means: `{"dg": "dagster", "a": "dagster.asset"}`, relative imports made absolute."""
        meanings: dict[str, str] = {}
        for node in self.all(ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                meanings[alias.asname or name] = name
        for imported in self.all(ast.ImportFrom):
            origin = self.origin(imported)
            meanings |= {alias.asname or alias.name: f"{origin}.{alias.name}" for alias in imported.names}
        return meanings

    def origin(self, node: ast.ImportFrom) -> str:
        """The module that a `from … import` names, absolute."""
        if not node.level:
            return node.module or ""
        inside = self.module.split(".")
        up = node.level - self.path.endswith("__init__.py")
        base = inside[: len(inside) - up] if up else inside
        return ".".join([*base, *([node.module] if node.module else [])])

    def name(self, node: ast.AST | None) -> str:
        """What a name or a dotted name means: `dagster.asset`; "" for anything else, and for what is no import.

        Dagster's own submodules are left out: `dagster._core.definitions.asset` is `dagster.asset`; what belongs to a
        class stays with it: `dagster.EnvVar.int`.
        """
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imports:
            return ""
        dotted = ".".join([self.imports[node.id], *reversed(parts)])
        if not dotted.startswith("dagster"):
            dotted = self.elsewhere(dotted)
        if dotted.startswith("dagster."):
            parts = dotted.split(".")
            public = next((at for at, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
            return ".".join(["dagster", *parts[public:]])
        return dotted

    def calls(self, *names: str) -> list[ast.Call]:
        """The calls of these qualified names, in the order of the file."""
        wanted = set(names)
        return [call for call, name in self.named_calls if name in wanted]

    @cached_property
    def named_calls(self) -> list[tuple[ast.Call, str]]:
        """Every call of an imported name with what that means, in the order of the file."""
        calls = [(call, self.name(call.func)) for call in self._by_type.get(ast.Call, ()) if isinstance(call, ast.Call)]
        return sorted(
            ((call, name) for call, name in calls if name), key=lambda item: (item[0].lineno, item[0].col_offset)
        )

    @cached_property
    def functions(self) -> list[Function]:
        """Every function and method, in the order of the file."""
        return self.all(ast.FunctionDef, ast.AsyncFunctionDef)

    # --- values

    @cached_property
    def defined(self) -> dict[str, list[ast.AST]]:
        """What binds each name at module level, conditional blocks included: statements, in the order of the file."""
        bindings: dict[str, list[ast.AST]] = {}

        def bind(name: str, node: ast.AST) -> None:
            bindings.setdefault(name, []).append(node)

        waiting: list[ast.AST] = list(reversed(self.tree.body))
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Store):
                    bind(node.id, self._statement.get(node, node))
                continue
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                bind(node.name, node)
                continue
            if isinstance(node, ast.Import | ast.ImportFrom):
                for alias in node.names:
                    bind(alias.asname or alias.name.partition(".")[0], node)
                continue
            if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
                bind(node.name, node)
            elif type(node).__name__ == "TypeAlias":  # Python 3.12
                bind(node.name.id, node)  # type: ignore[attr-defined]
            if not isinstance(node, ast.Lambda):
                waiting += reversed(_children(node))
        return bindings

    @cached_property
    def _statement(self) -> dict[ast.AST, ast.AST]:
        """The assignment of each name that stands alone on the left of one."""
        statements: dict[ast.AST, ast.AST] = {}
        for node in self.all(ast.Assign):
            statements |= dict.fromkeys(node.targets, node)
        for annotated in self.all(ast.AnnAssign):
            statements[annotated.target] = annotated
        return statements

    def value(self, node: ast.AST | None) -> Any:
        """The value of a literal, or of a name that is bound to one once; UNKNOWN for anything else.

        Text, numbers, None, booleans, and lists, tuples, sets and dictionaries of these; texts put together by `+` and
        f-strings of known parts.
        """
        return self._value(node, 0)

    def _value(self, node: ast.AST | None, depth: int) -> Any:
        if depth > _DEEPEST:
            return UNKNOWN
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._imported(node) if name in self.imports else self.constant(name)
            case ast.Attribute():
                return self._imported(node)
            case ast.JoinedStr(values=values):
                parts = [self._value(part, depth + 1) for part in values]
                return _joined(parts)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                inside = self._value(value, depth + 1)
                return inside if isinstance(inside, str) else UNKNOWN
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                parts = [self._value(left, depth + 1), self._value(right, depth + 1)]
                return _joined(parts)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                known = [self._value(item, depth + 1) for item in items]
                if any(item is UNKNOWN for item in known):
                    return UNKNOWN
                return known if isinstance(node, ast.List) else tuple(known)
            case ast.Dict(keys=keys, values=values):
                names = [self._value(key, depth + 1) if key else UNKNOWN for key in keys]
                known = [self._value(value, depth + 1) for value in values]
                if any(item is UNKNOWN or isinstance(item, list | dict) for item in names) or UNKNOWN in known:
                    return UNKNOWN
                return dict(zip(names, known, strict=True))
        return UNKNOWN

    def constant(self, name: str) -> Any:
        """The value of a name of this file that is bound once, at module level, to what has a known value."""
        if name not in self._constants:
            self._constants[name] = UNKNOWN  # while it is looked for: a name that means itself has no value
            match self.defined.get(name):
                case [ast.Assign(value=value) | ast.AnnAssign(value=value)]:
                    self._constants[name] = self.value(value)
        return self._constants[name]

    def _imported(self, node: ast.Name | ast.Attribute) -> Any:
        dotted = self.name(node)
        return self.constant_elsewhere(dotted) if dotted else UNKNOWN


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes that the walk goes to from this one, in the order of its fields."""
    children: list[ast.AST] = []
    for field in _FIELDS.get(node.__class__, ()):
        value = getattr(node, field, None)
        if value.__class__ is list:
            children += filter(None, value)
        elif isinstance(value, ast.AST):
            children.append(value)
    return children


def _joined(parts: list[Any]) -> Any:
    if all(isinstance(part, str) for part in parts) and sum(map(len, parts)) <= _LONGEST:
        return "".join(parts)
    return UNKNOWN


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """The argument of that name or, where it may be given without one, at that 0-based position."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        given = call.args[: position + 1]
        return None if any(isinstance(item, ast.Starred) for item in given) else given[position]
    return None


def spread(call: ast.Call) -> bool:
    """Whether a call is given arguments that are not written there: `*args`, `**kwargs`."""
    return any(keyword.arg is None for keyword in call.keywords) or any(
        isinstance(item, ast.Starred) for item in call.args
    )


def at_top(node: ast.AST) -> bool:
    """Whether a statement runs whenever its file is imported: it stands in no block."""
    return getattr(node, "col_offset", 1) == 0


def _guards(test: ast.AST) -> bool:
    """`__name__ == "__main__"` and `TYPE_CHECKING`: what is below does not run when Dagster imports the file."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__")):
            return True
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False
