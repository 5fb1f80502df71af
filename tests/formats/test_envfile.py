"""A module's variables go into any `.env` as Compose and Dagster read it, and out again without a trace."""

from __future__ import annotations

import io
import itertools

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmb.errors import DmbError
from dmb.formats import envfile
from tests.support.corpus.env_files import REFUSED, SHAPES

BODIES = {
    "m1": "# the port\nM1_PORT=4001\n",
    "bar-two": "BAR_TWO_PORT=4002\n\nBAR_TWO_PASSWORD='a#b c'\n",
    "z3": "Z3_PORT=4003\n",
}
KEYS = {"m1": ["M1_PORT"], "bar-two": ["BAR_TWO_PORT", "BAR_TWO_PASSWORD"], "z3": ["Z3_PORT"]}


def read(text: str) -> dict[str, str | None]:
    return dict(dotenv.dotenv_values(stream=io.StringIO(text.removeprefix("\ufeff")), interpolate=False))


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_variables_are_added_and_no_other_changes(text: str) -> None:
    new = envfile.update(text, BODIES, ".env")
    ours = {"M1_PORT": "4001", "BAR_TWO_PORT": "4002", "BAR_TWO_PASSWORD": "a#b c", "Z3_PORT": "4003"}
    assert read(new) == read(text) | ours
    owned = [(entry.key, entry.owner) for entry in envfile.assignments(new, ".env") if entry.owner in BODIES]
    assert owned == [(key, owner) for owner, keys in KEYS.items() for key in keys]


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_every_order_of_adding_and_removing_restores_every_byte(text: str) -> None:
    for order in itertools.permutations(BODIES):
        new = text
        for owner in order:
            new = envfile.put(new, owner, BODIES[owner], ".env")
            assert envfile.put(new, owner, BODIES[owner], ".env") == new
        assert new == envfile.update(text, {owner: BODIES[owner] for owner in order}, ".env")
        for leaving in itertools.permutations(BODIES):
            left = new
            for owner in leaving:
                left = envfile.drop(left, owner, ".env")
            assert left == text
        assert envfile.update(new, dict.fromkeys(order), ".env") == text


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_change_is_made_in_place_and_what_people_add_stays(text: str) -> None:
    new = envfile.update(text, BODIES, ".env")
    changed = envfile.put(new, "bar-two", "BAR_TWO_PORT=5\n", ".env")
    assert [block.owner for block in envfile.blocks(changed, ".env")] == [b.owner for b in envfile.blocks(new, ".env")]
    assert read(changed) == {key: v for key, v in read(new).items() if key != "BAR_TWO_PASSWORD"} | {
        "BAR_TWO_PORT": "5"
    }
    for block in envfile.blocks(new, ".env"):
        if block.owner in BODIES:
            edited = new[: block.start] + "MINE=1\n" + new[block.start :]
            left = envfile.update(edited, dict.fromkeys(BODIES), ".env")
            assert read(left) == read(text) | {"MINE": "1"}
            assert left.replace("MINE=1\n", "") == text or left.replace("\nMINE=1", "").replace(
                "\r", ""
            ) == text.replace("\r", "")


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_assignments_are_read_as_dagster_reads_them(text: str) -> None:
    found = {entry.key: entry.value for entry in envfile.assignments(text, ".env")}
    assert found == {key: value or "" for key, value in read(text).items()}
    for entry in envfile.assignments(text, ".env"):
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        assert entry.key in lines[entry.line - 1]


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_what_people_write_is_not_strange(text: str) -> None:
    assert envfile.strange_line(text, ".env") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\nthis is no assignment\n", 2),
        ("A=1\r\n\r\n<<<<<<< HEAD\r\n", 3),
        ("=2", 1),
        ("A='x' y # z\nB C\n", 1),
        ("A='\n\n' y", 1),
    ],
)
def test_the_first_line_that_is_no_assignment(text: str, line: int) -> None:
    assert envfile.strange_line(text, ".env") == line


def test_how_a_value_is_quoted() -> None:
    found = envfile.assignments("A='$X'\nB=\"$X\"\nC=$X\nD=\nE # from the environment\n", ".env")
    assert [(one.key, one.quote) for one in found] == [("A", "'"), ("B", '"'), ("C", ""), ("D", ""), ("E", None)]


@pytest.mark.parametrize(("text", "line", "cause"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_with_its_line(text: str, line: int, cause: str) -> None:
    with pytest.raises(DmbError) as caught:
        envfile.put(text, "m1", "M1_PORT=1\n", ".env")
    assert cause in caught.value.cause
    assert caught.value.place == f".env:{line}"


@pytest.mark.parametrize("body", ["A='x\ny'\n", "A='x\n", "A=1\nA=2\n", "# BEGIN: x\n", "A=1\n  # END: m1\n"])
def test_a_body_that_would_not_stay_in_its_block_is_refused(body: str) -> None:
    with pytest.raises(DmbError):
        envfile.put("B=1\n", "m1", body, ".env")


def test_two_modules_cannot_set_one_key() -> None:
    with pytest.raises(DmbError, match="PORT is already set here"):
        envfile.update("", {"m1": "PORT=1\n", "z3": "PORT=2\n"}, ".env")
    moved = envfile.update(envfile.put("", "m1", "PORT=1\n", ".env"), {"m1": None, "z3": "PORT=2\n"}, ".env")
    assert read(moved) == {"PORT": "2"}


@given(st.text(st.characters(codec="utf-8"), max_size=20) | st.text("aZ9 '\"$`\\{}#=\n\t", max_size=12))
def test_a_value_is_read_back_as_it_was_or_refused(value: str) -> None:
    try:
        line = envfile.line("KEY", value)
    except DmbError as refused:
        assert "KEY" in refused.cause  # noqa: PT017
        assert not value.isalnum() or not value.isprintable()
        return
    text = envfile.put("A=1\nB='x'", "m1", line, ".env")
    found = dotenv.dotenv_values(stream=io.StringIO(text), interpolate=True)
    assert found == {"A": "1", "B": "x", "KEY": value}
    assert {entry.key: entry.value for entry in envfile.assignments(text, ".env")} == {"A": "1", "B": "x", "KEY": value}


@pytest.mark.parametrize("key", ["", "a b", "1A", "A-B", "A=B", "É"])
def test_a_key_that_is_no_name_is_refused(key: str) -> None:
    with pytest.raises(DmbError, match="is not a valid variable name"):
        envfile.line(key, "x")
