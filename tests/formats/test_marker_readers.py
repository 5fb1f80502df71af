"""All who ask which block a line stands in get one answer: the splice, the ports, the audit, the mask of a diff."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_hooks.judging.subject import Subject
from audit_hooks.reading.sources import Sources
from dmb.cli import output
from dmb.errors import DmbError
from dmb.formats import envfile, marked_blocks
from dmb.formats.yamlsplice import YamlFile
from dmb.layout import Layout
from dmb.ports.survey import survey
from dmb.transaction.transaction import Change

BEGINS = ("# BEGIN: {owner}", "#BEGIN:{owner}", "#\tBEGIN: \t{owner}  ", "# BEGIN:{owner}", "## BEGIN: {owner}")
ENDS = ("# END: {owner}", "#END:{owner} ", "#\tEND: {owner}")
OWNERS = ("bar", "bar-two", "Bar One", "é")
SAID = ("# BEGIN: bar", "# END: bar", "# BEGIN: said", "#\tEND: said")  # where it is data


@st.composite
def locations(draw: Any, entry: str, scalar: str) -> str:
    """Entries of a YAML list or mapping, between markers or not, some of them damaged, some of them in scalars."""
    lines: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        between = [entry.format(number=number)]
        if draw(st.booleans()):
            between.insert(draw(st.integers(0, 1)), scalar.format(number=number, said=draw(st.sampled_from(SAID))))
        if draw(st.booleans()):
            owner, indent = draw(st.sampled_from(OWNERS)), draw(st.sampled_from(["", "  ", "    "]))
            between.insert(0, indent + draw(st.sampled_from(BEGINS)).format(owner=owner))
            between.append("  " + draw(st.sampled_from(ENDS)).format(owner=owner))
        if draw(st.integers(0, 9)) == 0:
            del between[draw(st.integers(0, len(between) - 1))]
        lines += between
    eol = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return str(eol.join([*"\n".join(lines).split("\n"), ""]))


def spliced(text: str, section: str) -> dict[int, str | None] | None:
    """The owner of each entry by its line; None where the splice would not touch such a file for other reasons."""
    try:
        file = YamlFile(text, "f")
    except DmbError as error:
        return {} if "# BEGIN" in error.cause or "# END" in error.cause else None
    try:
        return {entry.line: entry.owner for entry in file.entries((section,))}
    except DmbError:  # a block around half an entry
        return None


SERVER = "  - grpc_server: {{host: localhost, port: 400{number}, location_name: name-{number}}}"
FILE = "  - python_file: |\n      x{number}\n      {said}\n      y"
SERVICE = "  name-{number}:\n    image: x\n    ports: ['800{number}:80']"
LABEL = "  label-{number}:\n    image: |\n      x\n      {said}\n      y"


@settings(max_examples=150, deadline=None)
@given(locations(SERVER, FILE))
def test_the_owner_of_a_location(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "workspace.yaml").write_bytes(f"load_from:\n{text}".encode())
        found = spliced(f"load_from:\n{text}", "load_from")
        audited = {at.spot.line: at.owner for at in Subject("workspace", Sources(root)).workspace.locations}
        ports = {int(held.place.rpartition(":")[2]): held for held in survey(root).holders}
    for line, held in ports.items():
        assert (audited[line] or f"name-{held.port % 10}") == held.who
    if found is not None:
        assert audited == {line: found.get(line) for line in audited}


@settings(max_examples=150, deadline=None)
@given(locations(SERVICE, LABEL))
def test_the_owner_of_a_published_port(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "compose.yaml").write_bytes(f"services:\n{text}".encode())
        ports = {int(held.place.rpartition(":")[2]): held for held in survey(Path(folder)).holders}
    found = spliced(f"services:\n{text}", "services")
    if found is not None:
        for line, held in ports.items():  # the service is named two lines above
            assert (found.get(line - 2) or f"service name-{held.port % 10}") == held.who


ENV_LINES = (
    "A{number}_PORT=1",
    "SECRET{number}=hush",
    "KEY{number}='x\n{said}\nhush'",
    'KEY{number}="\n{said}\n"',
    "hush # BEGIN: bar",
    "",
)


@st.composite
def env_texts(draw: Any) -> str:
    lines: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        line = draw(st.sampled_from(ENV_LINES)).format(number=number, said=draw(st.sampled_from(SAID)))
        owner = draw(st.sampled_from(OWNERS))
        begin, end = draw(st.sampled_from(BEGINS)), draw(st.sampled_from(ENDS))
        block = [begin.format(owner=owner), line, end.format(owner=owner)]
        lines += draw(st.sampled_from([block, block, [line], block[1:]]))
    return "\n".join(lines) + "\n"


@settings(max_examples=200, deadline=None)
@given(env_texts())
def test_a_diff_shows_the_lines_of_markers_and_no_other_text(text: str) -> None:
    layout = Layout(Path("/workspace"))
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        output.diff(layout, [Change(layout.env, text.encode(), None)])
    lines = shown.getvalue().split("\n")[3:-1]
    try:
        blocks = envfile.blocks(text, ".env")
    except DmbError:
        blocks = []
    markers = {line for block in blocks for line in (block.line, block.line + len(block.lines) - 1)}
    assert "hush" not in shown.getvalue()
    written = marked_blocks.EOL.split(text)[:-1]
    assert len(lines) == len(written)
    for number, (line, whole) in enumerate(zip(lines, written, strict=True), 1):
        if "BEGIN" in whole or "END" in whole:
            assert (line == f"-{whole}") == (number in markers)
    for variable in envfile.assignments(text, ".env") if blocks else ():
        owners = {block.owner for block in blocks if variable.line in block.lines}
        assert owners == ({variable.owner} if variable.owner else set())


@pytest.mark.parametrize(
    ("markers", "owner"),
    [
        (("#\tBEGIN: bar", "#\tEND: bar"), "bar"),
        (("# BEGIN: Bar One", "# END: Bar One"), "Bar One"),
        (("# BEGIN: bar", "# no end"), None),
        (("# BEGIN: bar", "# END: other"), None),
    ],
)
def test_each_form_by_hand(tmp_path: Path, markers: tuple[str, str], owner: str | None) -> None:
    begin, end = markers
    text = f"load_from:\n  {begin}\n{SERVER.format(number=1)}\n  {end}\n"
    (tmp_path / "workspace.yaml").write_text(text)
    (location,) = Subject("workspace", Sources(tmp_path)).workspace.locations
    (held,) = survey(tmp_path).holders
    assert (location.owner, held.who) == (owner, owner or "name-1")
