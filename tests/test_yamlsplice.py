"""Whatever the shape of a YAML file: entries go in as data, nothing else changes, and out they leave no trace."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING, Any

import pytest
import ruamel.yaml
import yaml

from dmb import textblocks
from dmb.errors import DmbError
from dmb.yamlsplice import YamlFile, tree
from dmb.yamlsplice.body import ADDED
from dmb.yamlsplice.plan import SPLIT

from .corpus.yaml_shapes import REFUSED, SHAPES, Refused, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

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
            eol = textblocks.eol_of(text)
            assert shape.text in {left.replace(note, ""), left.replace(eol + note.removesuffix(eol), "")}


def squeezed(text: str) -> str:
    """`text` without white space."""
    return "".join(text.split())


def edits(text: str) -> Iterator[tuple[str, str]]:
    """`text` with one comment put in outside of the blocks, and the comment."""
    blocks = [placed.block for placed in YamlFile(text, "f.yaml").blocks]
    bom = text.startswith("\ufeff")
    starts = [bom, *(found.end() for found in textblocks.EOL.finditer(text))]
    ends = [found.start() for found in textblocks.EOL.finditer(text)]
    for places, note in ((starts, f"# note 7{textblocks.eol_of(text)}"), (ends, " # note 7")):
        for place in places:
            if not any(block.start < place - bom < block.end for block in blocks):
                yield text[:place] + note + text[place:], note


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_both_parsers_lead_to_the_same_text(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation may lack libyaml."""
    text = add(shape.text, shape, *OWNERS)
    monkeypatch.setattr(tree, "Loader", yaml.SafeLoader)
    assert add(shape.text, shape, *OWNERS) == text
    assert drop(text, *OWNERS) == shape.text


@pytest.mark.parametrize("loader", [tree.Loader, yaml.SafeLoader], ids=["C", "Python"])
@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_with_its_line(
    refused: Refused, loader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "Loader", loader)
    with pytest.raises(DmbError) as caught:
        add(refused.text, refused, "m1")
    assert refused.cause in caught.value.cause
    assert caught.value.place == f"f.yaml:{refused.line}"
    assert caught.value.remedy
