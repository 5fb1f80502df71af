"""One marked block in a Dockerfile: at the end of its last stage, run as root, the stage's user set again after it.

Everything else stays as it is, byte for byte (see `marked_blocks`). One block serves all modules, since the number of
layers of an image is limited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError
from . import marked_blocks
from .marked_blocks import Block, Span, line_end, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*([A-Za-z]+)[ \t]*=[ \t]*([^\r\n]*?)[ \t]*(?:[\r\n]|\Z)")
_WORD = re.compile(r"[ \t]*([A-Za-z]+)(?:[ \t]+|(?=[\r\n\\`]|\Z))")
_HEREDOC = re.compile(r"(?:^|(?<=[\s&|;(\d]))<<(-?)([\"']?)([A-Za-z_][\w.]*)\2")
_CONTINUED = re.compile(r"\\(?=[ \t]*(?:[\r\n]|\Z))")
_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)


class Instruction(NamedTuple):
    """One instruction: `word` in capitals, `rest` with its continued lines joined, `text[start:end]` all its lines."""

    word: str
    rest: str
    start: int
    end: int


class Stage(NamedTuple):
    """One stage: its `name` in lower case ("" for none), what it is made from, its instructions."""

    name: str
    base: str
    instructions: list[Instruction]


def instructions(text: str, place: str) -> list[Instruction]:
    """The instructions in order; refuses an unclosed heredoc and a continued line at the end of the file."""
    escape, at = _directives(text)
    goes_on = re.compile(re.escape(escape) + r"[ \t]*(?=[\r\n]|\Z)")
    parsed: list[Instruction] = []
    while at < len(text):
        start, end = at, line_end(text, at)
        word = _WORD.match(text, at)
        if not word:  # blank, or a comment
            at = end
            continue
        lines: list[str] = []
        while True:
            line = marked_blocks.trim(text[at:end])
            if lines and (not line.strip() or line.lstrip().startswith("#")):
                more = True  # blank lines and comments between continued lines
            else:
                more = bool(goes_on.search(line))
                lines.append(goes_on.sub("", line))
            at = end
            if not more:
                break
            if at >= len(text):
                raise _open(text, start, f"this {word[1].upper()} continues past the end of the file", place)
            end = line_end(text, at)
        rest = " ".join(lines)[word.end() - start :].strip()
        if word[1].upper() in ("RUN", "COPY", "ADD"):
            at = _after_heredocs(text, at, rest, start, place)
        parsed.append(Instruction(word[1].upper(), rest, start, at))
    return parsed


def stages(parsed: Iterable[Instruction]) -> list[Stage]:
    """The stages that the instructions of a file make; instructions before the first one belong to none."""
    made: list[Stage] = []
    for instruction in parsed:
        if instruction.word == "FROM" and (origin := _FROM.match(instruction.rest)):
            made.append(Stage((origin[2] or "").lower(), origin[1], []))
        if made:
            made[-1].instructions.append(instruction)
    return made


def _directives(text: str) -> tuple[str, int]:
    """The escape character, and where the directives at the top (`# syntax=`, `# escape=`) end."""
    escape, at = "\\", int(text.startswith(marked_blocks.BOM))
    while at < len(text) and (directive := _DIRECTIVE.match(text, at)):
        if directive[1].lower() == "escape" and directive[2]:
            escape = directive[2]
        at = line_end(text, at)
    return escape, at


def _after_heredocs(text: str, at: int, rest: str, start: int, place: str) -> int:
    for dash, _, name in _HEREDOC.findall(rest):
        while True:
            if at >= len(text):
                raise _open(text, start, f"the heredoc {name} is not closed", place)
            line = marked_blocks.trim(text[at : line_end(text, at)])
            at = line_end(text, at)
            if (line.lstrip("\t") if dash else line) == name:
                break
    return at


def _open(text: str, position: int, cause: str, place: str) -> DmbError:
    return DmbError(cause, place=f"{place}:{line_of(text, position)}", remedy="Complete it, then run again.")


def blocks(text: str, place: str) -> list[Block]:
    """The marked blocks; refuses what `instructions` does, and damaged markers."""
    return marked_blocks.find_blocks(text, place, _read(text, place)[1])


def put(text: str, owner: str, body: str, place: str) -> str:
    """`text` with `owner`'s block holding the instructions of `body`, in its place or at the end of the last stage.

    Where the stage has set a user, the block runs as root and sets that user again. Refuses (DmbError with file:line) a
    file with no stage, an open heredoc, an instruction that is not complete, damaged markers.
    """
    parsed, opaque = _read(text, place)
    block = next((block for block in marked_blocks.find_blocks(text, place, opaque) if block.owner == owner), None)
    instructions(body, f"{place} ({owner})")
    if marked_blocks.carries_marker(body):
        raise DmbError("a marker line in the instructions", place=f"{place} ({owner})", remedy="Delete that line.")
    if not any(instruction.word == "FROM" for instruction in parsed):
        raise DmbError("no stage (FROM) in this Dockerfile", place=place, remedy="Add a FROM line, then run again.")
    before = [instruction for instruction in parsed if not block or instruction.end <= block.start]
    escape, _ = _directives(text)
    body = _CONTINUED.sub(lambda _: escape, body)
    user = _user(before)
    if user.partition(":")[0] not in ("", "root", "0"):
        body = f"USER 0\n{marked_blocks.normal(body)}USER {user}\n"
    return marked_blocks.set_block(text, owner, body, place, opaque)


def drop(text: str, owner: str, place: str) -> str:
    """`text` without the block of `owner`."""
    return marked_blocks.drop_block(text, owner, place, _read(text, place)[1])


def _read(text: str, place: str) -> tuple[list[Instruction], list[Span]]:
    """The instructions, and the spans of those with several lines: a marker in them is none."""
    parsed = instructions(text, place)
    return parsed, [
        (instruction.start, instruction.end)
        for instruction in parsed
        if line_end(text, instruction.start) < instruction.end
    ]


def _user(parsed: list[Instruction]) -> str:
    """The user that the last instruction leaves: "" when neither its stage nor one that it is made from sets it."""
    users: dict[str, str] = {}
    user = ""
    for stage in stages(parsed):
        user = users.get(stage.base.lower(), "")
        for instruction in stage.instructions:
            user = instruction.rest if instruction.word == "USER" else user
        users[stage.name] = user
    return user
