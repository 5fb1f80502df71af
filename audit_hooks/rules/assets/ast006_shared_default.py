"""AST006: a default that all calls share."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code, Function
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_RUFF = ("pyproject.toml", "ruff.toml", ".ruff.toml")
_CODES = ("ALL", "B", "B0", "B00", "B006")
_MADE = {"list", "dict", "set", "bytearray"}
_CALL = "import dagster as dg\n\n\ndef clean(rows, seen=[]):\n    seen.append(rows)\n    return seen\n"


class SharedDefault(CodeRule):
    """No default of a parameter can be changed."""

    code = "AST006"
    title = "A list, dictionary or set as a parameter's default"
    severity = "warning"
    what = (
        "A parameter whose default is a list, a dictionary or a set, in a file that Dagster loads. Where ruff's B006 "
        "is on, it tells this already, and the audit is silent."
    )
    why = (
        "It is made once, when the code location loads, and every call shares it: what a run puts in is there in the "
        "next one, as long as the process lives."
    )
    remedy = "write None, and make it in the function"
    mentions = ("=[", "={", "=set(", "=dict(", "=list(", "= [", "= {", "= set(", "= dict(", "= list(")
    bad = (
        {"defs.py": _CALL},
        {"defs.py": "import dagster as dg\n\n\n@dg.op\ndef clean(context, *, seen: dict = {}):\n    return seen\n"},
        {"defs.py": _CALL, "pyproject.toml": '[tool.ruff.lint]\nselect = ["B"]\nignore = ["B006"]\n'},
    )
    good = (
        {"defs.py": _CALL.replace("=[]", "=None")},
        {"defs.py": _CALL.replace("=[]", "=()")},
        {"defs.py": _CALL, "pyproject.toml": '[tool.ruff.lint]\nextend-select = ["B"]\n'},
        {"defs.py": _CALL, "ruff.toml": 'lint.select = ["ALL"]\n', "pyproject.toml": ""},
        {"defs.py": "import dagster as dg\n\n\nclass Files(dg.Config):\n    names: list[str] = []\n"},
        {"plain.py": "def clean(rows, seen=[]):\n    return seen\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """A project whose ruff does not tell it."""
        if not _told_by_ruff(subject):
            yield from super().check(subject)

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each such parameter."""
        for function in code.functions:
            for name, default in _defaults(function):
                if _changes(default) and subject.package.imports_dagster(code):
                    message = f"the default of {name} is made once, and every call of {function.name} shares it"
                    yield self.diagnosis(code.spot(default), function.name, message)


def _defaults(function: Function) -> Iterator[tuple[str, ast.expr]]:
    given = function.args
    named = [*given.posonlyargs, *given.args]
    for parameter, default in zip(named[len(named) - len(given.defaults) :], given.defaults, strict=True):
        yield parameter.arg, default
    for parameter, keyword_default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if keyword_default:
            yield parameter.arg, keyword_default


def _changes(default: ast.expr) -> bool:
    match default:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _MADE
    return False


def _told_by_ruff(subject: Subject) -> bool:
    for files in (subject.files, subject.repository):
        for name in _RUFF:
            table = files.toml(name) if files.has(name) else {}
            if name == "pyproject.toml":
                tool = table.get("tool")
                table = tool.get("ruff", {}) if isinstance(tool, dict) else {}
            lint = table.get("lint", {}) if isinstance(table, dict) else {}
            tables = [settings for settings in (table, lint) if isinstance(settings, dict)]
            chosen = {key: _codes(tables, key) for key in ("select", "extend-select", "ignore", "extend-ignore")}
            if chosen["select"] | chosen["extend-select"] and not chosen["ignore"] | chosen["extend-ignore"]:
                return True
    return False


def _codes(tables: list[dict[str, object]], key: str) -> set[str]:
    """Those of B006's selectors that a setting names."""
    given = [table.get(key) for table in tables]
    return {code for codes in given if isinstance(codes, list) for code in codes if code in _CODES}
