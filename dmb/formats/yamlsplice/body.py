"""Entries of a module as YAML text: from plain data (`dump`), as a person wrote them, and for between brackets."""

from __future__ import annotations

import datetime
import functools
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from ...errors import DmbError
from .. import marked_blocks
from ..json_text import json_text
from ..yaml_events import CLOSE, LIST, MAP, Loader, Sign
from .splice_edits import ADDED
from .tree import Tree

STEP = "  "

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+-]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", ".nan", ".inf"}


def dump(data: Any) -> str:
    """Plain data (what JSON can hold) as YAML text in block style, every doubtful scalar quoted."""
    return "".join(line + "\n" for line in _lines(data))


def scalar(value: Any) -> str:
    """One value as YAML that every reader loads alike; lists and mappings as JSON."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if isinstance(value, datetime.date):
        return value.isoformat()
    return bracketed(value)


def bracketed(value: Any) -> str:
    """`value` as JSON, which is YAML; refuses (DmbError) what JSON cannot say."""
    try:
        return json_text(value)
    except TypeError as error:
        raise DmbError(f"a value that cannot be written here: {error}", remedy="Write it as text, in quotes.") from None


def _lines(data: Any) -> list[str]:
    lines: list[str] = []
    if isinstance(data, dict) and data:
        for key, value in data.items():
            if isinstance(value, (dict, list)) and value:
                lines += [f"{scalar(key)}:", *(STEP + line for line in _lines(value))]
            else:
                lines.append(f"{scalar(key)}: {scalar(value)}")
        return lines
    if isinstance(data, list) and data:
        for value in data:
            first, *others = _lines(value)
            lines += [f"- {first}", *(STEP + line for line in others)]
        return lines
    return [scalar(data)]


class Body:
    """Entries to put into a collection: `text` in block style and `normal` form.

    Anchors and aliases are written out, since an anchor takes effect beyond its block.
    Refuses (DmbError) what is no list or mapping in block style, markers, aliases inside the value of another.
    """

    def __init__(self, text: str, place: str) -> None:
        self.text, self.place = marked_blocks.normal(text), place
        if marked_blocks.carries_marker(self.text):
            raise DmbError("a `# BEGIN:` or `# END:` line in an entry", place=place, remedy="Delete that line.")
        if "&" in self.text and (tree := Tree(self.text, place)).anchors:
            for alias in tree.aliases:
                if any(named < alias < tree.after(named) for named in tree.aliases.values()):
                    cause = "an alias inside the value of another alias"  # written out it could be without end
                    raise tree.refusal(
                        cause, tree.starts[alias], "Replace it with a copy of its value, then run again."
                    )
            self.text = dump(self.data)

    @functools.cached_property
    def _tree(self) -> Tree:
        """Parsed only when needed: what is already in the file was checked before."""
        tree = Tree(self.text, self.place)
        if not tree.kinds or tree.kind(0) not in ("list", "map") or 0 in tree.flow:
            raise DmbError("not a list or a mapping in block style", place=self.place, remedy="Write one entry a line.")
        return tree

    @property
    def kind(self) -> str:
        """`list` or `map`."""
        return self._tree.kind(0)

    @property
    def signs(self) -> list[Sign]:
        """The events, without those that open and close the collection."""
        return self._tree.signs[1:-1]

    @property
    def names(self) -> list[str]:
        """The keys, or the items of a list that are scalars: what must be unique."""
        names = (self._tree.value(first) for first, _ in self._tree.children(0))
        return [name for name in names if name is not None]

    @functools.cached_property
    def data(self) -> Any:
        """The entries as loaded."""
        return yaml.load(self.text, Loader)  # noqa: S506 - Loader is a safe one

    def between_brackets(self) -> tuple[str, list[Sign]]:
        """The same entries, each on one line with a comma, for a collection that is written with brackets."""
        if self.kind == "list":
            text = "".join(f"{bracketed(item)},\n" for item in self.data)
        else:
            text = "".join(f"{bracketed(key)}: {bracketed(value)},\n" for key, value in self.data.items())
        whole = f"[\n{text}]" if self.kind == "list" else f"{{\n{text}}}"
        if yaml.load(whole, Loader) != self.data:  # noqa: S506
            raise DmbError(
                "this entry cannot be written between brackets", place=self.place, remedy="Use a block list."
            )
        return text, Tree(whole, self.place).signs[1:-1]


@dataclass(slots=True)
class Content:
    """What to put at one place: blocks of entries, and keys that are not there yet with what goes below them."""

    blocks: list[tuple[str, Body]] = field(default_factory=list)
    keys: dict[str, Content] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`list` or `map`."""
        return "map" if self.keys else self.blocks[0][1].kind

    def lines(self, before: str, eol: str) -> str:
        """As text in block style, each line after the indent `before`."""
        lines = [marked_blocks.block_text(owner, body.text, before, eol) for owner, body in self.blocks]
        for key, content in self.keys.items():
            lines += [f"{before}{scalar(key)}:{ADDED}{eol}", content.lines(before + STEP, eol)]
        return "".join(lines)

    def signs(self) -> list[Sign]:
        """As events, without those that open and close the collection."""
        signs = [sign for _, body in self.blocks for sign in body.signs]
        for key, content in self.keys.items():
            signs += [key if scalar(key) == key else ("=", None, None, False, key), *content.collection()]
        return signs

    def collection(self) -> list[Sign]:
        """As the events of a collection of its own."""
        return [MAP if self.kind == "map" else LIST, *self.signs(), CLOSE]
