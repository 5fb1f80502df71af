"""The variables in `.env` values and Compose files: `$NAME` and `${NAME}`, as Docker Compose replaces them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .envfile import Assignment

NAME = "[A-Za-z_][A-Za-z0-9_]*"  # of a variable, as a pattern

_NAME = re.compile(rf"\$(?:\$|({NAME})|\{{({NAME}))")
_USE = re.compile(rf"\$(?:\$|({NAME})|\{{({NAME})(?:(:?[-?+])|\}}))")
_BRACES = re.compile(r"\$\{|\}")
_SIGNS = re.compile(r"\$\{|\}|:")
_DEFAULT = re.compile(r"\$\{\w+:?-([^{}]*)\}")
_OPERATION = re.compile(r"(:?[-?+]|)((?<=[-?+]).*|)", re.DOTALL)


def resolved(assignments: Iterable[Assignment], environment: Mapping[str, str]) -> dict[str, str]:
    """The values of a file; `$NAME` is looked up in the environment first, then in the lines above."""
    values: dict[str, str] = {}
    for variable in assignments:
        if variable.quote is None:  # a name alone takes its value from the environment
            continue
        value = variable.value
        if variable.quote != "'" and "$" in value:
            try:
                value = interpolate(value, {**values, **environment})
            except KeyError:
                value = ""  # It needs a variable that is not set.
            except ValueError:
                pass  # A `$` that starts no variable, as in some passwords, means itself.
        values[variable.key] = value
    return values


def known(assignments: Iterable[Assignment], environment: Mapping[str, str]) -> dict[str, str]:
    """All values that Compose fills in: the environment's go before those of a file."""
    return {**resolved(assignments, environment), **environment}


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Replace `$NAME` and `${NAME}` by their values, with Compose's `:-`, `-`, `:?`, `?`, `:+` and `+`; `$$` is a `$`.

    KeyError with the name of a missing variable, ValueError when the text is not a valid template.
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


class Use(NamedTuple):
    """A variable where it is used, and what follows its name: `:-`, `-`, `:?`, `?`, `:+`, `+`, or "" for nothing."""

    name: str
    operator: str

    @property
    def may_be_unset(self) -> bool:
        """Whether it has a default, or stands for something else."""
        return self.operator.endswith(("-", "+"))


def variables_in(text: str) -> Iterator[Use]:
    """Every variable that is used, those within the words of others too; none where `$$` is a `$`."""
    for match in _USE.finditer(text):
        if name := match[1] or match[2]:
            yield Use(name, match[3] or "")


def parts(text: str) -> list[str]:
    """`text` split at its colons, except those inside `${…}`: an item of `ports:` or `volumes:`."""
    pieces, at, depth = [], 0, 0
    for sign in _SIGNS.finditer(text):
        if sign[0] == ":" and depth == 0:
            pieces.append(text[at : sign.start()])
            at = sign.end()
        elif sign[0] != ":":
            depth = max(depth + (-1 if sign[0] == "}" else 1), 0)
    return [*pieces, text[at:]]


def with_defaults(text: str) -> str:
    """`text` with each `${NAME:-value}` replaced by its default."""
    return _DEFAULT.sub(lambda match: match[1], text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """With variables put in; as written where one has no value, or the text is not as Compose takes it."""
    try:
        return interpolate(text, values)
    except (KeyError, ValueError):
        return text


def default_of(text: str) -> str | None:
    """The plain default of a text that is one variable, as `${NAME:-value}`; None for any other text."""
    match = _DEFAULT.fullmatch(text)
    return match[1] if match and "$" not in match[1] else None


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
