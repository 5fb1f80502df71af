"""Every rule fires on its bad examples and is silent on its good ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from audit_hooks.judging.engine import judge
from audit_hooks.judging.findings import SEVERITIES, Finding
from audit_hooks.judging.rule import Rule
from audit_hooks.rules import every
from tests.support.paths import ROOT
from tests.support.trees import subject

FOLDER = ROOT / "audit_hooks" / "rules"


def told(rule: type[Rule], files: Mapping[str, str], root: Path) -> list[Finding]:
    """What a rule finds; one that judges what others left behind is asked with them."""
    found = judge(subject(root, files), every() if rule.last else [rule])
    return [finding for finding in found if finding.rule == rule.code]


def examples(kind: str) -> list[object]:
    return [
        pytest.param(rule, files, id=f"{rule.code}-{number}")
        for rule in every()
        for number, files in enumerate(getattr(rule, kind), 1)
    ]


@pytest.mark.parametrize(("rule", "files"), examples("bad"))
def test_a_rule_fires_on_a_bad_example(rule: type[Rule], files: dict[str, str], tmp_path: Path) -> None:
    found = told(rule, files, tmp_path)
    assert found
    for finding in found:
        assert finding.rule == rule.code
        assert finding.subject
        assert finding.message
        assert finding.remedy
        text = (tmp_path / finding.path).read_text() if (tmp_path / finding.path).exists() else ""
        assert finding.line <= text.count("\n") + 1
        assert (finding.path in files) or "missing" in finding.message


@pytest.mark.parametrize(("rule", "files"), examples("good"))
def test_a_rule_is_silent_on_a_good_example(rule: type[Rule], files: dict[str, str], tmp_path: Path) -> None:
    assert told(rule, files, tmp_path) == []


@pytest.mark.parametrize("rule", every(), ids=lambda rule: rule.code)
def test_a_rule_is_documented_and_has_examples(rule: type[Rule]) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert rule.severity in SEVERITIES
    assert len(rule.bad) >= 2
    assert len(rule.good) >= 2
    for text in (rule.title, rule.what, rule.why, rule.remedy):
        assert text.strip() == text
        assert text
    assert Path(rule.__module__.replace(".", "/")).name.startswith(rule.code.lower())


def test_every_rule_of_the_folder_is_registered_once() -> None:
    files = {path.stem.partition("_")[0].upper() for path in FOLDER.rglob("[a-z][a-z][a-z][0-9]*.py")}
    codes = [rule.code for rule in every()]
    assert len(codes) == len(set(codes))
    assert set(codes) == files
    assert codes == sorted(codes)
