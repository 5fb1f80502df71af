"""Reading a `.env` file as Docker Compose does, with the line that each variable stands on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .source import Source

_KEY = re.compile(r"(?:export[ \t]+)?([\w.\[\]-]+)[ \t]*(?:([=:])[ \t]*|(?=\n|\Z|#))")
_QUOTED = {
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
}
_LINE = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|\Z)")
_BLANK = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*\Z)?")
_NAME = re.compile(r"\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*))")
_BRACES = re.compile(r"\$\{|\}")
_OPERATION = re.compile(r"(:?[-?+]|)((?<=[-?+]).*|)", re.DOTALL)


_MODULE = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_(GRPC|DB)_PORT")
_USES = {"GRPC": "grpc", "DB": "database"}


class Variable(NamedTuple):
    """One assignment, as written: `literal` when it stood in single quotes, so that `$` in it means itself."""

    name: str
    value: str
    line: int
    literal: bool


def assignments(source: Source) -> list[Variable]:
    """All assignments of a file in order. DmbError with the line for anything else than assignments and comments."""
    found: list[Variable] = []
    text, line, counted = source.text, 1, 0
    at = _skipped(_BLANK, text, 0)
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        key = _KEY.match(text, at)
        if key is None:
            raise source.broken("this line is no assignment", line)
        name, sign = key.groups()
        at = key.end()
        if sign and text[at : at + 1] in _QUOTED:
            mark = text[at]
            quoted = _QUOTED[mark].match(text, at)
            end = quoted and _REST.match(text, quoted.end())
            if not quoted or not end:
                raise source.broken(f"the value of {name} does not end with the quote that it starts with", line)
            found.append(Variable(name, quoted[1], line, literal=mark == "'"))
            at = end.end()
        else:
            end_of_line = _skipped(_LINE, text, at)
            if sign:  # A name alone takes its value from the environment.
                found.append(Variable(name, _COMMENT.sub("", text[at:end_of_line]).strip(), line, literal=False))
            at = end_of_line
        at = _skipped(_BLANK, text, at)
    return found


def module_of(variable: str) -> tuple[str, str]:
    """The module that a port's variable is named for, and the use: `BAR_ONE_DB_PORT` -> `bar-one`, `database`."""
    match = _MODULE.fullmatch(variable)
    return (match[1].lower().replace("_", "-"), _USES[match[2]]) if match else ("", "")


def _skipped(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern that always matches ends."""
    match = pattern.match(text, at)
    return match.end() if match else at


def resolved(found: Iterable[Variable], environment: Mapping[str, str]) -> dict[str, str]:
    """The values of a file; `$` in one sees the environment, and then what stands above it."""
    values: dict[str, str] = {}
    for variable in found:
        value = variable.value
        if not variable.literal and "$" in value:
            try:
                value = interpolate(value, {**values, **environment})
            except KeyError:
                value = ""  # It needs a variable that is not set.
            except ValueError:
                pass  # A `$` that is no template, as in some passwords, means itself.
        values[variable.name] = value
    return values


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Put values in for `$NAME` and `${NAME}`, with Compose's `:-`, `-`, `:?`, `?`, `:+` and `+`; `$$` is a `$`.

    KeyError with the name of a variable that is needed and not set, ValueError when the text is no such template.
    """
    parts = []
    at = 0
    while (start := text.find("$", at)) >= 0:
        name = _NAME.match(text, start)
        if name is None:
            raise ValueError(text)
        parts.append(text[at:start])
        at = name.end()
        if name[2]:
            closing = _closing_brace(text, at)
            parts.append(_braced(name[2], text[at:closing], values))
            at = closing + 1
        else:
            parts.append(values[name[1]] if name[1] else "$")
    return "".join(parts) + text[at:]


def _closing_brace(text: str, at: int) -> int:
    depth = 1
    for brace in _BRACES.finditer(text, at):
        depth += -1 if brace[0] == "}" else 1
        if depth == 0:
            return brace.start()
    raise ValueError(text)


def _braced(name: str, rest: str, values: Mapping[str, str]) -> str:
    """The value of `${name<rest>}`."""
    operation = _OPERATION.fullmatch(rest)
    if operation is None:
        raise ValueError(rest)
    operator, word = operation.groups()
    is_set = bool(values.get(name)) if operator.startswith(":") else name in values
    if operator.endswith("+"):
        return interpolate(word, values) if is_set else ""
    if is_set:
        return values[name]
    if operator.endswith("-"):
        return interpolate(word, values)
    raise KeyError(name)
