"""The one block in a workspace's Dockerfile that installs all modules which share its image: a section for each.

One block, since the number of an image's layers is limited and since it runs as root between two changes of user.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import DmbError
from . import dockerfile, marked_blocks
from .marked_blocks import Block

if TYPE_CHECKING:
    from collections.abc import Mapping

OWNER = "dmb"

_HEAD = re.compile(r"^# ---- (\S+)[ \t]*(?=[\r\n]|\Z)", re.MULTILINE)
_USER_AGAIN = re.compile(r"^USER [^\r\n]*(?:\r\n|\n|\r)\Z", re.MULTILINE)


def sections(text: str, place: str) -> list[Block]:
    """The sections, each as a block of its module; damaged ones are refused (DmbError)."""
    blocks = dockerfile.blocks(text, place) if marked_blocks.carries_marker(text) else ()
    whole = next((block for block in blocks if block.owner == OWNER), None)
    if whole is None:
        return []
    start, end = whole.inner
    if text.startswith("USER ", start) and (again := _USER_AGAIN.search(text[start:end])):
        end = start + again.start()
        start = min(marked_blocks.line_end(text, start), end)
    heads = list(_HEAD.finditer(text, start, end))
    ends = [head.start() for head in heads[1:]] + [end]
    if text[start : heads[0].start() if heads else end].strip():
        raise DmbError(
            "this section belongs to no module: the line `# ---- NAME` above it is missing",
            place=f"{place}:{marked_blocks.line_of(text, start)}",
            remedy="restore that line, or remove these lines from the block",
        )
    return [
        Block(
            head[1],
            head.start(),
            stop,
            (min(marked_blocks.line_end(text, head.end()), stop), stop),
            marked_blocks.line_of(text, head.start()),
            "",
            text,
        )
        for head, stop in zip(heads, ends, strict=False)
    ]


def put_sections(text: str, wanted: Mapping[str, str], place: str) -> str:
    """`text` with a section of each module of `wanted`, in its place or as the last; "" removes it."""
    bodies = {block.owner: block.body for block in sections(text, place)}
    for name, snippet in wanted.items():
        if snippet:
            bodies[name] = marked_blocks.normal(snippet)
        else:
            bodies.pop(name, None)
    if not bodies:
        return dockerfile.drop(text, OWNER, place)
    body = "".join(f"# ---- {name}\n{section}" for name, section in bodies.items())
    return dockerfile.put(text, OWNER, body, place)
