"""Marked blocks in text that people write: `# BEGIN: <owner>` … `# END: <owner>`, whole lines, never nested.

What is outside the blocks is never touched. Byte order mark, line endings and a missing final newline stay as they are,
and removing a block gives back the text from before it was added, byte for byte.

Text is `str` decoded from UTF-8 with the line endings as on disk (`decode`, `encode`); positions are indices into it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

BOM = "\ufeff"
EOL = re.compile(r"\r\n|\n|\r")  # not str.splitlines: U+2028 and friends end no line in these files
_MARKER = re.compile(r"#[ \t]*(BEGIN|END):([^\r\n]*)(?:\r\n|\n|\r|\Z)")  # up to the end of its line

Span = tuple[int, int]


class Block(NamedTuple):
    """One marked block: `text[start:end]` is all of it, with both markers and the line ending after `# END`.

    `inner` is the span of the lines between the markers, `line` the 1-based line of its `# BEGIN`, `indent` the white
    space before that.
    """

    owner: str
    start: int
    end: int
    inner: Span
    line: int
    indent: str
    text: str

    @property
    def body(self) -> str:
        """The lines between the markers in `normal` form: its hash does not depend on where the block stands."""
        return normal(self.text[slice(*self.inner)])

    @property
    def lines(self) -> range:
        """The numbers of its lines, 1-based; the first and the last are the markers."""
        return range(self.line, self.line + 2 + lines_between(self.text, *self.inner))


def decode(data: bytes, place: str) -> str:
    """Bytes of a file as text with line endings and byte order mark kept; bad UTF-8 is refused with its line."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DmbError("not UTF-8", place=f"{place}:{line}", remedy="Save the file as UTF-8, then run again.") from None


def read(path: Path) -> str:
    """The text of a file, by `decode`."""
    return decode(path.read_bytes(), str(path))


def encode(text: str) -> bytes:
    """The bytes of `text`, the inverse of `decode`."""
    return text.encode("utf-8")


def eol_of(text: str) -> str:
    r"""The line ending of `text`: that of its first line; `\r` only where nothing else is, or it would join a `\n`."""
    match = EOL.search(text)
    return "\n" if not match or (match[0] == "\r" and "\n" in text) else match[0]


def line_of(text: str, position: int) -> int:
    """1-based number of the line that holds `position`."""
    return 1 + lines_between(text, 0, position)


def lines_between(text: str, start: int, end: int) -> int:
    """How many lines end in `text[start:end]`."""
    returns = text.count("\r", start, end)
    return text.count("\n", start, end) + (returns and returns - text.count("\r\n", start, end))


def line_start(text: str, position: int) -> int:
    """Index of the first character of the line that holds `position` (a byte order mark is before the first line)."""
    start = text.rfind("\n", 0, position) + 1
    start = text.rfind("\r", start, position) + 1 or start
    return start + (text.startswith(BOM) if start == 0 else 0)


def line_end(text: str, position: int) -> int:
    """Index just after the line ending of the line that holds `position`; the text's end when it has none."""
    match = EOL.search(text, position)
    return match.end() if match else len(text)


def trim(lines: str) -> str:
    """`lines` without the line ending of the last one."""
    return lines.removesuffix("\n").removesuffix("\r")


def normal(body: str) -> str:
    r"""`body` dedented, without blank lines around it, every line ended by `\n`; "" when there is nothing in it."""
    if (plain := _dedented(body)) is not None:
        return plain
    lines = EOL.split(body) if "\r" in body else body.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and lines[0].startswith(" "):
        margin = min(len(line) - len(line.lstrip(" ")) for line in lines if line.strip())
        lines = [line[margin:] for line in lines]
    return "\n".join([*lines, ""])


def _dedented(body: str) -> str | None:
    r"""What `normal` gives, a few times faster, where all that is left to do is to dedent; else None."""
    text = body.lstrip(" ")
    if "\r" in body or not body.endswith("\n") or text[:1].isspace() or body[-2:-1].isspace():
        return None
    if text is body or text == body:
        return body
    margin, lines = "\n" + body[: len(body) - len(text)], "\n" + body[:-1]
    return lines.replace(margin, "\n")[1:] + "\n" if lines.count(margin) == lines.count("\n") else None


def indented(body: str, indent: str, eol: str) -> str:
    """The lines of `body` in `normal` form with `indent` before each, its empty lines without."""
    return "".join((indent + line if line else "") + eol for line in normal(body).split("\n")[:-1])


def block_text(owner: str, body: str, indent: str, eol: str) -> str:
    """The lines of a block, each ended by `eol`; refuses an owner or a body that would not read as one block."""
    if owner != owner.strip() or not owner or EOL.search(owner) or carries_marker(body):
        raise DmbError(
            f"this cannot be put into a block for `{owner}`", remedy="Remove its `# BEGIN:` and `# END:` lines."
        )
    return f"{indent}# BEGIN: {owner}{eol}{indented(body, indent, eol)}{indent}# END: {owner}{eol}"


def carries_marker(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether a line that begins in `text[start:end]` reads as a marker."""
    return any(True for _ in _markers(text, start, len(text) if end is None else end))


def _markers(text: str, start: int, end: int) -> Iterator[tuple[int, re.Match[str]]]:
    """(line start, match) of each marker: a comment alone on its line."""
    for marker in _MARKER.finditer(text, start, end):
        at = marker.start()
        head = text.rfind("\n", 0, at) + 1  # `line_start`, without the call
        head = text.rfind("\r", head, at) + 1 or head or line_start(text, at)
        if head == at or not text[head:at].strip(" \t"):
            yield head, marker


def find_blocks(text: str, place: str, opaque: Sequence[Span] = ()) -> list[Block]:
    """All blocks in the order of the text; unpaired, nested and nameless markers are refused.

    `opaque` are sorted spans in which the text of a marker is data: a YAML scalar, a quoted value, a heredoc.
    """
    blocks: list[Block] = []
    begin: tuple[str, int, re.Match[str], int] | None = None
    line, counted = 1, 0
    hidden = iter(opaque)
    span = next(hidden, None)
    for head, marker in _markers(text, 0, len(text)):
        while span and span[1] <= marker.start():
            span = next(hidden, None)
        if span and span[0] < marker.start():
            continue
        word, owner = marker[1], marker[2].strip(" \t")
        if not owner:
            raise _damaged("this marker names no module", place, line_of(text, head))
        if word == "BEGIN":
            if begin:
                raise _unended(begin[0], place, begin[3])
            line, counted = line + lines_between(text, counted, head), head
            begin = (owner, head, marker, line)
        elif not begin or begin[0] != owner:
            raise _damaged(f"`# END: {owner}` has no `# BEGIN: {owner}` before it", place, line_of(text, head))
        else:
            _, start, first, at = begin
            blocks.append(Block(owner, start, marker.end(), (first.end(), head), at, text[start : first.start()], text))
            begin = None
    if begin:
        raise _unended(begin[0], place, begin[3])
    return blocks


def owners(text: str, place: str, opaque: Sequence[Span] = ()) -> dict[int, str]:
    """The owner of each line of a block, by 1-based number; empty where `find_blocks` refuses the text."""
    try:
        return by_line(find_blocks(text, place, opaque))
    except DmbError:
        return {}


def by_line(blocks: Iterable[Block]) -> dict[int, str]:
    """The owner of each line of the `blocks`, by 1-based number."""
    return {line: block.owner for block in blocks for line in block.lines}


def _unended(owner: str, place: str, line: int) -> DmbError:
    return _damaged(f"`# BEGIN: {owner}` has no `# END: {owner}`", place, line)


def _damaged(cause: str, place: str, line: int) -> DmbError:
    return DmbError(cause, place=f"{place}:{line}", remedy="Restore the marker line, or delete the rest of its block.")


def update(text: str, changes: Mapping[str, str | None], place: str, opaque: Sequence[Span] = ()) -> str:
    """`text` with each owner's block holding the given body: in its place, else appended at the end.

    None removes the block. The same text when nothing changes.
    """
    return changed(text, changes, find_blocks(text, place, opaque))


def changed(text: str, changes: Mapping[str, str | None], blocks: Iterable[Block]) -> str:
    """As `update`, where the blocks of the text are known."""
    missing = {owner: body for owner, body in changes.items() if body is not None}
    edits: list[tuple[int, int, str]] = []
    gone: list[Span] = []
    eol = eol_of(text)
    for block in blocks:
        if block.owner not in changes:
            continue
        body = missing.pop(block.owner, None)
        if body is None:
            gone.append((block.start, block.end))
        elif block.body != normal(body):
            block_text(block.owner, body, "", eol)  # refuses what a block cannot hold
            edits.append((*block.inner, indented(body, block.indent, eol)))
    new = "".join(block_text(owner, body, "", eol) for owner, body in missing.items())
    edits += [(*span, "") for span in cuts(text, gone)]
    edits.append((len(text), len(text), fit(text, len(text), new)))
    return splice(text, edits)


def set_block(text: str, owner: str, body: str, place: str, opaque: Sequence[Span] = ()) -> str:
    """`update` for one owner."""
    return update(text, {owner: body}, place, opaque)


def drop_block(text: str, owner: str, place: str, opaque: Sequence[Span] = ()) -> str:
    """`text` without the block of `owner`, the same text when it has none."""
    return update(text, {owner: None}, place, opaque)


def fit(text: str, position: int, lines: str) -> str:
    """What to insert at the line start `position` so that `lines` become lines there.

    At the end of a text without final newline the newline goes before them and none after: `cuts` takes it back.
    """
    return eol_of(text) + trim(lines) if lines and position == len(text) and unfinished(text) else lines


def unfinished(text: str) -> bool:
    """Whether the last line of `text` has no line ending."""
    return bool(text.removeprefix(BOM)) and text[-1] not in "\r\n"


def merged(spans: Iterable[Span]) -> list[Span]:
    """`spans` in order, those that touch made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def cuts(text: str, spans: Iterable[Span]) -> list[Span]:
    """What to cut to remove the whole lines of `spans`: with the newline before them, if they end without one."""
    joined = merged(spans)
    if joined and joined[-1][1] == len(text) and unfinished(text):
        joined[-1] = (len(trim(text[: joined[-1][0]])), len(text))
    return joined


def splice(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """`text` with all (start, end, replacement) applied; spans do not overlap, insertions at one place keep order."""
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(edits, key=lambda item: item[:2]):
        parts += (text[at:start], new)
        at = end
    return "".join((*parts, text[at:]))
