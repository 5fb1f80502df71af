"""Whatever the shape of a YAML file: entries go in as data, nothing else changes, and out they leave no trace."""

from __future__ import annotations

import io
import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest
import ruamel.yaml
import yaml

from dmb.errors import DmbError
from dmb.formats import marked_blocks, yaml_events
from dmb.formats.yamlsplice import YamlFile, dump
from dmb.formats.yamlsplice.splice_edits import ADDED, SPLIT
from tests.support.corpus.yaml_shapes import REFUSED, SHAPES, Refused, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yamlsplice import KeyPath

OWNERS = ("m1", "bar-two", "z3")


def add(text: str, shape: Shape | Refused, *owners: str) -> str:
    file = YamlFile(text, "f.yaml")
    for owner in owners:
        file.put(owner, {shape.path: shape.body(owner)})
    return file.render()


def drop(text: str, *owners: str) -> str:
    file = YamlFile(text, "f.yaml")
    for owner in owners:
        file.drop(owner)
    return file.render()


class Tolerant(yaml.SafeLoader):
    """Loads tags of others (Compose's `!reset`) as what they are on."""


def _tagged(loader: Tolerant, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [suffix, *loader.construct_sequence(node, deep=True)]
    return [suffix, node.value]


Tolerant.add_multi_constructor("!", _tagged)


def load(text: str) -> Any:
    return yaml.load(text.removeprefix("\ufeff"), Tolerant)  # noqa: S506 - it is a SafeLoader


def entries_at(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        data = (data or {}).get(key)
    return data


def without(data: Any, path: tuple[str, ...], body: Any) -> Any:
    """`data` without the entries of `body` at `path`, which must be there; emptied collections on the way are None."""
    if path:
        rest = {key: value for key, value in data.items() if key != path[0]}
        below = without(data[path[0]], path[1:], body)
        return {**rest, path[0]: below} if below is not None else rest or None
    if isinstance(body, dict):
        assert body.items() <= data.items()
        return {key: value for key, value in data.items() if key not in body} or None
    left = list(data)
    for item in body:
        left.remove(item)
    return left or None


def bare(data: Any, path: tuple[str, ...]) -> Any:
    """`data` with what is empty at `path`, and what is then empty on the way to it, left out."""
    if not path or not data or path[0] not in data:
        return data or None
    rest = {key: value for key, value in data.items() if key != path[0]}
    below = bare(data[path[0]], path[1:])
    return {**rest, path[0]: below} if below else rest or None


def is_inserted(old: str, new: str) -> bool:
    """Whether `new` is `old` with characters put in."""
    rest = iter(new)
    return all(character in rest for character in old)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_data_changes_by_exactly_the_entries(shape: Shape) -> None:
    new = add(shape.text, shape, *OWNERS)
    assert is_inserted(shape.text, new)
    data = load(new)
    for owner in OWNERS:
        data = without(data, shape.path, yaml.safe_load(shape.body(owner)))
    assert data == bare(load(shape.text), shape.path)
    again = YamlFile(new, "f.yaml")
    assert [(placed.block.owner, placed.path) for placed in again.blocks] == [(owner, shape.path) for owner in OWNERS]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_another_reader_reads_the_same(shape: Shape) -> None:
    if "\r" in shape.text.replace("\r\n", "") or "!re" in shape.text or "\u2028" in shape.text:
        pytest.skip("not the same language: ruamel.yaml reads YAML 1.2, PyYAML 1.1")
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    for text in (add(shape.text, shape, "m1"), add(shape.text, shape, *OWNERS)):
        assert reader.load(io.StringIO(text.removeprefix("\ufeff"))) == load(text)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_order_of_adding_and_removing_restores_every_byte(shape: Shape) -> None:
    for order in itertools.permutations(OWNERS):
        texts = [shape.text]
        for owner in order:
            texts.append(add(texts[-1], shape, owner))
        assert add(shape.text, shape, *order) == texts[-1]  # in one call as in three
        for owner, before in zip(reversed(order), reversed(texts[:-1]), strict=True):
            assert drop(texts[-1], *order[order.index(owner) :]) == before
    left = dict.fromkeys([frozenset(OWNERS)], texts[-1])  # by who is left
    for leaving in itertools.permutations(order):
        stay = frozenset(OWNERS)
        for owner in leaving:
            text = drop(left[stay], owner)
            stay -= {owner}
            assert left.setdefault(stay, text) == text
        assert left[stay] == shape.text
    assert drop(shape.text, *OWNERS) == shape.text


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_again_is_nothing_and_a_change_is_made_in_place(shape: Shape) -> None:
    text = add(shape.text, shape, *OWNERS)
    assert add(text, shape, *OWNERS) == text
    file = YamlFile(text, "f.yaml")
    changed = shape.body("bar-three")
    file.put("bar-two", {shape.path: changed})
    new = file.render()
    assert [placed.block.owner for placed in YamlFile(new, "f.yaml").blocks] == list(OWNERS)
    data = load(new)
    for body in (shape.body("m1"), changed, shape.body("z3")):
        data = without(data, shape.path, yaml.safe_load(body))
    assert data == bare(load(shape.text), shape.path)
    assert add(new, shape, "bar-two") == text


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_people_edit_meanwhile_stays(shape: Shape) -> None:
    """remove(edit(add(x))) == edit(x), for a comment before any line, and at the end of any."""
    text = add(shape.text, shape, "m1", "z3")
    data = load(text)
    for edited, note in edits(text):
        try:
            if load(edited) != data:
                continue  # it is within a scalar
        except yaml.YAMLError:
            continue
        left = drop(edited, "z3", "m1")
        assert left.count(note.strip()) == 1
        assert is_inserted(left, edited)
        assert squeezed(left.replace(note.strip(), "")) == squeezed(shape.text)
        assert load(left) == load(shape.text)
        if SPLIT not in text and ADDED not in text:  # else a comment on our own line stays, in a line of its own
            # At the end of a file without final newline the newline stands before the comment.
            eol = marked_blocks.eol_of(text)
            assert shape.text in {left.replace(note, ""), left.replace(eol + note.removesuffix(eol), "")}


def squeezed(text: str) -> str:
    """`text` without white space."""
    return "".join(text.split())


def edits(text: str) -> Iterator[tuple[str, str]]:
    """`text` with one comment put in outside of the blocks, and the comment."""
    blocks = [placed.block for placed in YamlFile(text, "f.yaml").blocks]
    bom = text.startswith("\ufeff")
    starts = [bom, *(found.end() for found in marked_blocks.EOL.finditer(text))]
    ends = [found.start() for found in marked_blocks.EOL.finditer(text)]
    for places, note in ((starts, f"# note 7{marked_blocks.eol_of(text)}"), (ends, " # note 7")):
        for place in places:
            if not any(block.start < place - bom < block.end for block in blocks):
                yield text[:place] + note + text[place:], note


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_both_parsers_lead_to_the_same_text(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation may lack libyaml."""
    text = add(shape.text, shape, *OWNERS)
    monkeypatch.setattr(yaml_events, "Loader", yaml.SafeLoader)
    assert add(shape.text, shape, *OWNERS) == text
    assert drop(text, *OWNERS) == shape.text


@pytest.mark.parametrize("loader", [yaml_events.Loader, yaml.SafeLoader], ids=["C", "Python"])
@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_with_its_line(
    refused: Refused, loader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_events, "Loader", loader)
    with pytest.raises(DmbError) as caught:
        add(refused.text, refused, "m1")
    assert refused.cause in caught.value.cause
    assert caught.value.place == f"f.yaml:{refused.line}"
    assert caught.value.remedy


FULL = """\
# the stack
services:
  web:
    image: web # the webserver
    depends_on: [db]

  # ours
  bar-two:
    image: bar:1
    depends_on:
      - db
  bar-two-db:
    image: postgres:16
  db: {image: "postgres:16"}
volumes:
  data:
"""


def test_adopting_adds_marker_lines_and_nothing_else() -> None:
    file = YamlFile(FULL, "f.yaml")
    file.adopt("bar-two", ("services",), ["bar-two-db", "bar-two"])
    file.adopt("z3", ("services",), ["db"])
    file.adopt("z3", ("volumes",), ["data"])
    file.adopt("m1", ("services",), ["web"])
    new = file.render()
    lines = [line for line in new.splitlines(keepends=True) if "# BEGIN" not in line and "# END" not in line]
    assert "".join(lines) == FULL
    assert load(new) == load(FULL)
    adopted = YamlFile(new, "f.yaml")
    assert [(at.block.owner, at.path, at.block.body.count("\n")) for at in adopted.blocks] == [
        ("m1", ("services",), 3),
        ("bar-two", ("services",), 6),  # two entries that touch are one block
        ("z3", ("services",), 1),
        ("z3", ("volumes",), 1),
    ]


def test_what_was_adopted_can_be_replaced_and_removed() -> None:
    file = YamlFile(FULL, "f.yaml")
    file.adopt("bar-two", ("services",), ["bar-two", "bar-two-db"])
    file = YamlFile(file.render(), "f.yaml")
    file.put("bar-two", {("services",): "bar-two:\n  image: bar:2\n", ("volumes",): "bar-two:\n"})
    data = load(FULL)
    del data["services"]["bar-two-db"]
    data["services"]["bar-two"] = {"image": "bar:2"}
    assert load(file.render()) == {**data, "volumes": {"data": None, "bar-two": None}}
    file = file.applied()
    file.drop("bar-two")
    assert list(load(file.render())["services"]) == ["web", "db"]
    assert load(file.render())["volumes"] == {"data": None}


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.path == ("load_from",)])
def test_every_list_can_be_adopted_item_by_item(name: str) -> None:
    shape = SHAPES[name]
    file = YamlFile(shape.text, "f.yaml")
    items = load(shape.text)["load_from"] if file.kind(shape.path) == "list" else []
    for index in range(len(items)):
        file.adopt(f"own-{index % 2}", shape.path, [index])
    try:
        new = file.render()
    except DmbError as refused:
        assert "shares its line" in refused.cause or "cannot be changed safely" in refused.cause  # noqa: PT017
        return
    assert load(new) == load(shape.text)
    assert is_inserted(shape.text, new)
    left = drop(new, "own-0")
    assert (load(left) or {}).get("load_from", []) == items[1::2] or not items
    if items:  # nothing says what the list was before: it is an empty one then
        assert load(drop(left, "own-1"))["load_from"] == []


@pytest.mark.parametrize(
    ("text", "path", "name", "cause", "line"),
    [
        ("load_from: [a, b]\n", ("load_from",), 0, "shares its line", 1),
        ("load_from:\n- a: 1\n", ("load_from",), 1, "there is no `1`", 2),
        ("load_from:\n- a: 1\n", ("services",), "a", "there is no `services`", 1),
        ("", ("services",), "a", "there is no `services`", 1),
        (FULL, ("services",), "nobody", "there is no `nobody`", 3),
        ("a: &a\n  b:\nc: *a\n", ("a",), "b", "*a", 1),
        ("a:\n  # BEGIN: m1\n  b:\n  # END: m1\n", ("a",), "b", "is inside the block of `m1`", 3),
        ("a:\n  b:\n    # BEGIN: m1\n    c:\n    # END: m1\n", ("a",), "b", "or contains it", 2),
        ("a:\n  b: |\n    text", ("a",), "b", "cannot be changed safely", 2),
    ],
)
def test_what_cannot_be_adopted_is_refused(text: str, path: KeyPath, name: str | int, cause: str, line: int) -> None:
    file = YamlFile(text, "f.yaml")
    file.adopt("x1", path, [name])
    with pytest.raises(DmbError, match=re.escape(cause)) as caught:
        file.render()
    assert caught.value.place == f"f.yaml:{line}"


def test_one_module_has_parts_at_many_places() -> None:
    body = {
        ("services",): "m1:\n  image: m1\n",
        ("services", "web", "depends_on"): "- m1\n",
        ("volumes",): "m1:\n",
        ("networks",): "m1: {}\n",
        ("x-more", "deep", "deeper"): "- m1\n",
        ("x-more", "deep", "other"): "- m1\n",
    }
    file = YamlFile(FULL, "f.yaml")
    file.put("m1", body)
    file.put("z3", {("networks",): "z3:\n", ("services", "db"): "user: z3\n"})
    with pytest.raises(DmbError, match=r"`# BEGIN:`"):
        YamlFile(FULL, "f.yaml").applied().put("m1", {("volumes",): "# BEGIN: m1\nm1:\n"})
    new = file.render()
    data = load(new)
    assert data["services"]["web"]["depends_on"] == ["m1", "db"]
    assert data["services"]["db"] == {"user": "z3", "image": "postgres:16"}
    assert data["networks"] == {"m1": {}, "z3": None}
    assert data["x-more"] == {"deep": {"deeper": ["m1"], "other": ["m1"]}}
    file = YamlFile(new, "f.yaml")
    file.put("m1", {("volumes",): "m1:\n"})  # what is not named any more goes
    data = load(file.render())
    assert "m1" not in data["services"]
    assert "x-more" not in data
    assert data["volumes"] == {"data": None, "m1": None}
    assert drop(file.render(), "m1", "z3") == drop(new, "z3", "m1") == FULL


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_one_goes_while_another_is_put_as_it_is(shape: Shape) -> None:
    file = YamlFile(add(shape.text, shape, "m1", "z3"), "f.yaml")
    file.put("m1", {shape.path: shape.body("m1")})
    file.drop("z3")
    assert file.render() == add(shape.text, shape, "m1")


def test_a_module_takes_the_place_of_another_in_one_step() -> None:
    shape = SHAPES["empty list"]
    file = YamlFile(add(shape.text, shape, "m1"), "f.yaml")
    file.drop("m1")
    file.put("z3", {shape.path: shape.body("z3")})
    assert file.render() == add(shape.text, shape, "z3")


def test_a_piece_that_somebody_wrote_is_taken_as_it_stands() -> None:
    piece = YamlFile(
        "services:\r\n\r\n    # the server\r\n    m1:\r\n        image: m1 # ours\r\n\r\nx: 1\r\n", "piece"
    )
    assert piece.body(("services",)) == "m1:\n    image: m1 # ours\n"
    file = YamlFile(FULL, "f.yaml")
    file.put("m1", {("services",): piece.body(("services",))})
    assert "\n  m1:\n      image: m1 # ours\n  # END: m1\n" in file.render()
    assert YamlFile("a: {b: 1, c: ['2']}\n", "piece").body(("a",)) == 'b: 1\nc:\n  - "2"\n'
    assert YamlFile("a:\n", "piece").body(("a",)) == ""


def test_anchors_of_a_piece_do_not_reach_beyond_it() -> None:
    file = YamlFile("x: &x 1\nservices:\n  web:\nlast: *x\n", "f.yaml")
    file.put("m1", {("services",): "m1: &x\n  image: m1\nm1-db:\n  <<: *x\n"})
    data = load(file.render())
    assert data["services"]["m1-db"] == {"image": "m1"}
    assert data["last"] == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "# only\n",
        "word\n",
        "[a]\n",
        "{a: 1}\n",
        "a: 1\na: 2\n",
        "a: *b\n",
        "a: [\n",
        "- a\n# END: m1\n",
        "- &a [*a]\n",
        "- &a [1]\n- &b [*a]\n- [*b]\n",
    ],
)
def test_a_body_that_is_none_is_refused(body: str) -> None:
    file = YamlFile("a:\n", "f.yaml")
    with pytest.raises(DmbError) as caught:  # noqa: PT012 - refused when it is planned, or at the latest when applied
        file.put("m1", {("a",): body})
        file.applied()
    assert "m1" in caught.value.place


def test_what_is_in_a_file() -> None:
    file = YamlFile(add(FULL, Shape("", ("services",), lambda owner: f"{owner}: {{}}\n"), "m1"), "f.yaml")
    kinds = {"services": "map", "volumes": "map", "networks": "absent"}
    assert {key: file.kind((key,)) for key in kinds} == kinds
    assert file.kind(("services", "web", "depends_on")) == "list"
    assert file.kind(("services", "web", "image")) == "scalar"
    assert file.kind(("volumes", "data")) == "empty"
    assert file.kind(("services", "web", "image", "x")) == "absent"
    assert [(entry.key, entry.line, entry.owner) for entry in file.entries(("services",))] == [
        ("web", 3, None),
        ("bar-two", 8, None),
        ("bar-two-db", 12, None),
        ("db", 14, None),
        ("m1", 16, "m1"),
    ]
    assert [(entry.key, entry.line) for entry in file.entries(("services", "web", "depends_on"))] == [(None, 5)]
    assert file.entries(("nothing",)) == []
    assert file.line(("services", "web", "depends_on")) == 5
    assert file.line(("services", "web", "nothing")) == 3
    assert file.data["services"]["m1"] == {}
    assert YamlFile("", "f.yaml").line(("a",)) == 1
    with pytest.raises(DmbError) as caught:
        YamlFile("a: 1\nb: !secret x\n", "f.yaml").data  # noqa: B018
    assert caught.value.place == "f.yaml:2"


@pytest.mark.parametrize(
    "data",
    [
        {"a": {"b": [1, 2.5, True, None, "x"], "c": {}}, "d": []},
        [["a", ["b"]], {"c": [{"d": "e", "f": ["g"]}]}, []],
        {
            "words": [
                "yes",
                "No",
                "on",
                "null",
                "~",
                "1",
                "0x1f",
                "1e3",
                "12:30",
                "2020-01-01",
                "",
                " a",
                "a ",
                "-",
                "=",
                "<<",
            ]
        },
        {
            "signs": [
                "a: b",
                "a #b",
                "#",
                "- a",
                "&a",
                "*a",
                "!a",
                "%a",
                "@a",
                "`a",
                "{",
                "]",
                ",",
                "?",
                "|",
                ">",
                "'",
                '"',
            ]
        },
        {
            "controls": [
                "\n",
                "a\nb\n",
                "\t",
                "\r",
                "\0",
                "\x07",
                "\x85",
                "\u2028",
                "\ufeff",
                "\x7f",
                "é",
                "数",
                "🚀",
                "\\",
            ]
        },
        {"yes": 1, "1": 2, "a: b": 3, "": 4, "é": 5},
    ],
)
def test_data_is_written_so_that_it_reads_the_same_everywhere(data: Any) -> None:
    text = dump(data)
    assert yaml.safe_load(text) == data
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    assert reader.load(text) == data
    file = YamlFile("all:\n  rest: 1\nflow: {rest: 1}\nlists: [1]\n", "f.yaml")
    if isinstance(data, dict):
        file.put("m1", {("all",): text, ("flow",): text})
        assert load(file.render())["flow"] == {**data, "rest": 1}
        assert load(file.render())["all"] == {"rest": 1, **data}
    else:
        file.put("m1", {("lists",): text})
        assert load(file.render())["lists"] == [*data, 1]


@pytest.mark.parametrize(
    ("before", "replaced", "headed"),
    [
        ("a:\n  - x  # c\n  - 'y'\n", "a:\n  - z w  # c\n  - 'y'\n", None),
        ("a: [x, y]\n", 'a: ["z w", y]\n', None),
        ("a:\r\n  x: 1\r\n  y: 2\r\n", 'a:\r\n  "z w": 1\r\n  y: 2\r\n', "a:\r\n  k: v\r\n  x: 1\r\n  y: 2\r\n"),
        ("b: &b {x: 1}\na: *b\n", 'b: &b {"z w": 1}\na: *b\n', None),
        ("\ufeffa: {x: 1}\n", '\ufeffa: {"z w": 1}\n', "\ufeffa: {k: v, x: 1}\n"),
        ("a: x\n", "a: x\n", None),
        ("b: 1\n", "b: 1\n", None),
        ("", "", None),
    ],
)
def test_a_piece_gets_other_words(before: str, replaced: str, headed: str | None) -> None:
    file = YamlFile(before, "piece.yml")
    assert file.replaced(("a",), {"x": "z w"}).render() == replaced.replace("- z w", '- "z w"')
    assert file.headed(("a",), "k: v").render() == (headed or before)
