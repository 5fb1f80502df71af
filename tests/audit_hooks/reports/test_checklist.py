"""A module's checklist."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit_hooks.reports import checklist
from tests.support.samples import PLAIN, finding, hostile, sources, verdict

CHECKED = ("PKG001", "PKG002", "SCH002", "SEC001", "DEP001")


def test_a_line_an_area_then_recommendations_then_the_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = [
        finding("SEC001", path="m/.env", line=0, column=0),
        finding("SCH002", "warning", "m/a.py", 3, 5, message="daily has no time zone", remedy="set execution_timezone"),
        finding("DEP001", "info", "m/pyproject.toml", 0, 0, message="there is no staging", remedy="add one"),
    ]
    report = checklist.render([verdict(*found, folder="m", checked=CHECKED, silenced=3)], sources(tmp_path))
    assert report == (
        "bar (module in m, standard)\n"
        "  ✅ Package\n"
        "  ⚠️ Schedules: 1 warning\n"
        "     SCH002 m/a.py:3:5: daily has no time zone\n"
        "       -> set execution_timezone\n"
        "  ❌ Security: 1 error\n"
        "     SEC001 m/.env: it is so\n"
        "       -> change it\n"
        "  ⚠️ Deployments: 1 recommendation\n"
        "  Recommendations\n"
        "     DEP001 m/pyproject.toml: there is no staging\n"
        "       -> add one\n"
        "  2 of 5 rules passed, 3 findings silenced\n"
    )


def test_what_mends_itself_has_its_command_ready_for_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    safe, unsafe = PLAIN[:2]
    monkeypatch.setattr(safe, "mends", "safe")
    monkeypatch.setattr(unsafe, "mends", "unsafe")
    found = (finding(safe.code), finding(unsafe.code))
    here = checklist.render([verdict(*found)], sources(tmp_path))
    assert f"-> or by itself: dmb audit --select {safe.code} --fix\n" in here
    assert f"-> or by itself: dmb audit --select {unsafe.code} --fix --unsafe\n" in here
    below = checklist.render([verdict(*found, folder="it's; rm -rf")], sources(tmp_path))
    assert f"dmb audit 'it'\"'\"'s; rm -rf' --select {safe.code} --fix\n" in below
    elsewhere = checklist.render([verdict(*found, folder="m")], sources(tmp_path / "other"))
    assert f"dmb audit other/m --select {safe.code} --fix\n" in elsewhere


def test_a_clean_module_and_no_module(tmp_path: Path) -> None:
    report = checklist.render([verdict(checked=CHECKED, made=False)], sources(tmp_path))
    assert report == (
        "bar (module, standard, not made by dmb)\n"
        "  ✅ Package\n  ✅ Schedules\n  ✅ Security\n  ✅ Deployments\n  5 of 5 rules passed\n"
    )
    assert checklist.render([], sources(tmp_path)) == "nothing was audited\n"
    assert checklist.render([verdict(kind="repository", checked=())], sources(tmp_path)) == "nothing was audited\n"


def test_text_stays_text(tmp_path: Path) -> None:
    report = checklist.render([hostile()], sources(tmp_path))
    assert {character for character in report if not character.isprintable()} <= {"\n", "\ufe0f"}
    report.encode()
