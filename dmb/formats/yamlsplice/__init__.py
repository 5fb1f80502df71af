"""Add entries of modules to YAML files that people write, and remove them, without touching any other byte.

    file = YamlFile(text, "workspace.yaml")                     # one parse, for any number of changes
    file.put("bar-one", {("load_from",): "- python_module: bar_one_dagster.definitions\\n"})
    text = file.render()                                        # one more parse: the proof

The text is spliced at the marks of the parser's events, between `# BEGIN: <owner>` and `# END: <owner>`, and parsed
again: its events must be those from before with exactly the planned ones added or removed, else nothing is done.
This is stricter than comparing what both load to, and costs a third of it.
"""

from __future__ import annotations

import bisect
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from ...errors import DmbError
from .. import marked_blocks
from ..marked_blocks import BOM, line_start
from ..yaml_events import Loader
from ..yaml_nodes import NULL, Documents, nodes
from .body import Body, dump, scalar
from .place import KeyPath, Placed, below, indent, placed
from .splice_plan import Plan
from .tree import Tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..marked_blocks import Block
    from ..yaml_nodes import Node

__all__ = ["Entry", "KeyPath", "Placed", "YamlFile", "dump", "scalar"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a collection: its `key` (None in a list), its 1-based `line`, the `owner` of the block around it."""

    key: str | None
    line: int
    owner: str | None


class YamlFile:
    """A YAML file as read, and what is planned for it; `place` is its name in refusals.

    A `KeyPath` is the keys from the root to a list or mapping: `("load_from",)`, `("services", "web", "depends_on")`.
    Refuses (DmbError with file:line): broken YAML, several documents, duplicate keys, damaged markers.
    """

    def __init__(self, text: str, place: str, _parsed: tuple[Tree, list[Block]] | None = None) -> None:
        self._bom = BOM if text.startswith(BOM) else ""
        self.text, self.place = text[len(self._bom) :], place
        if _parsed:
            self._tree, self._blocks = _parsed
        else:
            self._tree = Tree(self.text, place)
            self._blocks = marked_blocks.find_blocks(self.text, place, self._tree.opaque)
        self._wanted: dict[str, dict[KeyPath, Body]] = {}
        self._plain: dict[KeyPath, Any] = {}
        self._wraps: list[tuple[str, KeyPath, list[str | int]]] = []

    @functools.cached_property
    def blocks(self) -> list[Placed]:
        """The blocks in the order of the file; refuses one that does not wrap whole entries of one list or mapping."""
        path = functools.cache(self._tree.path)
        return [placed(self._tree, block, path) for block in self._blocks]

    @functools.cached_property
    def root(self) -> Node:
        """What the file says, as nodes with their lines."""
        return next(iter(nodes(self._tree)), NULL)

    @property
    def documents(self) -> Documents:
        """The same, as who only reads the file gets it."""
        return Documents((self.root,), self._tree.opaque, marked_blocks.by_line(self._blocks))

    @functools.cached_property
    def data(self) -> Any:
        """What the file loads to, before the planned changes; refuses what `yaml.safe_load` does."""
        try:
            return yaml.load(self.text, Loader)  # noqa: S506 - Loader is a safe one
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise self._tree.refusal(str(getattr(error, "problem", error)), mark.index if mark else 0) from None

    def says(self, words: Collection[str]) -> bool:
        """Whether any scalar of the file is one of the `words`: a cheap first check."""
        return self._tree.says(words)

    def kind(self, path: KeyPath) -> str:
        """`list`, `map`, `empty` (null, `[]` or `{}`), `scalar`, `alias`, or `absent`."""
        event, depth = self._tree.find(path)
        return self._tree.kind(event) if self._tree.kinds and depth == len(path) else "absent"

    def line(self, path: KeyPath) -> int:
        """1-based line of the last key of `path` that exists."""
        event, depth = self._tree.find(path)
        if not self._tree.kinds:
            return 1
        return marked_blocks.line_of(self.text, self._tree.starts[event - 1 if depth else event])

    def entries(self, path: KeyPath) -> list[Entry]:
        """The entries of the list or mapping at `path` in their order; none when there is none."""
        if self.kind(path) not in ("list", "map"):
            return []
        entries: list[Entry] = []
        line, counted = 1, 0
        owners = [(at.block.start, at.block.end, at.block.owner) for at in self.blocks]
        for first, _ in self._tree.children(self._tree.find(path)[0]):
            start = self._tree.starts[first]
            line, counted = line + marked_blocks.lines_between(self.text, counted, start), start
            near = bisect.bisect_right(owners, (start, len(self.text), "")) - 1
            owner = owners[near][2] if near >= 0 and start < owners[near][1] else None
            entries.append(Entry(self._tree.value(first) if self._tree.keys[first] else None, line, owner))
        return entries

    def plain(self, path: KeyPath) -> Any:
        """The value at `path` as lists, mappings and the texts of scalars; None when there is none.

        Do not change it: it is cached.
        """
        if path not in self._plain:
            event, depth = self._tree.find(path)
            self._plain[path] = self._tree.plain(event) if self._tree.kinds and depth == len(path) else None
        return self._plain[path]

    def body(self, path: KeyPath) -> str:
        """The text of the entries at `path` with the comments between them, dedented: a piece for another file."""
        event, _ = self._tree.find(path)
        if self.kind(path) not in ("list", "map"):
            return ""
        if event in self._tree.flow:
            end = self._tree.ends[self._tree.closes[event]]
            return dump(YamlFile(self.text[self._tree.starts[event] : end], f"{self.place}: {'.'.join(path)}").data)
        start = line_start(self.text, self._tree.starts[event])
        return marked_blocks.normal(self.text[start : below(self._tree, event)])

    def replaced(self, path: KeyPath, words: Mapping[str, str]) -> YamlFile:
        """The file with other words for some keys, or items, of the mapping or list at `path`. Nothing is proven."""
        event, depth = self._tree.find(path)
        event = self._tree.aliases.get(event, event)
        if not words or depth < len(path) or self._tree.kind(event) not in ("list", "map"):
            return self
        edits = []
        for first, _ in self._tree.children(event):
            word = words.get(self._tree.value(first) or "")
            if word is not None:
                edits.append((self._tree.starts[first], self._tree.ends[first], scalar(word)))
        return YamlFile(self._bom + marked_blocks.splice(self.text, edits), self.place) if edits else self

    def headed(self, path: KeyPath, entry: str) -> YamlFile:
        """The file with `entry`, a line, before all others of the mapping at `path`. Nothing is proven."""
        return self._headed(path, entry, "map", "")

    def headed_list(self, path: KeyPath, item: str) -> YamlFile:
        """The file with `item`, a line, before all others of the list at `path`. Nothing is proven."""
        return self._headed(path, item, "list", "- ")

    def _headed(self, path: KeyPath, entry: str, kind: str, mark: str) -> YamlFile:
        event, depth = self._tree.find(path)
        if depth < len(path) or self._tree.kind(event) != kind:
            return self
        if event in self._tree.flow:
            start, new = self._tree.ends[event], f"{entry}, "
        else:
            start = self._tree.starts[event]
            new = f"{mark}{entry}{marked_blocks.eol_of(self.text)}{indent(self._tree, event)}"
        return YamlFile(self._bom + marked_blocks.splice(self.text, [(start, start, new)]), self.place)

    def put(self, owner: str, entries: Mapping[KeyPath, str]) -> None:
        """Plan that `owner` has exactly `entries` in this file: YAML text in block style, list items or `key: value`s.

        Its block at the same path is replaced in place; its blocks at other paths are removed.
        """
        self._wanted[owner] = {path: Body(text, f"{owner}: {'.'.join(path)}") for path, text in entries.items()}

    def drop(self, owner: str) -> None:
        """Plan that `owner` has nothing in this file."""
        self._wanted[owner] = {}

    def adopt(self, owner: str, path: KeyPath, names: Iterable[str | int]) -> None:
        """Plan `owner`'s markers around entries that are there: keys of a mapping, indices of a list."""
        self._wraps.append((owner, path, list(names)))

    def applied(self) -> YamlFile:
        """The file with all that is planned; refuses (DmbError with file:line) what cannot be done or proven right."""
        if not self._wanted and not self._wraps:
            return self
        plan = Plan(self._tree, self.blocks)
        for owner, path, names in self._wraps:
            plan.wrap(owner, path, names)
        plan.want(self._wanted)
        parsed = plan.edits.applied()
        if not parsed:
            return self
        new = YamlFile(self._bom + parsed[0].text, self.place, parsed)
        try:
            new.blocks  # noqa: B018 - what cannot be read back could not be removed
        except DmbError as error:
            raise plan.edits.unproven(error.cause) from None
        return new

    def render(self) -> str:
        """The text of `applied`, byte order mark included."""
        return self._bom + self.applied().text
