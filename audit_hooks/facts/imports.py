"""What an import from the own package finds, as Python would, told by the files of the project alone."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..reading.sources import Sources
    from .code import Code
    from .package import Package
    from .requirements import Requirement

_FILES = (".py", ".pyi", ".pyx", ".so", ".pyd", "/__init__.py", "/__init__.pyi")
_DYNAMIC = ("__getattr__", "globals()", "vars()", "locals()", "setattr(", "exec(", "sys.modules", "__path__")
_GENERATED = ("_version", "version", "__about__", "_build", "_pb2", "_pb2_grpc", "_generated", "generated", "_rust")
_USUAL = ("def {}(", "class {}(", "class {}:", "{} = ", "{}: ", "async def {}(")
_SETTINGS = (".gitignore", "pyproject.toml", "setup.py", "setup.cfg")
_CAUGHT = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException", "AttributeError")


class Imports:
    """The imports of one project from its own package."""

    def __init__(self, package: Package, repository: Sources, required: Sequence[Requirement]) -> None:
        self._package = package
        self._repository = repository
        self._required = required

    @cached_property
    def _codes(self) -> dict[str, Code]:
        return {code.path: code for code in self._package.files}

    def missing(self, code: Code, node: ast.ImportFrom) -> Iterator[tuple[str, str]]:
        """(name, where it is not) of what an import does not find; none where names may come from elsewhere."""
        names = [alias.name for alias in node.names if alias.name != "*"]
        place = self._place(code, node) if names else None
        if place is None:
            return
        if not self._exists(place):
            module = f"{'.' * node.level}{node.module or ''}"
            if not place.endswith(_GENERATED) and not self._built(place):
                yield module, f"there is no module {module} in this package"
            return
        paths = [f"{place}{end}" for end in (".py", "/__init__.py") if f"{place}{end}" in self._package.own_set]
        other = self._codes.get(paths[0]) if len(paths) == 1 else None
        if other is None or any(word in other.text for word in _DYNAMIC) or _star(other):
            return
        for name in names:
            if not _defines(other, name) and not self._exists(f"{place}/{name}"):
                yield name, f"{other.path} defines no {name}, which is imported from it here"

    def _place(self, code: Code, node: ast.ImportFrom) -> str | None:
        """The path, without ending, of the module that an import names; None where that is none of the own package."""
        inside = code.path.removesuffix(".py").removesuffix("/__init__").split("/")
        below = len(code.module.split("."))
        if code.path.endswith("__init__.py") and not code.path.endswith("/__init__.py"):
            return None  # the root is a package: what it is called is not known here
        top = inside[: len(inside) - below]
        if node.level:
            up = node.level - code.path.endswith("/__init__.py")
            if up > below:
                return None
            parts = inside[: len(inside) - up]
        else:
            parts = top
        parts = parts + (node.module.split(".") if node.module else [])
        if node.level == 0:
            package = "/".join(parts[: len(top) + 1])
            if f"{package}/__init__.py" not in self._package.own_set or self._installed(parts[len(top)]):
                return None
        return "/".join(parts)

    def _installed(self, name: str) -> bool:
        """Whether a package of that name is installed too: a folder may be called `dagster`, and which of the two is
        found depends on where Python is started.
        """
        return name == "dagster" or name.replace("_", "-").lower() in {item.name for item in self._required}

    def _exists(self, place: str) -> bool:
        """Whether a module or a folder stands there; a folder needs no __init__.py."""
        own = self._package.own_set
        return any(f"{place}{end}" in own for end in _FILES) or self._package.sources.has(f"{place}/")

    def _built(self, place: str) -> bool:
        """Whether the project names the file itself among what git ignores, or among what its build writes."""
        file = f"{place.rpartition('/')[2]}.py"
        texts = [(self._package.sources, name) for name in _SETTINGS] + [(self._repository, ".gitignore")]
        return any(file in (files.text(name) or "") for files, name in texts)


def may_fail(code: Code, node: ast.ImportFrom) -> bool:
    """Whether an import does not run, or may fail: under TYPE_CHECKING, in a `try` that catches what it raises."""
    if isinstance(code.runs_in(node), ast.If):
        return True
    for above in code.above(node):
        if isinstance(above, ast.With) or (isinstance(above, ast.Try) and _catches(above)):
            return True
        if isinstance(above, ast.If):
            return True  # of another version, or another system
    return False


def _catches(node: ast.Try) -> bool:
    return any(
        handler.type is None or any(name in ast.dump(handler.type) for name in _CAUGHT) for handler in node.handlers
    )


def _star(code: Code) -> bool:
    return any(alias.name == "*" for node in code.all(ast.ImportFrom) for alias in node.names)


def _defines(code: Code, name: str) -> bool:
    """Whether a file binds a name; every module has the likes of `__file__`."""
    if any(f"\n{usual.format(name)}" in code.text for usual in _USUAL):
        return True  # most, and the tree need not be walked for them
    if name in code.defined or (name.startswith("__") and name.endswith("__")):
        return True
    return any(name in node.names for node in code.all(ast.Global))
