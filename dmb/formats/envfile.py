"""A workspace's `.env`: read as Compose and python-dotenv both do, marked blocks added and removed.

Everything else in the file stays as it is, byte for byte (see `marked_blocks`). A key stands once: of
two, the later wins.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError
from . import marked_blocks
from .marked_blocks import Block, Span, line_end, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_KEY = re.compile(r"[ \t]*(?:export[ \t]+)?(?:'([^'\r\n]+)'|([^\s=:#'\"]+))(?:[ \t]*(?P<sign>[=:])[ \t]*)?")
_QUOTED = {
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
}
_COMMENT = re.compile(r"(?:^|[ \t])[ \t]*#.*")
_REST = re.compile(r"[ \t]*(?:#|[\r\n]|\Z)")  # nothing, or a comment
_PLAINLY = re.compile(r"(?:#[^\r\n]*|([A-Za-z_][A-Za-z0-9_]*)=([A-Za-z0-9_./:@%+,-]*))\r?\n")  # as most lines are
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_ESCAPE = {"'": re.compile(r"\\(['\\])"), '"': re.compile(r"\\(['\"\\abfnrtv])")}
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Assignment(NamedTuple):
    """One `KEY=value` of the file: 1-based `line`, `owner` of the block around it (None outside).

    `quote` is the mark around the value, "" where there is none, and None for a key alone, with no sign behind it: its
    value, here "", is the environment's. In single quotes `$` means itself.
    """

    key: str
    value: str
    line: int
    owner: str | None
    quote: str | None


class _Parsed(NamedTuple):
    """An assignment at the position `at`."""

    key: str
    value: str
    at: int
    quote: str | None


def assignments(text: str, place: str) -> Sequence[Assignment]:
    """All assignments in the order of the file; refuses an unterminated quote and damaged markers."""
    assigned: list[Assignment] = []
    line, counted = 1, 0
    for parsed, owner in _owned(text, place):
        line, counted = line + marked_blocks.lines_between(text, counted, parsed.at), parsed.at
        assigned.append(Assignment(parsed.key, parsed.value, line, owner, parsed.quote))
    return assigned


def owned(text: str, place: str) -> Iterator[tuple[str | None, str, str]]:
    """The owner, key and value of each assignment: as `assignments`, for where lines do not matter."""
    return ((owner, parsed.key, parsed.value) for parsed, owner in _owned(text, place))


def blocks(text: str, place: str) -> Sequence[Block]:
    """The marked blocks in the order of the text; refuses what `assignments` does."""
    return _read(text, place)[1]


def marker_lines(text: str) -> set[int]:
    """The 1-based lines of the markers; none where `blocks` refuses the text."""
    try:
        return {line for block in blocks(text, "") for line in (block.lines[0], block.lines[-1])}
    except DmbError:
        return set()


def strange_line(text: str, place: str) -> int | None:
    """The first line that is neither an assignment nor a comment nor empty, 1-based; None when all are."""
    strange = _read(text, place)[2]
    return line_of(text, strange[0]) if strange else None


@functools.lru_cache(maxsize=4)  # one change reads the old and the new text several times
def _read(text: str, place: str) -> tuple[Sequence[_Parsed], Sequence[Block], Sequence[int]]:
    """The assignments, the blocks, and where a strange line begins."""
    parsed, several, strange = _values(text, place)
    return parsed, marked_blocks.find_blocks(text, place, several), strange


def _owned(text: str, place: str) -> Iterator[tuple[_Parsed, str | None]]:
    """Each assignment, and the owner of the block around it."""
    assignments, blocks, _ = _read(text, place)
    coming = iter(blocks)
    block = next(coming, None)
    for assignment in assignments:
        while block and block.end <= assignment.at:
            block = next(coming, None)
        yield assignment, block.owner if block and block.start <= assignment.at else None


def line(key: str, value: str) -> str:
    """`KEY=value` so that every reader of the file reads `value`; refuses (DmbError) what they read differently."""
    if not _NAME.fullmatch(key):
        raise DmbError(f"`{key}` is not a valid variable name", remedy="Use letters, digits and underscores.")
    if _PLAIN.fullmatch(value):
        return f"{key}={value}"
    # Readers differ in what a backslash before a quote does, and python-dotenv expands ${…} in single quotes too.
    if value.isprintable() and not re.search(r"\$\{|\\\\|\\\Z", value):
        if "'" not in value:
            return f"{key}='{value}'"
        if not re.search(r'["\\$`]', value):
            return f'{key}="{value}"'
    raise DmbError(f"the value of {key} reads differently in Compose and in Dagster", remedy="Use simpler characters.")


def update(text: str, changes: Mapping[str, str | None], place: str) -> str:
    """`text` with each owner's block holding the given lines: in its place, or at the end. None removes the block.

    Refuses (DmbError with file:line) a key that is also set elsewhere, a value of several lines, an unterminated
    quote, damaged markers.
    """
    taken = {assignment.key: assignment.at for assignment, owner in _owned(text, place) if owner not in changes}
    for owner, body in changes.items():
        where = f"{place} ({owner})"
        new, several, _ = _values(body or "", where)
        if several:
            raise DmbError("a value spans several lines", place=where, remedy="Write it on one line.")
        for key in (assignment.key for assignment in new):
            if key in taken:
                raise DmbError(
                    f"{key} is already set here, outside the block of {owner}",
                    place=f"{place}:{line_of(text, taken[key])}" if taken[key] >= 0 else where,
                    remedy="Run `dmb workspace adopt` to take it over, or delete this line.",
                )
            taken[key] = -1
    return marked_blocks.changed(text, changes, blocks(text, place))


def replaced(text: str, owner: str, lines: Mapping[str, str], place: str) -> tuple[str, dict[str, str]]:
    """`text` with these lines in place of those that set the same keys in the block of `owner`, and the lines before.

    Refuses (DmbError with file:line) a key that is set there in quotes or with a colon, or not at all.
    """
    block = next(block for block in blocks(text, place) if block.owner == owner)
    body, before = block.body, {}
    for key, new in lines.items():
        match = re.search(rf"^[ \t]*(?:export[ \t]+)?{re.escape(key)}[ \t]*=[^\r\n]*", body, re.MULTILINE)
        if match is None:
            raise DmbError(
                f"{key} is set in a way that cannot be replaced",
                place=f"{place}:{block.line}",
                remedy=f"write it as {key}=…",
            )
        before[key] = match[0]
        body = body[: match.start()] + new + body[match.end() :]
    return update(text, {owner: body}, place), before


def put(text: str, owner: str, body: str, place: str) -> str:
    """`update` for one owner."""
    return update(text, {owner: body}, place)


def drop(text: str, owner: str, place: str) -> str:
    """`text` without the block of `owner`."""
    return update(text, {owner: None}, place)


def _values(text: str, place: str) -> tuple[list[_Parsed], list[Span], list[int]]:
    """The assignments, the spans of the quoted values that go over several lines, where a strange line begins."""
    assignments: list[_Parsed] = []
    several: list[Span] = []
    strange: list[int] = []
    at = 1 if text.startswith(marked_blocks.BOM) else 0
    while at < len(text):
        if plain := _PLAINLY.match(text, at):
            if plain[1]:
                assignments.append(_Parsed(plain[1], plain[2], at, ""))
            at = plain.end()
            continue
        end = line_end(text, at)
        key = _KEY.match(text, at, end)
        rest = key.end() if key else at
        if key:
            value, quote = "", None
            if key["sign"]:
                quote = text[rest] if rest < end and text[rest] in _QUOTED else ""
                if quote:
                    match = _QUOTED[quote].match(text, rest)
                    if not match:
                        cause = f"the quote of {key[1] or key[2]} is not closed"
                        raise DmbError(cause, place=f"{place}:{line_of(text, at)}", remedy="Close it, then run again.")
                    value = _ESCAPE[quote].sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), match[1])
                    rest = match.end()
                    if rest > end:
                        several.append(match.span())
                        end = line_end(text, rest)
                else:
                    value = text[rest:end]
                    value = (_COMMENT.sub("", marked_blocks.trim(value)) if "#" in value else value).strip()
                    rest = end
            assignments.append(_Parsed(key[1] or key[2], value, at, quote))
        if rest < end and not _REST.match(text, rest, end):
            strange.append(at)
        at = end
    return assignments, several, strange
