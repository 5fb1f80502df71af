"""The report for terminals, and which source lines any report shows."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks.judging.rule import Rule
from audit_hooks.reports import text
from audit_hooks.reports.excerpts import Excerpts
from audit_hooks.reports.plain import cells
from audit_hooks.rules import every
from tests.support.samples import PLAIN, finding, hostile, sources, tree, verdict


def test_findings_stand_by_file_with_line_caret_and_remedy(tmp_path: Path) -> None:
    files = sources(tmp_path, a_py="import x\n\n    y = open(z)\n", b_py="1\n")
    report = text.render(
        [
            verdict(finding(path="b.py", line=0, column=0, severity="info")),
            verdict(finding(path="a.py", line=3, column=9), finding(path="a.py", line=1, column=8, severity="warning")),
        ],
        files,
    )
    assert report == (
        "a.py:1:8: warning WSP001: it is so\n"
        "  1 | import x\n"
        "    |        ^\n"
        "  -> change it\n"
        "a.py:3:9: error WSP001: it is so\n"
        "  3 | y = open(z)\n"
        "    |     ^\n"
        "  -> change it\n"
        "\n"
        "b.py: info WSP001: it is so\n"
        "  -> change it\n"
        "\n"
        "1 error, 1 warning, 1 info\n"
    )


def test_of_nothing_there_is_a_summary_alone(tmp_path: Path) -> None:
    files = sources(tmp_path)
    assert text.render([], files) == "no findings\n"
    assert text.render([verdict(silenced=2)], files) == "no findings (2 silenced)\n"


def test_the_caret_stands_under_the_column_whatever_comes_before_it(tmp_path: Path) -> None:
    line = "\ta = '🦆日本e\u0301', b"
    column = line.index("b") + 1
    report = text.render([verdict(finding(line=1, column=column))], sources(tmp_path, a_py=line + "\n"))
    shown, caret = report.split("\n")[1:3]
    assert shown.endswith(", b")
    assert cells(shown) == cells(caret)
    assert cells("🦆日本e\u0301") == 2 + 4 + 1


@pytest.mark.parametrize("column", [1, 50, 70, 150_000, 299_990, 300_001, 900_000])
def test_a_very_long_line_is_cut_around_the_column(tmp_path: Path, column: int) -> None:
    line = "".join(chr(ord("a") + number % 26) for number in range(300_000))
    report = text.render([verdict(finding(line=1, column=column))], sources(tmp_path, a_py=line))
    shown, caret = report.split("\n")[1:3]
    assert len(shown) < 130
    place = min(column, len(line) + 1) - 1
    assert shown[len(caret) - 1 :][:1] == line[place : place + 1]


def test_a_line_that_is_gone_is_not_shown(tmp_path: Path) -> None:
    found = [finding(line=9), finding(path="gone.py"), finding(line=2)]
    report = text.render([verdict(*found)], sources(tmp_path, a_py="x\n  \n"))
    assert "|" not in report


def test_nothing_in_a_finding_or_a_file_acts_on_the_terminal(tmp_path: Path) -> None:
    files = sources(tmp_path, a_py="\x1b[2Jx \x9b1m \u202e y\n" * 20)
    report = text.render([hostile()], files)
    assert {character for character in report if not character.isprintable()} == {"\n"}
    report.encode()
    in_color = text.render([hostile()], files, color=True)
    assert re.sub(r"\033\[[\d;]*m", "", in_color) == report
    assert in_color != report
    assert not any(line.lstrip().startswith("::") for line in report.splitlines())


def test_a_ci_system_sees_no_command_in_a_line_of_a_file(tmp_path: Path) -> None:
    report = text.render([verdict(finding())], sources(tmp_path, a_py="::stop-commands::x\n"))
    assert "  1 | ::stop-commands::x\n" in report


def test_the_summary_says_what_mends_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    safe, unsafe, none = PLAIN[:3]
    monkeypatch.setattr(safe, "mends", "safe")
    monkeypatch.setattr(unsafe, "mends", "unsafe")
    monkeypatch.setattr(none, "mends", "")
    found = [finding(rule.code) for rule in (safe, safe, unsafe, none)]
    report = text.render([verdict(*found)], sources(tmp_path))
    assert report.endswith("\n4 errors (--fix mends 2, --fix --unsafe mends 3)\n")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", "DB_PASSWORD = 'hunter2'"),
        ("a.py", "connect('postgres://bar:hunter2@host/db')"),
        ("a.yaml", "  api-key: hunter2"),
        ("Dockerfile", "ENV DB_PASS=hunter2"),
        ("ws/.env", "PLAIN=hunter2"),
        (".env.example", "PLAIN=hunter2"),
        ("keys/id_ed25519", "hunter2"),
    ],
)
def test_a_line_that_looks_like_a_secret_is_not_shown(tmp_path: Path, path: str, line: str) -> None:
    said = finding(path=path)
    assert Excerpts([verdict(said)], tree(tmp_path, {path: line + "\n"})).of(said) is None


@pytest.mark.parametrize("rule", [rule for rule in every() if rule.secret], ids=lambda rule: rule.code)
def test_no_rule_on_secrets_has_its_line_shown(tmp_path: Path, rule: type[Rule]) -> None:
    said = finding(rule.code)
    assert Excerpts([verdict(said)], sources(tmp_path, a_py="x = 1\n")).of(said) is None


def test_a_line_that_a_rule_on_secrets_points_at_is_shown_for_no_other_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = sources(tmp_path, a_py="x = 'hunter2'\ny = 1\n")
    monkeypatch.setattr(PLAIN[1], "secret", True)
    found = [finding(PLAIN[0].code), finding(PLAIN[1].code), finding(PLAIN[0].code, line=2), finding("XYZ001", line=2)]
    report = text.render([verdict(*found[:2]), verdict(found[2])], files)
    assert "hunter2" not in report
    assert "  2 | y = 1\n" in report
    assert "y = 1" not in text.render([verdict(*found)], files)  # nothing is known of XYZ001


def test_the_command_paints_on_a_terminal_alone_and_never_with_no_color(tmp_path: Path) -> None:
    tree(tmp_path, {"workspace.yaml": "load_from:\n  - python_file: {relative_path: gone.py}\n"})
    plain = subprocess.run(
        [sys.executable, "-m", "dmb", "audit", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "workspace.yaml:2:" in plain.stdout
    assert "\033" not in plain.stdout
    assert "\033" not in on_a_terminal(tmp_path, {"NO_COLOR": "1"})
    painted = on_a_terminal(tmp_path, {"NO_COLOR": ""})
    assert re.search(r"\033\[1;31merror\033\[0m WSP004", painted)
    assert re.sub(r"\033\[[\d;]*m", "", painted).replace("\r\n", "\n") == plain.stdout


def on_a_terminal(folder: Path, more: dict[str, str]) -> str:
    """What `dmb audit` writes to a terminal."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "dmb", "audit", str(folder)],
        stdout=theirs,
        stdin=subprocess.DEVNULL,
        check=False,
        env=os.environ | more,
    )
    os.close(theirs)
    assert done.returncode == 1
    told = b""
    with contextlib.suppress(OSError):  # as a terminal says that all is read
        while part := os.read(ours, 65536):
            told += part
    os.close(ours)
    return told.decode()
