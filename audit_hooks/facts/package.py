"""The Python files of one module together: which file a dotted name means, and what a name means that goes through."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ..reading.sources import Broken, Spot
from .code import UNKNOWN, Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..reading.sources import Sources

_TESTS = re.compile(r"(^|/)(tests?|testing|conftest\.py|test_[^/]*\.py|[^/]*_test\.py)(/|$)")
_ASIDE = re.compile(r"(^|/)(\.[^/]+|docs?|examples?|migrations|node_modules|site-packages|setup\.py|noxfile\.py)(/|$)")
_LARGEST = 1_000_000  # bytes: what is larger is data, and takes a second and a hundred megabytes to parse

# What an older Python cannot read, by the line that it stops at.
_NEWER = (
    (re.compile(r"^\s*type\s+\w+.*="), (3, 12)),
    (re.compile(r"^\s*(async\s+)?(def|class)\s+\w+\s*\["), (3, 12)),
    (re.compile(r"""\b[fF][rR]?["']|\b[rR][fF]["']"""), (3, 12)),
    (re.compile(r"^\s*except\s+\w[\w.]*\s*,\s*\w"), (3, 14)),
    (re.compile(r"""\b[tT][rR]?["']"""), (3, 14)),
)


class Bound(NamedTuple):
    """What a name is bound to: an expression or a function, and the file that it stands in."""

    code: Code
    node: ast.AST


class Package:
    """The code of a module. Each file is read and parsed when it is asked for first, and never imported.

    `own` are the names of all of the module's files, those that are no Python included.
    """

    def __init__(self, sources: Sources, own: Sequence[str]) -> None:
        self.sources = sources
        self.own = own
        self.own_set = frozenset(own)
        self._mentioned: dict[str, bool] = {}

    @cached_property
    def names(self) -> list[str]:
        """The paths of the Python files that may hold definitions: no tests, documents or set-up."""
        return [name for name in self._python if not (_ASIDE.search(name) or self._is_test(name))]

    @cached_property
    def tests(self) -> list[str]:
        """The paths of the tests."""
        return [name for name in self._python if self._is_test(name)]

    @cached_property
    def _python(self) -> list[str]:
        return [name for name in self.own if name.endswith(".py")]

    @cached_property
    def _beside(self) -> tuple[str, ...]:
        """The folders of tests that stand beside what they test: `bar_tests/` beside `bar/`."""
        folders = {name.rpartition("/")[0] for name in self._python}
        beside = (name for name in folders if name.endswith("_tests") and name.removesuffix("_tests") in folders)
        return tuple(f"{name}/" for name in beside)

    def _is_test(self, name: str) -> bool:
        return bool(_TESTS.search(name)) or name.startswith(self._beside)

    @cached_property
    def files(self) -> list[Code]:
        """The files that parse, in the order of their paths."""
        return [code for code in self._read if isinstance(code, Code)]

    @cached_property
    def unparsed(self) -> list[Broken]:
        """What is no Python that this Python reads, likewise."""
        return [broken for broken in self._read if isinstance(broken, Broken)]

    @cached_property
    def _read(self) -> list[Code | Broken]:
        texts = ((name, self.sources.text(name)) for name in self.names)
        return [self._parsed(name, text) for name, text in texts if text is not None]

    @cached_property
    def modules(self) -> dict[str, Code]:
        """The files by the dotted name that one imports them under."""
        return {code.module: code for code in self.files}

    def mentioning(self, word: str) -> bool:
        """Whether a word stands in any of the files that parse."""
        if word not in self._mentioned:
            self._mentioned[word] = word in self._whole
        return self._mentioned[word]

    @cached_property
    def _whole(self) -> str:
        return "\0".join(code.text for code in self.files)

    def imports_dagster(self, code: Code) -> bool:
        """Whether a file imports Dagster, or is imported by one of this package that does, directly or not."""
        return code.module in self._near

    @cached_property
    def _near(self) -> set[str]:
        near = {
            code.module
            for code in self.files
            if "dagster" in code.text
            and any(name.split(".")[0].startswith("dagster") for name in code.imports.values())
        }
        waiting = list(near)
        while waiting:
            for name in self.modules[waiting.pop()].imports.values():
                for module in (name, name.rpartition(".")[0]):
                    if module in self.modules and module not in near:
                        near.add(module)
                        waiting.append(module)
        return near

    # --- names that go from file to file

    def meaning(self, dotted: str) -> str:
        """What a dotted name of this package means once its re-exports are followed: `bar.common.asset` may be
        `dagster.asset`. A name that ends in this package, or is of another, stays as it is.
        """
        for _ in range(10):
            module, _, name = dotted.rpartition(".")
            code = self.modules.get(module)
            if code is None or name not in code.imports or code.imports[name] == dotted:
                return dotted
            dotted = code.imports[name]
        return dotted

    def bound(self, code: Code, node: ast.expr | None) -> Bound | None:
        """What a name at module level means, here or in a file of the package that it is imported from; an expression
        that is no name means itself. None where there is more than one answer, or none.
        """
        if not isinstance(node, ast.Name):
            return None if node is None or isinstance(node, ast.Attribute) else Bound(code, node)
        home, name = code, node.id
        if name in code.imports:
            module, _, name = self.meaning(code.imports[name]).rpartition(".")
            if module not in self.modules:
                return None
            home = self.modules[module]
        match home.defined.get(name):
            case [ast.Assign(value=value) | ast.AnnAssign(value=value)] if value is not None:
                return Bound(home, value)
            case [ast.FunctionDef() as function]:
                return Bound(home, function)
        return None

    def constant(self, dotted: str) -> Any:
        """The value of a name of this package that is bound once to a known value, else UNKNOWN."""
        module, _, name = self.meaning(dotted).rpartition(".")
        code = self.modules.get(module)
        return code.constant(name) if code and name not in code.imports else UNKNOWN

    # --- parsing

    def _parsed(self, name: str, text: str) -> Code | Broken:
        if len(text) > _LARGEST:
            return Broken(Spot(name), f"it is larger than {_LARGEST // 1_000_000} MB, and is not judged", "split it")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the compiler says of their escapes is not ours to print
                tree = ast.parse(text)
        except SyntaxError as error:
            return _unparsed(name, text, error)
        except (ValueError, RecursionError, MemoryError) as error:
            cause = "it holds a null byte" if isinstance(error, ValueError) else "it is nested too deep to be read"
            return Broken(Spot(name), f"this is no Python: {cause}", "mend it")
        code = Code(name, module_name(name, self.own_set), text, tree)
        code.elsewhere, code.constant_elsewhere = self.meaning, self.constant
        return code


def module_name(name: str, files: frozenset[str]) -> str:
    """The dotted name of a Python file: from the folder above its topmost package, `src/` or the root."""
    parts = name[: -len(".py")].split("/")
    if parts[-1] == "__init__":
        parts.pop()
    top = 0
    if parts and parts[0] == "src":
        top = int("src/__init__.py" not in files)  # some make a package of it, and import from it
    else:
        # A project may stand in a folder of its own with no pyproject.toml: packages begin where __init__.py does.
        for index in range(1, len(parts)):
            if "/".join([*parts[:index], "__init__.py"]) in files:
                top = index - 1
                break
    return ".".join(parts[top:])


def _unparsed(name: str, text: str, error: SyntaxError) -> Broken:
    spot = Spot(name, error.lineno or 0, max(error.offset or 0, 0))
    lines = text.split("\n")
    line = lines[spot.line - 1] if 0 < spot.line <= len(lines) else ""
    running = ".".join(map(str, sys.version_info[:2]))
    for pattern, version in _NEWER:
        if sys.version_info < version and pattern.search(line):
            needed = ".".join(map(str, version))
            return Broken(
                spot,
                f"this is syntax of Python {needed} or later, and the audit runs on {running}: the file is not judged",
                f"run the audit on Python {needed} or later (language_version in .pre-commit-config.yaml)",
            )
    return Broken(spot, f"this is no Python that {running} reads: {error.msg}", "mend the line")
