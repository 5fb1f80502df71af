"""A workspace's `.env`: read as Compose and python-dotenv both do, marked blocks put in and taken out.

Everything else in the file stays as it is, byte for byte (see `textblocks`). A key stands once: the later of two would win.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import textblocks
from .errors import DmbError
from .textblocks import Span, line_end, line_of

_KEY = re.compile(r"[ \t]*(?:export[ \t]+)?'?([^\s=:#'\"]+)'?(?:[ \t]*(?P<sign>[=:])[ \t]*)?")
_QUOTED = {
    "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL),
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
}
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `KEY=value` of the file: 1-based `line`, `owner` of the block that it stands in (None outside)."""

    key: str
    value: str
    line: int
    owner: str | None


def assignments(text: str, place: str) -> list[Assignment]:
    """All assignments in the order of the file; refuses an unterminated quote and damaged markers."""
    found, opaque = _read(text, place)
    blocks = textblocks.find_blocks(text, place, opaque)
    return [
        Assignment(key, value, line_of(text, at), next((b.owner for b in blocks if b.start <= at < b.end), None))
        for key, value, at in found
    ]


def blocks(text: str, place: str) -> list[textblocks.Block]:
    """The marked blocks in the order of the text; refuses what `assignments` does."""
    return textblocks.find_blocks(text, place, _read(text, place)[1])


def line(key: str, value: str) -> str:
    """`KEY=value` so that every reader of the file reads `value`; refuses (DmbError) what they read differently."""
    if not _NAME.fullmatch(key):
        raise DmbError(f"`{key}` is no name of an environment variable", remedy="Use letters, digits and underscores.")
    if _PLAIN.fullmatch(value):
        return f"{key}={value}"
    # Readers differ in what a backslash does, and python-dotenv expands ${…} in single quotes too.
    if "${" not in value and "\\\\" not in value and not value.endswith("\\") and not re.search(r"[\r\n\0]", value):
        if "'" not in value:
            return f"{key}='{value}'"
        if not re.search(r'["\\$`]', value):
            return f'{key}="{value}"'
    raise DmbError(
        f"the value of {key} reads differently in Compose and in Dagster", remedy="Choose plainer characters."
    )


def put(text: str, owner: str, body: str, place: str) -> str:
    """`text` with `owner`'s block holding the lines of `body`, in its place or at the end.

    Refuses (DmbError with file:line) a key that stands outside of the block, an unterminated quote, damaged markers.
    """
    new, spans = _read(body, f"{place} ({owner})")
    if spans or textblocks.carries_marker(body):
        raise DmbError("a value of several lines, or a marker", place=f"{place} ({owner})", remedy="Use plain lines.")
    taken = {entry.key: entry.line for entry in assignments(text, place) if entry.owner != owner}
    for key, _, _ in new:
        if key in taken:
            remedy = "`dmb workspace adopt` takes it over; or delete this line."
            raise DmbError(
                f"{key} is set here already, outside of the block", place=f"{place}:{taken[key]}", remedy=remedy
            )
        taken[key] = 0
    return textblocks.set_block(text, owner, body, place, _read(text, place)[1])


def drop(text: str, owner: str, place: str) -> str:
    """`text` without the block of `owner`."""
    return textblocks.drop_block(text, owner, place, _read(text, place)[1])


def _read(text: str, place: str) -> tuple[list[tuple[str, str, int]], list[Span]]:
    """(key, value, position) of each assignment, and the spans of the quoted values that go over several lines."""
    found: list[tuple[str, str, int]] = []
    opaque: list[Span] = []
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
                        cause = f"the quote of {key[1]} is not closed"
                        raise DmbError(cause, place=f"{place}:{line_of(text, at)}", remedy="Close it, then run again.")
                    value = _unescape(match[1]) if match[0][0] == '"' else match[1]
                    if match.end() > end:
                        opaque.append(match.span())
                        end = line_end(text, match.end())
                else:
                    value = _COMMENT.sub("", textblocks.trim(text[key.end() : end])).strip()
            found.append((key[1], value, at))
        at = end
    return found, opaque


def _unescape(value: str) -> str:
    return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), value, flags=re.DOTALL)
