"""What the rules on a repository say and mend, beyond their examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit_hooks.judging.engine import audit
from audit_hooks.judging.fixes import fix_findings
from audit_hooks.judging.policy import Options
from tests.support.trees import module, repository

HEAD = "import dagster as dg\n\n"
CALL = "R = dg.RetryPolicy(max_retries=3)"
STANDARD = Options(tier="standard")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{CALL}  # dmb: ignore[AST008] no more\nX = 1\n", f"{CALL}\nX = 1\n"),
        (f"{CALL}  # dmb: ignore[AST008]", CALL),
        (f"# dmb: ignore[AST008] no more\n{CALL}\n", f"{CALL}\n"),
        (f"{CALL}  # dmb: ignore[AST008] no # 12  # noqa: E501\n", f"{CALL}  # noqa: E501\n"),
        (f"{CALL}  # noqa: E501  # dmb: ignore[AST008] no\n", f"{CALL}  # noqa: E501\n"),
        (f"{CALL}  # dmb: ignore[AST008, SEC] all\n", f"{CALL}  # dmb: ignore[SEC] all\n"),
        (f"é = 'ü'; {CALL}  # dmb: ignore[AST008,DEF002] no\n", f"é = 'ü'; {CALL}\n"),
    ],
)
def test_an_ignore_that_nothing_needs_goes_and_the_line_stays(before: str, after: str, tmp_path: Path) -> None:
    done = fix_findings(module(tmp_path, {"defs.py": HEAD + before, "README.md": "x\n"}), STANDARD, unsafe=False)
    assert (done.texts["defs.py"], done.refused) == (HEAD + after, ())


def test_an_entry_that_nothing_needs_goes_and_the_others_stay(tmp_path: Path) -> None:
    settings = (
        "[tool.dmb.audit.ignore]\nAST008 = 'no more'  # once\nSEC = 'all'\n\n"
        "[tool.dmb.audit.per-file-ignores]\n'a/*' = ['AST008']\n'b/*' = ['AST008', 'SEC']\n"
    )
    done = fix_findings(module(tmp_path, {"pyproject.toml": settings, "defs.py": HEAD}), STANDARD, unsafe=False)
    assert done.texts["pyproject.toml"] == (
        "[tool.dmb.audit.ignore]\nSEC = 'all'\n\n[tool.dmb.audit.per-file-ignores]\n'b/*' = ['AST008', 'SEC']\n"
    )


def test_what_a_repository_ignores_for_its_projects_is_not_unused(tmp_path: Path) -> None:
    root = {"pyproject.toml": "[tool.dmb.audit.ignore]\nSEC006 = ''\nAST008 = ''\n", "README.md": "x\n"}
    inside = {f"{name}/pyproject.toml": "[tool.dg.project]\nroot_module = 'x'\n" for name in ("a", "b")}
    repository(tmp_path, {**root, **inside})
    found = [one for verdict in audit(tmp_path, Options(tier="enterprise")) for one in verdict.findings]
    assert [one for one in found if one.rule == "GOV006"] == []


def test_what_stands_at_the_top_counts_for_the_projects_below(tmp_path: Path) -> None:
    project = "[tool.dg.project]\nroot_module = 'x'\n"
    code = {"a/pyproject.toml": project, "a/x/__init__.py": "", "a/x/defs.py": HEAD + "defs = dg.Definitions()\n"}
    select = Options(tier="enterprise", select=("GOV001", "GOV002", "GOV003", "GOV007"))

    def told(folder: str, files: dict[str, str]) -> list[tuple[str, str]]:
        root = repository(tmp_path / folder, {**code, **files})
        return sorted((one.rule, one.path) for verdict in audit(root, select) for one in verdict.findings)

    ci = {".github/workflows/ci.yml": "on: push\njobs: {a: {steps: [{run: pytest}]}}\n"}
    assert told("bare", ci) == [
        (rule, "a/pyproject.toml") for rule in ("GOV001", "GOV002", "GOV003", "GOV007", "GOV007")
    ]
    top = dict.fromkeys(("README.md", ".github/CODEOWNERS", "CHANGELOG.md"), "x\n")
    test = {"tests/test_all.py": "from x.defs import defs\n\n\ndef test_it():\n    assert defs\n"}
    assert told("kept", {**ci, **top, **test}) == []
