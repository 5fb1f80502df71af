"""Text that only says something: nothing in it ends a line, drives a terminal, turns the direction of reading."""

from __future__ import annotations

import re
import unicodedata

_ALONE = re.compile("[\ud800-\udfff]")  # half a character: what a file's name that is not UTF-8 is read as


def one_line(text: str) -> str:
    """`text` with a space for each control, format or other character that is not printed as itself."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)


def encodable(text: str) -> str:
    """`text` with U+FFFD for what UTF-8 cannot hold."""
    return _ALONE.sub("\N{REPLACEMENT CHARACTER}", text)


def cells(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    return len(text) if text.isascii() else sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
