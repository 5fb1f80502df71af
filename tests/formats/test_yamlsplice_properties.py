"""Invariants of the splice over generated files: any shape, any modules, any order of adding, changing and removing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dmb.errors import DmbError
from dmb.formats.yamlsplice import YamlFile, dump
from tests.support.corpus.yaml_shapes import SHAPES, Shape

Path = tuple[str, ...]

OWNERS = ("m1", "bar-two", "z3")
KEYS = ("load_from", "services", "web", "depends_on", "x-base")
INLINE = (
    "a",
    "b c",
    "12",
    "1.5",
    "true",
    "~",
    "''",
    "'x # y'",
    '"q: \\n\\u2028"',
    "é 数 🚀",
    "a:b",
    "-1",
    "[]",
    "{}",
    "",
)
LINES = ("text", "", "  deeper", "# BEGIN: m1", "# END: m1", "- a", "key: v", "# dmb was: []")
REFUSALS = ("entries cannot be added here", "here, found ", "is already here")


@dataclass
class Writer:
    """Writes a YAML file of random style; `places` are the collections in it and their kinds."""

    draw: Any
    eol: str
    lines: list[str] = field(default_factory=list)
    places: list[tuple[Path, str]] = field(default_factory=list)

    def some(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def line(self, text: str, *, comment: bool = True) -> None:
        self.lines.append(text + (self.some("", "", "  # note") if comment else ""))

    def between(self, indent: int) -> None:
        for _ in range(self.some(0, 0, 0, 1)):
            self.line(self.some("", " " * indent + "# note", "# dedented", " " * indent + "#- old: 1"), comment=False)

    def mapping(self, path: Path, indent: int, depth: int) -> None:
        self.places.append((path, "map"))
        for key in self.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True)):
            self.between(indent)
            self.value(" " * indent + key + ":", (*path, key), indent, depth)

    def sequence(self, path: Path, indent: int, depth: int) -> None:
        self.places.append((path, "list"))
        for _ in range(self.some(1, 2)):
            self.between(indent)
            self.value(" " * indent + "-", (*path, "-"), indent, depth)

    def value(self, head: str, path: Path, indent: int, depth: int) -> None:
        kinds = ["inline", "inline", "flow", "literal"] + ["mapping", "sequence"] * (2 if depth else 0)
        kind = self.some(*kinds)
        step = self.some(1, 2, 4)
        if kind == "inline":
            text = self.some(*INLINE)
            if text in ("", "~", "[]", "{}"):
                self.places.append((path, "empty"))
            self.line(f"{head} {text}".rstrip())
        elif kind == "flow":
            text, form = self.some(
                ("[a, 'b']", "list"), ("{a: 1, b: [c]}", "map"), ("[ {a: b} ]", "list"), (f"[a,{self.eol} b]", "list")
            )
            self.places.append((path, form))
            self.line(f"{head} {text.replace(self.eol, self.eol + ' ' * (indent + 1))}")
        elif kind == "literal":
            self.line(f"{head} {self.some('|', '>', '|-', '|+', '>-')}", comment=False)
            self.line(" " * (indent + step) + "first", comment=False)
            for text in self.draw(st.lists(st.sampled_from(LINES), max_size=3)):
                self.line((" " * (indent + step) + text) if text else "", comment=False)
        elif kind == "mapping":
            self.line(head)
            self.mapping(path, indent + step, depth - 1)
        else:
            flush = not head.endswith("-") and self.some(True, False)
            self.line(head)
            self.sequence(path, indent if flush else indent + step, depth - 1)


@st.composite
def files(draw: Any) -> tuple[str, list[tuple[Path, str]]]:
    """A YAML file, and the places in it to put something into: (path, what is there)."""
    writer = Writer(draw, draw(st.sampled_from(["\n", "\n", "\r\n"])))
    writer.mapping((), 0, 2)
    writer.between(0)
    text = writer.eol.join(writer.lines) + draw(st.sampled_from([writer.eol, "", writer.eol * 2, f"{writer.eol}  "]))
    places = [(path, kind) for path, kind in writer.places if "-" not in path]
    absent = [((*path, key), "absent") for path, kind in places if kind == "map" for key in KEYS]
    there = {path for path, _ in places}
    return draw(st.sampled_from(["", "\ufeff"])) + text, places + [place for place in absent if place[0] not in there]


def body(owner: str, kind: str, version: int) -> str:
    entry = {"host": owner, "port": 4000 + version, "note": "a: b # c"}
    return dump([entry] if kind == "list" else {owner: entry})


def merged(data: Any, wanted: dict[str, dict[Path, str]]) -> Any:
    """What `data` must be with all entries that are wanted, in a form in which order and emptiness do not count."""
    data = data if data is not None else {}
    for bodies in wanted.values():
        for path, text in bodies.items():
            at = data
            for name in path[:-1]:
                at[name] = at.get(name) or {}
                at = at[name]
            new = yaml.safe_load(text)
            if not path:
                data.update(new)
            elif isinstance(new, list):
                at[path[-1]] = [*(at.get(path[-1]) or []), *new]
            else:
                at[path[-1]] = {**(at.get(path[-1]) or {}), **new}
    return data


def plain(data: Any) -> Any:
    """`data` with lists in one order."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    return sorted((plain(item) for item in data), key=repr) if isinstance(data, list) else data


def load(text: str) -> Any:
    return yaml.safe_load(text.removeprefix("\ufeff"))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(files(), st.data())
def test_any_changes_of_any_file(file: tuple[str, list[tuple[Path, str]]], data: st.DataObject) -> None:
    original, places = file
    base = load(original)
    text = original
    wanted: dict[str, dict[Path, str]] = {}
    for _ in range(data.draw(st.integers(1, 6))):
        owner = data.draw(st.sampled_from(OWNERS))
        bodies = {}
        for path, kind in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3) | st.just([])):
            form = kind if kind in ("list", "map") else data.draw(st.sampled_from(["list", "map"]))
            bodies[path] = body(owner, form, data.draw(st.integers(0, 1)))
        planned = YamlFile(text, "f.yaml")
        planned.put(owner, bodies)
        try:
            new = planned.render()
        except DmbError as error:
            if any(cause in error.cause for cause in REFUSALS):
                continue
            raise
        wanted[owner] = bodies
        assert plain(load(new)) == plain(merged(load(original), wanted))
        again = YamlFile(new, "f.yaml")
        again.put(owner, bodies)
        assert again.render() == new
        text = new
    last = YamlFile(text, "f.yaml")
    for owner in data.draw(st.permutations(OWNERS)):
        last.drop(owner)
        last = last.applied()
    assert last.render() == original
    assert load(original) == base


PIECES = (
    *" \t\n\r#:-,[]{}'\"|>&*!%@?~a1\u2028\ufeff",
    "  ",
    "- ",
    ": ",
    " #",
    "\n\n",
    "# BEGIN: m1",
    "# END: m1",
    "<<: *x",
    "---\n",
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_a_file_with_typing_errors_is_changed_rightly_or_refused(name: str, data: st.DataObject) -> None:
    shape = SHAPES[name]
    text = shape.text
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 4)))
        text = text[:start] + data.draw(st.sampled_from(PIECES) | st.just("")) + text[end:]
    try:
        new = with_modules(text, shape)
    except DmbError:
        return
    assert with_modules(new, shape) == new
    try:
        before = load(text)
    except yaml.YAMLError:  # tags that only others know
        before = None
    if isinstance(before, dict):
        entries = {owner: {shape.path: shape.body(owner)} for owner in ("m1", "z3")}
        assert plain(load(new)) == plain(merged(before, entries))
    if "m1" not in [placed.block.owner for placed in YamlFile(text, "f.yaml").blocks]:
        file = YamlFile(new, "f.yaml")
        file.drop("m1")
        file.drop("z3")
        assert file.render() == text


def with_modules(text: str, shape: Shape) -> str:
    file = YamlFile(text, "f.yaml")
    for owner in ("m1", "z3"):
        file.put(owner, {shape.path: shape.body(owner)})
    return file.render()
