"""Workflow commands, read as GitHub's runner reads them."""

from __future__ import annotations

import re
from pathlib import Path

from audit_hooks.reports import github
from tests.support.samples import HOSTILE, finding, hostile, sources, verdict


def read(line: str) -> tuple[str, dict[str, str], str]:
    """(command, properties, message) as the runner splits and unescapes a line."""
    match = re.fullmatch(r"::(\w+) ([^\n\r]*?)::([^\n\r]*)", line)
    assert match, line
    command, told, message = match.groups()
    properties = dict(part.split("=", 1) for part in told.split(","))
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        properties = {name: value.replace(escape, character) for name, value in properties.items()}
        message = message.replace(escape, character) if escape not in ("%3A", "%2C") else message
    return command, properties, message


def test_a_finding_is_an_annotation_at_its_place(tmp_path: Path) -> None:
    found = finding("WSP001", "error", "a dir/a,b:c%2C.py", 3, 5, message="100% so: a, b", remedy="change\nit")
    line, total = github.render([verdict(found)], sources(tmp_path)).splitlines()
    command, properties, message = read(line)
    assert command == "error"
    assert properties["file"] == "a dir/a,b:c%2C.py"
    assert (properties["line"], properties["col"]) == ("3", "5")
    assert properties["title"].startswith("WSP001: ")
    assert message == "100% so: a, b\n-> change it"
    assert total == "1 error"


def test_the_worst_come_first_and_a_whole_file_has_no_line(tmp_path: Path) -> None:
    found = [
        finding(severity="info", path="a"),
        finding(severity="warning", path="b", line=0, column=0),
        finding(path="c"),
    ]
    *lines, total = github.render([verdict(*found)], sources(tmp_path)).splitlines()
    assert [read(line)[0] for line in lines] == ["error", "warning", "notice"]
    assert not {"line", "col"} & set(read(lines[1])[1])
    assert total == "1 error, 1 warning, 1 info"


def test_a_part_of_a_repository_is_addressed_from_its_top(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    report = github.render([verdict(finding())], sources(tmp_path / "modules/bar", a_py="x\n"))
    assert read(report.splitlines()[0])[1]["file"] == "modules/bar/a.py"


def test_no_text_is_a_command_of_its_own(tmp_path: Path) -> None:
    report = github.render([hostile()], sources(tmp_path))
    *lines, _ = report.split("\n")[:-1]
    assert len(lines) == len(HOSTILE)
    assert all(read(line)[1]["file"] == "a.py" for line in lines)
    assert {character for character in report if not character.isprintable()} == {"\n"}


def test_of_nothing_there_is_a_summary_alone(tmp_path: Path) -> None:
    assert github.render([], sources(tmp_path)) == "no findings\n"
