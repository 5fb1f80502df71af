"""Marked blocks in line-based text: found, put in, replaced and taken out without a trace."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmb.errors import DmbError
from dmb.formats import marked_blocks

LINES = st.sampled_from(["", "web: dagster", "  indented", "# comment", "## BEGIN: x", "x # BEGIN: y", "é\u2028", "\t"])
OWNERS = ("m1", "bar-two", "Bar One")


@st.composite
def texts(draw: Any) -> str:
    eol = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = eol.join(draw(st.lists(LINES, max_size=6))) + draw(st.sampled_from(["", eol, eol * 2]))
    return str(draw(st.sampled_from(["", "\ufeff"])) + text)


def bodies() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(["one: 1", "  two", "", "# c", "é"]), max_size=4).map(
        lambda lines: "".join(f"{line}\n" for line in lines)
    )


@given(texts(), st.lists(st.tuples(st.sampled_from(OWNERS), st.none() | bodies()), max_size=8), st.permutations(OWNERS))
def test_any_changes_leave_the_last_bodies_and_no_trace_in_the_end(
    original: str, changes: list[tuple[str, str | None]], order: list[str]
) -> None:
    text = original
    wanted: dict[str, str] = {}
    for owner, body in changes:
        text = marked_blocks.update(text, {owner: body}, "f")
        wanted.pop(owner, None) if body is None else wanted.update({owner: body})
        found = {block.owner: block.body for block in marked_blocks.find_blocks(text, "f")}
        assert found == {owner: marked_blocks.normal(body) for owner, body in wanted.items()}
        assert marked_blocks.update(text, wanted, "f") == text
        eols = re.findall(r"\r\n|\n|\r", text)
        assert len(set(eols)) <= 1
    assert marked_blocks.update(text, dict.fromkeys(OWNERS), "f") == original
    for owner in order:
        text = marked_blocks.drop_block(text, owner, "f")
    assert text == original


@given(texts(), st.data())
def test_lines_that_people_add_stay(original: str, data: st.DataObject) -> None:
    text = marked_blocks.update(original, {"m1": "a\n", "bar-two": "b\n"}, "f")
    blocks = marked_blocks.find_blocks(text, "f")
    places = [found.end() for found in marked_blocks.EOL.finditer(text)]
    place = data.draw(st.sampled_from([at for at in places if not any(b.start < at < b.end for b in blocks)] or [0]))
    eol = marked_blocks.eol_of(text)
    edited = text[:place] + f"mine{eol}" + text[place:]
    left = marked_blocks.update(edited, {"m1": None, "bar-two": None}, "f")
    assert original in (left.replace(f"mine{eol}", ""), left.replace(f"{eol}mine", ""), left.replace("mine", ""))
    assert left.count("mine") == 1


def test_a_block_says_where_it_is() -> None:
    text = "\ufeffa\r\n  # BEGIN: m1  \r\n    x\r\n\r\n      y\r\n  #END:m1\r\nb\r\n"
    (block,) = marked_blocks.find_blocks(text, "f")
    assert (block.owner, block.line, block.indent, block.body) == ("m1", 2, "  ", "x\n\n  y\n")
    assert text[block.start : block.end] == text[text.index("  # B") : text.index("b\r\n")]
    assert marked_blocks.set_block(text, "m1", "z\n", "f") == text.replace("    x\r\n\r\n      y\r\n", "  z\r\n")
    assert marked_blocks.drop_block(text, "m1", "f") == "\ufeffa\r\nb\r\n"


def test_the_body_is_the_same_wherever_the_block_stands() -> None:
    body = "a:\n  b: |\n    c\n\n    d\n"
    for indent, eol in (("", "\n"), ("    ", "\r\n")):
        (block,) = marked_blocks.find_blocks(marked_blocks.block_text("m1", body, indent, eol), "f")
        assert block.body == body


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("a\n# BEGIN: m1\n", 2, "`# BEGIN: m1` has no `# END: m1`"),
        ("# BEGIN: m1\n# BEGIN: z3\n# END: z3\n# END: m1\n", 1, "`# BEGIN: m1` has no `# END: m1`"),
        ("# BEGIN: m1\na\n# END: z3\n", 3, "`# END: z3` has no `# BEGIN: z3` before it"),
        ("# END: m1\n# BEGIN: m1\n", 1, "`# END: m1` has no `# BEGIN: m1` before it"),
        ("\r\n\r\n# BEGIN:\r\n", 3, "names no module"),
        ("a\rb\r# END: x\r", 3, "has no `# BEGIN: x`"),
    ],
)
def test_damaged_markers_are_refused_with_their_line(text: str, line: int, cause: str) -> None:
    for run in (
        lambda: marked_blocks.find_blocks(text, "f"),
        lambda: marked_blocks.set_block(text, "new", "a\n", "f"),
        lambda: marked_blocks.drop_block(text, "m1", "f"),
    ):
        with pytest.raises(DmbError, match=re.escape(cause)) as caught:
            run()
        assert caught.value.place == f"f:{line}"


@pytest.mark.parametrize("owner", ["", " a", "a ", "a\nb"])
def test_an_owner_that_a_marker_cannot_name_is_refused(owner: str) -> None:
    with pytest.raises(DmbError):
        marked_blocks.set_block("", owner, "x\n", "f")


def test_a_marker_in_a_body_is_refused() -> None:
    with pytest.raises(DmbError):
        marked_blocks.set_block("", "m1", "x\n# END: m1\n", "f")
    with pytest.raises(DmbError):
        marked_blocks.set_block("# BEGIN: m1\n# END: m1\n", "m1", "# BEGIN: m2\n", "f")


@pytest.mark.parametrize(("data", "line"), [(b"a\n\xff\n", 2), (b"\xff\xfea\0", 1), ("é".encode("latin-1"), 1)])
def test_bad_utf8_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(DmbError, match="not UTF-8") as caught:
        marked_blocks.decode(data, "f")
    assert caught.value.place == f"f:{line}"


def test_bytes_come_back_as_they_were() -> None:
    data = b"\xef\xbb\xbfa\r\nb\rc\n\xf0\x9f\x9a\x80"
    assert marked_blocks.encode(marked_blocks.decode(data, "f")) == data
