"""Marked blocks in text that people write: `# BEGIN: <owner>` … `# END: <owner>`, whole lines, never nested.

What is outside the blocks is never touched. Byte order mark, line endings and a missing final newline stay as they are,
and taking a block out gives back the text from before it was put in, byte for byte.

Text is `str` decoded from UTF-8 with the line endings as on disk (`decode`, `encode`); positions are indices into it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmb.errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOM = "\ufeff"
EOL = re.compile(r"\r\n|\n|\r")  # not str.splitlines: U+2028 and friends end no line in these files
_MARKER = re.compile(r"(?<![^\r\n\ufeff])[ \t]*#[ \t]*(BEGIN|END):[ \t]*([^\r\n]*?)[ \t]*(?=[\r\n]|\Z)")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Block:
    r"""One marked block: `text[start:end]` is all of it, with both markers and the line ending after `# END`.

    `inner` is the span of the lines between the markers, `body` these lines in `normal` form, so that its hash does not
    depend on the block's place. `line` is the 1-based line of its `# BEGIN`, `indent` the white space before it.
    """

    owner: str
    start: int
    end: int
    inner: Span
    body: str
    line: int
    indent: str


def decode(data: bytes, place: str) -> str:
    """Bytes of a file as text with line endings and byte order mark kept; bad UTF-8 is refused with its line."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DmbError("not UTF-8", place=f"{place}:{line}", remedy="Save the file as UTF-8, then run again.") from None


def encode(text: str) -> bytes:
    """The bytes of `text`, the inverse of `decode`."""
    return text.encode("utf-8")


def eol_of(text: str) -> str:
    r"""The line ending of `text`: that of its first line, `\n` when it has none."""
    found = EOL.search(text)
    return found.group() if found else "\n"


def line_of(text: str, position: int) -> int:
    """1-based number of the line that holds `position`."""
    return sum(1 for _ in EOL.finditer(text, 0, position)) + 1


def line_start(text: str, position: int) -> int:
    """Index of the first character of the line that holds `position` (a byte order mark is before the first line)."""
    start = max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1
    return start + (text.startswith(BOM) if start == 0 else 0)


def line_end(text: str, position: int) -> int:
    """Index just after the line ending of the line that holds `position`; the text's end when it has none."""
    found = EOL.search(text, position)
    return found.end() if found else len(text)


def normal(body: str) -> str:
    r"""`body` dedented, without blank lines around it, every line ended by `\n`; "" when there is nothing in it."""
    lines = EOL.split(body)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return "".join(line[margin:] + "\n" for line in lines)


def indented(body: str, indent: str, eol: str) -> str:
    """The lines of `body` in `normal` form with `indent` before each, its blank lines without."""
    return "".join((indent + line if line else "") + eol for line in normal(body).split("\n")[:-1])


def block_text(owner: str, body: str, indent: str, eol: str) -> str:
    """The lines of a block, each ended by `eol`."""
    return f"{indent}# BEGIN: {owner}{eol}{indented(body, indent, eol)}{indent}# END: {owner}{eol}"


def carries_marker(body: str) -> bool:
    """Whether a line of `body` reads as a marker: such a body cannot be put into a block."""
    return bool(_MARKER.search(body))


def find_blocks(text: str, place: str, opaque: Sequence[Span] = ()) -> list[Block]:
    """All blocks in the order of the text; markers without a partner, nested or with no name are refused.

    `opaque` are sorted spans in which the text of a marker is data: a YAML scalar, a quoted value, a heredoc.
    """
    blocks: list[Block] = []
    begin: re.Match[str] | None = None
    begin_line, line, counted = 0, 1, 0
    hidden = iter(opaque)
    span = next(hidden, None)
    for marker in _MARKER.finditer(text):
        word, owner = marker.groups()
        while span and span[1] <= marker.start(1):
            span = next(hidden, None)
        if span and span[0] < marker.start(1):
            continue
        line, counted = line + sum(1 for _ in EOL.finditer(text, counted, marker.start())), marker.start()
        if not owner:
            raise _damaged("this marker names no module", place, line)
        if word == "BEGIN":
            if begin:
                raise _damaged(f"`# BEGIN: {begin[2]}` has no `# END: {begin[2]}`", place, begin_line)
            begin, begin_line = marker, line
        elif not begin or begin[2] != owner:
            raise _damaged(f"`# END: {owner}` has no `# BEGIN: {owner}` before it", place, line)
        else:
            inner = (line_end(text, begin.end()), marker.start())
            indent = begin[0][: begin[0].index("#")]
            end = line_end(text, marker.end())
            blocks.append(Block(owner, begin.start(), end, inner, normal(text[slice(*inner)]), begin_line, indent))
            begin = None
    if begin:
        raise _damaged(f"`# BEGIN: {begin[2]}` has no `# END: {begin[2]}`", place, begin_line)
    return blocks


def _damaged(cause: str, place: str, line: int) -> DmbError:
    return DmbError(cause, place=f"{place}:{line}", remedy="Restore the marker line, or delete the rest of its block.")


def set_block(text: str, owner: str, body: str, place: str, opaque: Sequence[Span] = ()) -> str:
    """`text` with `owner`'s block holding `body`: in its place when it is there, else appended at the end."""
    found = [block for block in find_blocks(text, place, opaque) if block.owner == owner]
    if not found:
        new = block_text(owner, body, "", eol_of(text))
        return splice(text, [(len(text), len(text), fit(text, len(text), new))])
    first, *others = found
    edits = [(*span, "") for span in cuts(text, [(block.start, block.end) for block in others])]
    if first.body != normal(body):
        new = block_text(owner, body, first.indent, eol_of(text))
        edits.append(
            (
                first.start,
                first.end,
                trim(new) if text[first.start : first.end] == trim(text[first.start : first.end]) else new,
            )
        )
    return splice(text, edits)


def drop_block(text: str, owner: str, place: str, opaque: Sequence[Span] = ()) -> str:
    """`text` without the blocks of `owner`, the same text when it has none."""
    found = [(block.start, block.end) for block in find_blocks(text, place, opaque) if block.owner == owner]
    return splice(text, [(*span, "") for span in cuts(text, found)])


def trim(lines: str) -> str:
    """`lines` without the line ending of the last one."""
    return lines.removesuffix("\r\n") if lines.endswith("\r\n") else lines.removesuffix("\n").removesuffix("\r")


def fit(text: str, position: int, lines: str) -> str:
    """What to insert at the line start `position` so that `lines` become lines there.

    At the end of a text without final newline the newline goes before them and none after: `cuts` takes it back.
    """
    unfinished = position == len(text) and text.lstrip(BOM) and trim(text) == text
    return eol_of(text) + trim(lines) if unfinished else lines


def merged(spans: Iterable[Span]) -> list[Span]:
    """`spans` in order, those that touch made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def cuts(text: str, spans: Iterable[Span]) -> list[Span]:
    """What to cut to take the whole lines of `spans` out: with the newline before them, if they end without one."""
    found = merged(spans)
    if found and found[-1][1] == len(text) and trim(text) == text:
        start = found[-1][0]
        found[-1] = (len(trim(text[:start])), len(text))
    return found


def splice(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """`text` with all (start, end, replacement) applied; spans do not overlap, insertions at one place keep order."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(edits, key=lambda item: item[:2]):
        parts += (text[at:start], new)
        at = end
    return "".join((*parts, text[at:]))
