"""Both hooks, `dmb audit` and `dmb workspace validate` say the same of a workspace, whatever the settings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks import dmb_audit, dmb_workspace_validate
from audit_hooks.rules import WORKSPACE
from audit_hooks.rules.examples import MANIFEST
from tests.support.command import Dmb
from tests.support.pieces import PIECES, findings
from tests.support.trees import repository, write

# Two locations of one name (WSP002, an error) and one without a name (WSP003, a warning, from the tier standard on).
SERVERS = """\
load_from:
  - grpc_server: {host: localhost, port: 4001, location_name: twice}
  - grpc_server: {host: localhost, port: 4002, location_name: twice}
  - grpc_server: {host: localhost, port: 4003}
"""
EXCUSED = SERVERS.replace("4002, location_name: twice}", "4002, location_name: twice}  # dmb: ignore[WSP002] one team")
WHOLE = {
    **PIECES,
    "src/bar_dagster/__init__.py": "",
    "src/bar_dagster/definitions.py": "import dagster as dg\n\ndefs = dg.Definitions()\n",
}
TABLE = "[tool.dmb.audit]\n"
ERROR, WARNING = ("WSP002", "error"), ("WSP003", "warning")

Said = list[tuple[str, str, int, str]]


def of_the_workspace(told: list[dict[str, object]]) -> Said:
    return sorted(
        (str(finding["rule"]), str(finding["path"]), int(str(finding["line"])), str(finding["severity"]))
        for finding in told
        if str(finding["rule"]).startswith(WORKSPACE)
    )


def audited(out: str) -> Said:
    return of_the_workspace([finding for verdict in json.loads(out)["verdicts"] for finding in verdict["findings"]])


def hooks(root: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, tuple[int, Said]]:
    """The exit code of each hook, and what it says of the workspace."""
    capsys.readouterr()
    audit = dmb_audit.main([str(root), "--format", "json", *words])
    said = audited(capsys.readouterr().out)
    validate = dmb_workspace_validate.main([str(root), "--format", "json", *words])
    return {
        "dmb-audit": (audit, said),
        "dmb-workspace-validate": (validate, of_the_workspace(json.loads(capsys.readouterr().out)["findings"])),
    }


def commands(root: Path, dmb: Dmb, *words: str | Path) -> dict[str, tuple[int, Said]]:
    audit = dmb("audit", root, "--json", "--jobs", "1", *words)
    validate = dmb("workspace", "validate", "--workspace", root, "--json", *words)
    return {
        "dmb audit": (audit.code, audited(audit.out)),
        "dmb workspace validate": (validate.code, of_the_workspace(validate.json["findings"])),
    }


@pytest.mark.parametrize(
    ("listed", "settings", "expected"),
    [
        pytest.param(SERVERS, "", [ERROR], id="no settings"),
        pytest.param(EXCUSED, "", [], id="a comment"),
        pytest.param(SERVERS, "[tool.dmb.audit.ignore]\nWSP002 = 'one team'\n", [], id="a table"),
        pytest.param(SERVERS, "[tool.dmb.audit.ignore]\nWSP = 'one team'\n", [], id="a table of the area"),
        pytest.param(
            SERVERS, TABLE + "ignore = {WSP002 = {reason = 'x', until = 2020-01-31}}\n", [ERROR], id="an expired one"
        ),
        pytest.param(SERVERS, TABLE + "per-file-ignores = {'*.yaml' = ['WSP002']}\n", [], id="by file"),
        pytest.param(SERVERS, TABLE + "per-file-ignores = {'*.yml' = ['WSP002']}\n", [ERROR], id="by another file"),
        pytest.param(SERVERS, TABLE + "severity = {WSP002 = 'info'}\n", [("WSP002", "info")], id="milder"),
        pytest.param(
            EXCUSED,
            TABLE + "tier = 'standard'\nseverity = {WSP003 = 'error'}\n",
            [("WSP003", "error")],
            id="more severe",
        ),
        pytest.param(SERVERS, TABLE + "tier = 'standard'\n", [ERROR, WARNING], id="a tier"),
        pytest.param(SERVERS, TABLE + "tier = 'standard'\nselect = ['WSP003']\n", [WARNING], id="a rule selected"),
        pytest.param(SERVERS, TABLE + "select = ['DEF']\n", [], id="another area selected"),
        pytest.param(SERVERS, TABLE + "preview = true\n", [ERROR], id="preview"),
        pytest.param(SERVERS, TABLE + "select = 3\nignore = 7\n", [ERROR], id="broken settings"),
    ],
)
def test_all_four_say_the_same_of_a_workspace(
    dmb: Dmb,
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
    listed: str,
    settings: str,
    expected: list[tuple[str, str]],
) -> None:
    repository(workspace, {"workspace.yaml": listed, **({"pyproject.toml": settings} if settings else {})})
    said = hooks(workspace, capsys) | commands(workspace, dmb)
    for name, (code, told) in said.items():
        assert [(rule, severity) for rule, _, _, severity in told] == expected, name
        assert told == said["dmb-audit"][1], name
        assert code == (1 if "error" in dict(told_by_severity(told)) else 0), name


def told_by_severity(told: Said) -> list[tuple[str, str]]:
    return [(severity, rule) for rule, _, _, severity in told]


def test_all_four_know_the_same_baseline(
    dmb: Dmb, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository(workspace, {"workspace.yaml": SERVERS})
    known = tmp_path / "known.json"
    assert dmb("audit", workspace, "--write-baseline", known).code == 0
    words = ("--baseline", str(known))
    said = hooks(workspace, capsys, *words) | commands(workspace, dmb, *words)
    assert said == dict.fromkeys(said, (0, []))
    more = "  - grpc_server: {host: localhost, port: 4004, location_name: twice}\n"
    write(workspace, {"workspace.yaml": f"# ours\n{SERVERS}{more}"})
    said = hooks(workspace, capsys, *words) | commands(workspace, dmb, *words)
    assert said == dict.fromkeys(said, (1, [("WSP002", "workspace.yaml", 6, "error")]))
    known.write_text("{")
    for name, main in (("audit", dmb_audit.main), ("validate", dmb_workspace_validate.main)):
        assert main([str(workspace), *words]) == 2, name
        assert str(known) in capsys.readouterr().err
    assert dmb("workspace", "validate", "--workspace", workspace, *words).code == 2


def test_the_hooks_take_the_same_options(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository(workspace, {"workspace.yaml": SERVERS})
    for words, expected in (
        (("--tier", "standard"), ["WSP002", "WSP003"]),
        (("--tier", "standard", "--ignore", "WSP002"), ["WSP003"]),
        (("--select", "WSP002", "--preview"), ["WSP002"]),
        (("--ignore", "WSP"), []),
        (("--fail-on", "info", "--select", "WSP003"), ["WSP003"]),  # by its own code, whatever the tier
    ):
        said = hooks(workspace, capsys, *words)
        assert [rule for rule, *_ in said["dmb-audit"][1]] == expected
        assert said["dmb-audit"] == said["dmb-workspace-validate"]


def test_the_settings_of_the_repository_around_a_workspace_hold_for_the_command_too(
    dmb: Dmb, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(workspace, {"workspace.yaml": SERVERS})
    top = workspace.parent
    repository(top, {"pyproject.toml": TABLE + "tier = 'standard'\nignore = {WSP002 = 'one team'}\n"})
    said = hooks(top, capsys)
    assert said["dmb-audit"] == said["dmb-workspace-validate"] == (0, [("WSP003", "ws/workspace.yaml", 4, "warning")])
    done = dmb("workspace", "validate", "--workspace", workspace, "--json")
    assert of_the_workspace(done.json["findings"]) == [("WSP003", "workspace.yaml", 4, "warning")]


def test_the_command_judges_what_this_machine_has(dmb: Dmb, workspace: Path) -> None:
    with (workspace / ".env").open("a") as file:
        file.write("A=1\nA=2\n")
    repository(workspace, {})
    assert commands(workspace, dmb)["dmb workspace validate"][0] == 1
    (workspace / ".env").write_text("A=1\nA=2  # dmb: ignore[WSP014] both\n")
    assert commands(workspace, dmb)["dmb workspace validate"] == (0, [])


@pytest.mark.parametrize("excuse", ["", "  # dmb: ignore[WSP014] both are needed"])
def test_an_ignore_in_a_module_counts_for_both_hooks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], excuse: str
) -> None:
    twice = f"BAR_IMAGE=bar:1\nBAR_IMAGE=bar:2{excuse}\n"
    root = repository(tmp_path, {**WHOLE, "workspace/local/.env.example": twice})
    expected = [] if excuse else [("WSP014", "workspace/local/.env.example", 2, "error")]
    assert hooks(root, capsys) == dict.fromkeys(
        ("dmb-audit", "dmb-workspace-validate"), (1 if expected else 0, expected)
    )


def test_broken_files_are_told_alike_whatever_else_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(
        tmp_path,
        {
            **PIECES,
            "dagster_cloud.yaml": "locations: [\n",
            "dg.toml": "project =\n",
            "src/bar_dagster/__init__.py": b"import dagster\nNAME = '\xe4'\n",
            "Dockerfile": "FROM python:3.12-slim\nRUN <<EOF\n",
            "compose.yaml": "services:\n  a: {image: 'a:1', ports: ['x:y:z:9']}\n",
            ".pre-commit-config.yaml": "repos: [\n",
            ".github/workflows/ci.yml": "jobs: [\n",
        },
    )
    said = hooks(root, capsys, "--tier", "enterprise", "--preview")
    broken = {name: [path for rule, path, *_ in told if rule == "WSP013"] for name, (_, told) in said.items()}
    assert broken["dmb-audit"] == broken["dmb-workspace-validate"]
    assert {"dagster_cloud.yaml", "dg.toml", "src/bar_dagster/__init__.py"} <= set(broken["dmb-audit"])
    assert said["dmb-audit"][1] == said["dmb-workspace-validate"][1]


# --- as hooks of one repository

BOTH = "repos:\n  - repo: x\n    hooks:\n      - {id: dmb-audit%s}\n      - {id: dmb-workspace-validate%s}\n"
READS = "import os\n\nimport dagster as dg\n\nA = os.environ['BAR_A']\n"  # WSP007, to which RES001 gives way


@pytest.fixture
def hooked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module with findings of the workspace and others, in whose folder pre-commit runs the hooks."""
    files = {
        **PIECES,
        "pyproject.toml": MANIFEST.replace('governance = "quick"', 'governance = "standard"'),
        "src/bar_dagster/__init__.py": "",
        "src/bar_dagster/definitions.py": READS,
        "workspace/local/.env.example": "BAR_IMAGE=bar:1\nBAR_IMAGE=bar:2\n#  # dmb: ignore[WSP014] not needed\n",
        "src/bar_dagster/twice.py": "X = 1  # dmb: ignore[AST008] not needed\n",
    }
    monkeypatch.chdir(repository(tmp_path, files))
    monkeypatch.setenv("PRE_COMMIT", "1")
    return tmp_path


def audit_hook(capsys: pytest.CaptureFixture[str], *words: str) -> list[tuple[str, str]]:
    capsys.readouterr()
    dmb_audit.main(words)
    lines = [line for line in capsys.readouterr().out.splitlines() if ": error " in line or ": warning " in line]
    return [(line.partition(":")[0], line.split(" ")[2].rstrip(":")) for line in lines]


@pytest.mark.parametrize(
    ("config", "words", "left"),
    [
        (BOTH % ("", ""), (), True),
        (BOTH % (", args: [--tier, standard]", ", args: [--tier, standard]"), ("--tier", "standard"), True),
        (BOTH % (", name: audit", ", alias: validate"), (), True),
        (BOTH % (", args: [--tier, standard]", ""), ("--tier", "standard"), False),
        (BOTH % ("", ", stages: [manual]"), (), False),
        (BOTH % ("", ", files: x"), (), False),
        (BOTH % ("", ""), ("--tier", "standard"), False),  # run by something else that pre-commit runs
        ("repos:\n  - repo: x\n    hooks:\n      - id: dmb-audit\n", (), False),
        ("repos: [\n", (), False),
        ("repos: {a: [x]}\n", (), False),
        ("", (), False),
    ],
)
def test_the_audit_leaves_the_workspace_to_the_other_hook_where_both_are_run_alike(
    hooked: Path, capsys: pytest.CaptureFixture[str], config: str, words: tuple[str, ...], *, left: bool
) -> None:
    if config:
        write(hooked, {".pre-commit-config.yaml": config})
    told = audit_hook(capsys, *words)
    codes = {code for _, code in told}
    assert codes >= {"GOV006"}
    assert "RES001" not in codes  # WSP007 tells it, here or in the other hook
    assert ("workspace/local/.env.example", "GOV006") in told or left
    assert {"WSP007", "WSP014"} & codes == (set() if left else {"WSP007", "WSP014"})
    if left:
        assert [path for path, code in told if code == "GOV006"] == ["src/bar_dagster/twice.py"]
    assert dmb_workspace_validate.main(["--format", "json", *words]) == 1
    assert {code for code, _ in findings(capsys.readouterr().out)} == {"WSP007", "WSP014"}


def test_outside_of_pre_commit_the_audit_says_all(
    hooked: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRE_COMMIT")
    write(hooked, {".pre-commit-config.yaml": BOTH % ("", "")})
    assert {"WSP007", "WSP014", "GOV006"} <= {code for _, code in audit_hook(capsys)}


def test_a_hook_that_is_left_no_rule_passes_with_a_note(hooked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(hooked, {"pyproject.toml": MANIFEST + "[tool.dmb.audit]\nselect = ['WSP']\n"})
    write(hooked, {".pre-commit-config.yaml": BOTH % ("", "")})
    assert dmb_audit.main([]) == 0
    assert capsys.readouterr() == ("", "dmb-audit: the settings leave no rule to judge by\n")
    write(hooked, {"pyproject.toml": MANIFEST + "[tool.dmb.audit]\nselect = ['DEF']\n"})
    assert dmb_workspace_validate.main([]) == 0
    assert capsys.readouterr() == ("", "dmb-workspace-validate: the settings leave no rule to judge by\n")


def test_the_hooks_import_what_they_need_and_no_more(tmp_path: Path) -> None:
    repository(tmp_path, WHOLE)
    for hook in ("dmb_audit", "dmb_workspace_validate"):
        script = f"import sys; from audit_hooks.{hook} import main; code = main([]); print(code, *sys.modules)"
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
        code, *modules = done.stdout.split()
        assert code == "0"
        assert "audit_hooks.judging.engine" in modules
        unneeded = {"argparse", "click", "rich", "hashlib", "difflib", "concurrent.futures", "dmb.cli"}
        unneeded |= {"audit_hooks.judging.baseline", "audit_hooks.reports.text", "audit_hooks.reports.json"}
        assert not unneeded & set(modules)
