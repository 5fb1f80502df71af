"""What `--fix` writes: the finding gone, the rest as it was."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_hooks.judging.engine import diagnose, judge
from audit_hooks.judging.findings import Diagnosis, Finding
from audit_hooks.judging.fixes import Fixed, as_bytes, fix_findings
from audit_hooks.judging.policy import Options
from audit_hooks.judging.rule import SAFE, UNSAFE, Rule
from audit_hooks.judging.subject import Subject
from audit_hooks.reading.edits import Edit
from audit_hooks.reading.sources import Sources
from audit_hooks.rules import every
from audit_hooks.rules.examples import MANIFEST
from audit_hooks.rules.workspace.wsp007_undocumented_variable import UndocumentedVariable
from tests.support.trees import subject, write

FIXING = [rule for rule in every() if rule.mends]


def asking(rule: type[Rule]) -> Options:
    return Options(tier="enterprise", select=() if rule.last else (rule.code,), preview=True)


def found(rule: type[Rule], one: Subject) -> list[Finding]:
    return [finding for finding in judge(one, every() if rule.last else [rule]) if finding.rule == rule.code]


@pytest.mark.parametrize(
    ("rule", "files"),
    [pytest.param(rule, files, id=f"{rule.code}-{n}") for rule in FIXING for n, files in enumerate(rule.bad, 1)],
)
def test_a_fix_takes_its_finding_away_and_nothing_else_breaks(
    rule: type[Rule], files: dict[str, str], tmp_path: Path
) -> None:
    before = subject(tmp_path, files)
    done = fix_findings(before, asking(rule), unsafe=True)
    assert done.refused == ()
    after = before.over(done.texts)
    assert len(found(rule, after)) == len(found(rule, before)) - done.fixed
    for name, text in done.texts.items():
        if name.endswith(".py"):
            ast.parse(text)
    assert after.package.unparsed == before.package.unparsed
    again = fix_findings(after, asking(rule), unsafe=True)
    assert (again.texts, again.fixed) == ({}, 0)


@pytest.mark.parametrize("rule", FIXING, ids=lambda rule: rule.code)
def test_a_rule_that_says_it_mends_does(rule: type[Rule], tmp_path: Path) -> None:
    assert rule.mends in (SAFE, UNSAFE)
    fixed = 0
    for number, files in enumerate(rule.bad):
        fixed += fix_findings(subject(tmp_path / str(number), files), asking(rule), unsafe=True).fixed
    assert fixed


@pytest.mark.parametrize("rule", [rule for rule in FIXING if rule.mends == UNSAFE], ids=lambda rule: rule.code)
def test_what_may_change_the_code_is_not_mended_unasked(rule: type[Rule], tmp_path: Path) -> None:
    for number, files in enumerate(rule.bad):
        assert fix_findings(subject(tmp_path / str(number), files), asking(rule), unsafe=False).texts == {}


@pytest.mark.parametrize("rule", [rule for rule in every() if not rule.mends], ids=lambda rule: rule.code)
def test_a_rule_that_does_not_say_so_mends_nothing(rule: type[Rule], tmp_path: Path) -> None:
    for number, files in enumerate(rule.bad):
        one = subject(tmp_path / str(number), files)
        diagnoses = diagnose(one, [rule])
        assert [list(edits()) for edits in diagnoses.values()] == [[]] * len(diagnoses)


def test_a_fix_that_does_not_hold_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = next(rule for rule in FIXING)
    one = subject(tmp_path, dict(rule.bad[0]))
    check = rule.check

    def breaking(edits: Callable[[], Iterable[Edit]]) -> list[Edit]:
        return [edit._replace(text="\0: [") for edit in edits()]

    def broken(self: Rule, subject: Subject) -> Iterator[Diagnosis]:
        for finding, edits in check(self, subject):
            yield Diagnosis(finding, partial(breaking, edits))

    monkeypatch.setattr(rule, "check", broken)
    done = fix_findings(one, asking(rule), unsafe=True)
    assert (done.texts, done.fixed, done.refused) == ({}, 0, (rule.code,))


@pytest.mark.parametrize("there", ["latin-1", "link", "unknown to git"])
def test_a_file_that_the_audit_cannot_read_is_not_written_over(there: str, tmp_path: Path) -> None:
    tracked = {"pyproject.toml": MANIFEST, "src/bar/x.py": "import os\n\na = os.environ['BAR_A']\n"}
    example = tmp_path / ".env.example"
    write(tmp_path, tracked)
    if there == "link":
        write(tmp_path, {"other": "BAR_B=1\n"})
        example.symlink_to("other")
    else:
        example.write_bytes(b"BAR_B=\xe4\n" if there == "latin-1" else b"BAR_B=1\n")
    names = frozenset([*tracked, *([".env.example"] if there != "unknown to git" else [])])
    one = Subject("module", Sources(tmp_path, names))
    assert [finding.subject for finding in judge(one, [UndocumentedVariable])] == ["BAR_A"]
    assert fix_findings(one, asking(UndocumentedVariable), unsafe=True).texts == {}


def test_what_another_finding_keeps_back_is_not_mended(tmp_path: Path) -> None:
    text = "load_from:\n  - python_module: c\n  - nonsense: 1\n"
    one = subject(tmp_path, {"workspace.yaml": text})
    assert {finding.rule for finding in judge(one, every())} >= {"WSP001"}
    assert fix_findings(one, Options(tier="enterprise"), unsafe=True).texts == {}


def test_a_file_whose_lines_python_counts_otherwise_is_left_and_the_rest_mended(tmp_path: Path) -> None:
    text = '# ours\nimport dagster as dg\n\n\n@dg.asset(compute_kind="dbt")\ndef orders(): ...\n'
    one = subject(tmp_path, {"a.py": text.replace("\n", "\r"), "b.py": text})
    done = fix_findings(one, Options(select=("DEF006",)), unsafe=True)
    assert done == Fixed({"b.py": text.replace('compute_kind="dbt"', 'kinds={"dbt"}')}, 1, ())


LINES = st.lists(st.sampled_from(["", "a", "b", "é😀", "  x  "]), max_size=8)


@settings(deadline=None)
@given(LINES, LINES, st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_lines_keep_their_ends_and_a_file_its_mark(
    old: list[str], new: list[str], crlf: bool, mark: bool, old_ends: bool, new_ends: bool
) -> None:
    end = "\r\n" if crlf else "\n"
    head = b"\xef\xbb\xbf" if mark else b""
    before = head + (end.join(old) + end * old_ends).encode()
    text = "\n".join(new) + "\n" * new_ends
    after = as_bytes(before, text)
    if before:
        assert after.startswith(head)
    assert after.removeprefix(head).decode().replace("\r\n", "\n") == text
    if old and (len(old) > 1 or old_ends) and before:
        ends = after.count(b"\n")
        assert after.count(b"\r\n") == (ends if crlf else 0)


def test_a_file_of_mixed_ends_keeps_each() -> None:
    assert as_bytes(b"a\r\nb\nc\r\nd", "a\nb\nX\nc\nd") == b"a\r\nb\nX\r\nc\r\nd"


@pytest.mark.parametrize("rule", FIXING, ids=lambda rule: rule.code)
def test_no_edit_is_made_where_nobody_mends(rule: type[Rule], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[rule.__module__]
    for name in ("Edit", "add_argument", "rewritten"):
        monkeypatch.setattr(module, name, None, raising=False)
    monkeypatch.setattr("audit_hooks.judging.missing_argument.add_argument", None)
    for number, files in enumerate(rule.bad):
        assert found(rule, subject(tmp_path / str(number), files))
