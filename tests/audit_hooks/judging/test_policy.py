"""What a subject is held to: tiers, settings, ignores, the baseline."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from audit_hooks.judging import baseline
from audit_hooks.judging.engine import audit
from audit_hooks.judging.ignores import Ignores
from audit_hooks.judging.index import INDEX
from audit_hooks.judging.policy import Options, Policy, Settings
from audit_hooks.judging.rule import TIERS
from audit_hooks.reading.sources import Sources
from audit_hooks.rules import every
from dmb.errors import DmbError
from tests.support.trees import module, repository, write

# Two locations of one name (WSP002, an error) and one without a name (WSP003, a warning).
WORKSPACE = """\
load_from:
  - python_module: {module_name: a, location_name: twice}
  - python_module: {module_name: b, location_name: twice}
  - python_module: c
"""
DEFAULT = Options()
OURS = Options(select=("WSP002", "WSP003"))


def codes(root: Path, options: Options = OURS) -> list[str]:
    return [finding.rule for verdict in audit(root, options) for finding in verdict.findings]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path, {"workspace.yaml": WORKSPACE})


def settings(root: Path, text: str) -> None:
    write(root, {"pyproject.toml": text})
    repository(root, {})


def asked(subject_of: Path, table: str, options: Options = DEFAULT) -> set[str]:
    subject = module(subject_of, {"pyproject.toml": table})
    return {rule.code for rule in Policy(subject, options).rules(INDEX)}


@pytest.mark.parametrize("tier", TIERS)
def test_a_tier_holds_the_ones_below(tmp_path: Path, tier: str) -> None:
    held = asked(tmp_path, f"[tool.dmb]\nname = 'x'\ngovernance = '{tier}'\n")
    expected = {
        rule.code
        for rule in every()
        if TIERS.index(rule.tier) <= TIERS.index(tier) and "module" in rule.kinds and not (rule.preview or rule.advises)
    }
    assert held == expected


def test_the_command_line_wins_over_the_settings_and_these_over_governance(tmp_path: Path) -> None:
    table = "[tool.dmb]\nname = 'x'\ngovernance = 'quick'\n[tool.dmb.audit]\ntier = 'enterprise'\n"
    subject = module(tmp_path, {"pyproject.toml": table})
    assert Policy(subject, Options()).tier == "enterprise"
    assert Policy(subject, Options(tier="standard")).tier == "standard"
    assert Policy(module(tmp_path, {"pyproject.toml": ""}), Options()).tier == "quick"


def test_what_is_only_for_modules_that_we_made_is_not_asked_elsewhere(tmp_path: Path) -> None:
    foreign = asked(tmp_path, "[tool.dg.project]\nroot_module = 'x'\n", Options(tier="enterprise", preview=True))
    assert foreign.isdisjoint(rule.code for rule in every() if rule.made)
    assert "WSP013" in foreign


def test_select_and_ignore_take_rules_and_areas(root: Path) -> None:
    assert codes(root) == ["WSP003", "WSP002"] or codes(root) == ["WSP002", "WSP003"]
    assert codes(root, Options(select=("WSP002",))) == ["WSP002"]
    assert codes(root, OURS._replace(ignore=("WSP002",))) == ["WSP003"]
    assert codes(root, OURS._replace(ignore=("WSP",))) == []
    settings(root, "[tool.dmb.audit]\nselect = ['WSP003']\n")
    assert codes(root, Options()) == ["WSP003"]
    assert codes(root, Options(select=("WSP002",))) == ["WSP002"]


@pytest.mark.parametrize(
    "text",
    [
        "[tool.dmb.audit.ignore]\nWSP002 = 'both are one'\n",
        "[tool.dmb.audit]\nignore = {WSP002 = {reason = 'x', until = 2999-01-01}}\n",
        "[tool.dmb.audit]\nper-file-ignores = {'workspace.yaml' = ['WSP002']}\n",
        "[tool.dmb.audit.per-file-ignores.'*.yaml']\nWSP002 = 'x'\n",
    ],
)
def test_settings_ignore(root: Path, text: str) -> None:
    settings(root, text)
    assert codes(root) == ["WSP003"]
    (verdict,) = audit(root, OURS)
    assert verdict.silenced == 1


@pytest.mark.parametrize(
    "text",
    [
        "[tool.dmb.audit]\nignore = {WSP002 = {reason = 'x', until = 2020-01-01}}\n",
        "[tool.dmb.audit]\nper-file-ignores = {'other.yaml' = ['WSP002']}\n",
        "[tool.dmb.audit]\nignore = 3\n",
        "[tool.dmb.audit]\nignore = ['WSP002']\n",
        "[tool.dmb]\naudit = 'x'\n",
    ],
)
def test_an_ignore_that_is_expired_elsewhere_or_wrong_does_not_count(root: Path, text: str) -> None:
    settings(root, text)
    assert sorted(codes(root)) == ["WSP002", "WSP003"]


@pytest.mark.parametrize("key", ["tier", "select", "ignore", "per-file-ignores", "severity", "preview", "nosuch"])
@pytest.mark.parametrize("value", ["3", "'x'", "[1]", "{1 = 2}", "{WSP002 = 3}", "[['a']]", "1979-05-27", "true"])
def test_no_setting_breaks_the_audit(root: Path, key: str, value: str) -> None:
    settings(root, f"[tool.dmb.audit]\n{key} = {value}\n")
    assert {"WSP002", "WSP003"} >= set(codes(root))


def test_a_comment_ignores_its_line_or_the_one_below(root: Path) -> None:
    first, second = "  - python_module: {module_name: b, location_name: twice}\n", "  - python_module: c\n"
    text = WORKSPACE.replace(first, first.replace("\n", "  # dmb: ignore[WSP002] one server for both\n"))
    write(root, {"workspace.yaml": text.replace(second, f"  # dmb: ignore[WSP003, DEF]\n{second}")})
    assert codes(root) == []
    write(root, {"workspace.yaml": WORKSPACE.replace(second, f"{second}  # dmb: ignore[WSP003]\n")})
    assert sorted(codes(root)) == ["WSP002", "WSP003"]
    write(root, {"workspace.yaml": WORKSPACE.replace(first, first.replace("\n", "  # dmb: ignore[wsp002]\n"))})
    assert sorted(codes(root)) == ["WSP002", "WSP003"]


def test_a_file_that_only_comments_were_looked_for_in_is_nobodys_business(tmp_path: Path) -> None:
    repository(tmp_path, {"workspace.yaml": "load_from: []\n", "helm/values.yaml": "name: bär\n".encode("utf-16")})
    assert codes(tmp_path, Options(tier="enterprise", select=("GOV005", "WSP013"))) == []


def test_an_ignore_lasts_through_its_last_day(root: Path) -> None:
    today = datetime.datetime.now(tz=datetime.UTC).date()
    for days, expected in ((0, ["WSP003"]), (-1, ["WSP002", "WSP003"])):
        until = today + datetime.timedelta(days=days)
        settings(root, f"[tool.dmb.audit]\nignore = {{WSP002 = {{reason = 'x', until = {until}}}}}\n")
        assert sorted(codes(root)) == expected


def test_severities_can_be_set(root: Path) -> None:
    settings(root, "[tool.dmb.audit.severity]\nWSP002 = 'info'\nWSP003 = 'error'\n")
    (verdict,) = audit(root, OURS)
    assert {finding.rule: finding.severity for finding in verdict.findings} == {"WSP002": "info", "WSP003": "error"}


def test_the_baseline_survives_edits_elsewhere_and_counts(root: Path, tmp_path: Path) -> None:
    (verdict,) = audit(root, OURS)
    file = tmp_path / "known.json"
    file.write_text(baseline.render(verdict.findings, Sources(root)))
    known = OURS._replace(baseline=baseline.read(file))
    assert codes(root, known) == []
    write(root, {"workspace.yaml": "# a line more\n\n" + WORKSPACE.replace("  - python", "  -   python")})
    assert codes(root, known) == []
    write(root, {"workspace.yaml": WORKSPACE + "  - python_module: d\n"})
    assert codes(root, known) == ["WSP003"]


def test_the_baseline_takes_out_as_many_as_it_holds(root: Path, tmp_path: Path) -> None:
    unnamed = "  - grpc_server: {host: a, port: 4000}\n"
    unnamed_only = Options(select=("WSP003",))
    write(root, {"workspace.yaml": f"load_from:\n{unnamed}"})
    (verdict,) = audit(root, unnamed_only)
    file = tmp_path / "known.json"
    file.write_text(baseline.render(verdict.findings, Sources(root)))
    write(root, {"workspace.yaml": f"load_from:\n{unnamed * 3}"})
    assert codes(root, unnamed_only._replace(baseline=baseline.read(file))) == ["WSP003", "WSP003"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "3", '{"schema": "dmb.baseline/1"}', '{"schema": "x", "findings": {}}']
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(DmbError) as caught:
        baseline.read(file)
    assert caught.value.place == str(file)
    assert caught.value.remedy


def test_a_baseline_says_what_it_holds(root: Path) -> None:
    (verdict,) = audit(root, OURS)
    told = json.loads(baseline.render(verdict.findings, Sources(root)))
    assert told["schema"] == "dmb.baseline/1"
    assert list(told["findings"].values()) == [1, 1]


def test_many_subjects_are_judged_the_same_by_one_process_and_by_two(tmp_path: Path) -> None:
    repository(tmp_path / "one", {f"w{number}/workspace.yaml": WORKSPACE for number in range(9)})
    for number in range(9):
        repository(tmp_path / f"r{number}", {"workspace.yaml": WORKSPACE})
    alone, together = (audit(tmp_path, OURS, jobs=jobs) for jobs in (1, 2))
    assert len(alone) == 19  # nine repositories, and one with nine folders and its root
    assert alone == together
    assert alone[0].folder == "one"
    assert {finding.path for finding in alone[1].findings} == {"one/w0/workspace.yaml"}


def test_recommendations_are_asked_for_a_checklist_or_by_their_own_code(tmp_path: Path) -> None:
    advice = INDEX[0]._replace(code="WSP999", kinds=("module",), tier="quick", made=False, preview=False, advises=True)
    subject = module(tmp_path, {"pyproject.toml": ""})
    assert Policy(subject, Options(preview=True)).rules([advice]) == []
    assert Policy(subject, Options(select=("WSP",))).rules([advice]) == []
    assert Policy(subject, Options(select=("WSP999",))).rules([advice]) == [advice]
    assert Policy(subject, Options(advice=True)).rules([advice]) == [advice]


def test_preview_rules_are_asked_only_when_wanted(tmp_path: Path) -> None:
    new = INDEX[0]._replace(code="WSP999", kinds=("module",), tier="quick", made=False, preview=True)
    subject = module(tmp_path, {"pyproject.toml": ""})
    assert Policy(subject, Options()).rules([new]) == []
    assert Policy(subject, Options(preview=True)).rules([new]) == [new]


def test_an_ignore_stands_in_its_own_table(tmp_path: Path) -> None:
    text = '[tool.dmb.audit.severity]\nWSP007 = "error"\n\n[tool.dmb.audit.ignore]\nWSP007 = "why"\n'
    one = module(tmp_path, {"pyproject.toml": text})
    assert [(ignore.code, ignore.spot.line) for ignore in Ignores(one, Settings(one.files, one.files)).all] == [
        ("WSP007", 5)
    ]
