"""Edits of Python text at the places that the parser told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..reading.edits import Edit

if TYPE_CHECKING:
    import ast

    from .code import Code


def add_argument(code: Code, call: ast.Call, text: str) -> Edit:
    """The edit that gives a call one more argument, after the last and written as the others are."""
    _, end = code.span(call)
    end -= 1  # before the closing parenthesis
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not given:
        return Edit(code.path, end, end, text)
    last = max(code.span(node)[1] for node in given)
    rest = code.text[last:end]
    comma = re.match(r"\s*\)*\s*,", rest)  # a value may stand in parentheses of its own
    if "\n" not in rest:
        return Edit(code.path, end, end, f" {text}" if comma and rest.endswith(",") else text if comma else f", {text}")
    closing = re.match(r"[\s)]*", rest)
    at = last + (comma.end() if comma else len(closing[0].rstrip()) if closing else 0)
    first = min(code.span(node)[0] for node in given)
    line = code.text.rfind("\n", 0, first) + 1
    indent = re.match(r"[ \t]*", code.text[line:])
    return Edit(code.path, at, at, f"{'' if comma else ','}\n{indent[0] if indent else ''}{text},")
