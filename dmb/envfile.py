"""A workspace's `.env`: read as Compose and python-dotenv both do, marked blocks put in and taken out.

Everything else in the file stays as it is, byte for byte (see `textblocks`). A key stands once: of two, the later wins.
"""

from __future__ import annotations

import bisect
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import textblocks
from .errors import DmbError
from .textblocks import Block, Span, line_end, line_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = re.compile(r"[ \t]*(?:export[ \t]+)?(?:'([^'\r\n]+)'|([^\s=:#'\"]+))(?:[ \t]*(?P<sign>[=:])[ \t]*)?")
_QUOTED = {
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
}
_COMMENT = re.compile(r"(?:^|[ \t])[ \t]*#.*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_ESCAPE = {"'": re.compile(r"\\(['\\])"), '"': re.compile(r"\\(['\"\\abfnrtv])")}
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `KEY=value` of the file: 1-based `line`, `owner` of the block that it stands in (None outside)."""

    key: str
    value: str
    line: int
    owner: str | None


def assignments(text: str, place: str) -> list[Assignment]:
    """All assignments in the order of the file; refuses an unterminated quote and damaged markers."""
    found, owners = _read(text, place)[0], blocks(text, place)
    assigned: list[Assignment] = []
    line, counted = 1, 0
    for key, value, at in found:
        line, counted = line + textblocks.lines_between(text, counted, at), at
        near = bisect.bisect_right(owners, at, key=lambda block: block.start) - 1
        owner = owners[near].owner if near >= 0 and at < owners[near].end else None
        assigned.append(Assignment(key, value, line, owner))
    return assigned


def blocks(text: str, place: str) -> list[Block]:
    """The marked blocks in the order of the text; refuses what `assignments` does."""
    return list(_blocks(text, place))


@functools.lru_cache(maxsize=4)  # one change asks several times for that of the text before and after
def _blocks(text: str, place: str) -> list[Block]:
    return textblocks.find_blocks(text, place, _read(text, place)[1])


def line(key: str, value: str) -> str:
    """`KEY=value` so that every reader of the file reads `value`; refuses (DmbError) what they read differently."""
    if not _NAME.fullmatch(key):
        raise DmbError(f"`{key}` is no name of an environment variable", remedy="Use letters, digits and underscores.")
    if _PLAIN.fullmatch(value):
        return f"{key}={value}"
    # Readers differ in what a backslash before a quote does, and python-dotenv expands ${…} in single quotes too.
    if value.isprintable() and not re.search(r"\$\{|\\\\|\\\Z", value):
        if "'" not in value:
            return f"{key}='{value}'"
        if not re.search(r'["\\$`]', value):
            return f'{key}="{value}"'
    raise DmbError(
        f"the value of {key} reads differently in Compose and in Dagster", remedy="Choose plainer characters."
    )


def update(text: str, changes: Mapping[str, str | None], place: str) -> str:
    """`text` with the block of each owner holding the lines that it maps to: in its place, or at the end. None: gone.

    Refuses (DmbError with file:line) a key that stands anywhere else too, a value of several lines, an unterminated
    quote, damaged markers.
    """
    taken = {entry.key: entry.line for entry in assignments(text, place) if entry.owner not in changes}
    for owner, body in changes.items():
        where = f"{place} ({owner})"
        new, several = _read(body or "", where)
        if several:
            raise DmbError("a value of several lines", place=where, remedy="Write it on one line.")
        for key, _, _ in new:
            if key in taken:
                raise DmbError(
                    f"{key} is set here already, outside of the block of {owner}",
                    place=f"{place}:{taken[key]}" if taken[key] else where,
                    remedy="`dmb workspace adopt` takes it over; or delete this line.",
                )
            taken[key] = 0
    return textblocks.update(text, changes, place, _read(text, place)[1])


def put(text: str, owner: str, body: str, place: str) -> str:
    """`update` for one owner."""
    return update(text, {owner: body}, place)


def drop(text: str, owner: str, place: str) -> str:
    """`text` without the block of `owner`."""
    return update(text, {owner: None}, place)


@functools.lru_cache(maxsize=4)
def _read(text: str, place: str) -> tuple[list[tuple[str, str, int]], list[Span]]:
    """(key, value, position) of each assignment, and the spans of the quoted values that go over several lines."""
    found: list[tuple[str, str, int]] = []
    several: list[Span] = []
    at = 1 if text.startswith(textblocks.BOM) else 0
    while at < len(text):
        end = line_end(text, at)
        key = _KEY.match(text, at, end)
        if key:
            value = ""
            if key["sign"]:
                quoted = _QUOTED.get(text[key.end() : key.end() + 1])
                if quoted:
                    match = quoted.match(text, key.end())
                    if not match:
                        cause = f"the quote of {key[1] or key[2]} is not closed"
                        raise DmbError(cause, place=f"{place}:{line_of(text, at)}", remedy="Close it, then run again.")
                    value = _ESCAPE[match[0][0]].sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), match[1])
                    if match.end() > end:
                        several.append(match.span())
                        end = line_end(text, match.end())
                else:
                    value = _COMMENT.sub("", textblocks.trim(text[key.end() : end])).strip()
            found.append((key[1] or key[2], value, at))
        at = end
    return found, several
