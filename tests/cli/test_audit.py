"""`dmb audit`, `dmb rules` and the hook `dmb-audit`, as people and CI call them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks.judging.rule import TIERS
from audit_hooks.reports import FORMATS
from audit_hooks.rules import AREAS, every
from audit_hooks.rules.examples import MANIFEST
from tests.support.trees import repository, write

BIN = Path(sys.executable).parent
TWICE = """\
load_from:
  - python_module: {module_name: a, location_name: twice}
  - python_module: {module_name: b, location_name: twice}
"""
UNNAMED = "load_from:\n  - python_module: c\n"


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / str(words[0])), *(str(word) for word in words[1:])]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(params=["dmb-audit", "dmb audit"])
def words(request: pytest.FixtureRequest) -> list[str]:
    return str(request.param).split()


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return repository(tmp_path / "bad", {"workspace.yaml": TWICE})


def test_the_exit_code_says_what_was_found(words: list[str], bad: Path, tmp_path: Path) -> None:
    select = ("--select", "WSP002", "--select", "WSP003")
    assert run(*words, *select, cwd=bad).returncode == 1
    warned = repository(tmp_path / "warned", {"workspace.yaml": UNNAMED})
    assert run(*words, "--tier", "standard", *select, cwd=warned).returncode == 0
    assert run(*words, "--tier", "standard", *select, "--fail-on", "warning", cwd=warned).returncode == 1
    assert run(*words, "--select", "WSP003", cwd=bad).returncode == 0
    assert run(*words, "--fail-on", "nonsense", cwd=bad).returncode == 2
    assert run(*words, "/no/such/folder", cwd=bad).returncode == 3


def test_where_there_is_nothing_the_hook_passes_and_the_command_says_so(tmp_path: Path) -> None:
    repository(tmp_path, {"README.md": "x\n"})
    hook, command = run("dmb-audit", cwd=tmp_path), run("dmb", "audit", cwd=tmp_path)
    assert (hook.returncode, command.returncode) == (0, 3)
    assert "nothing to judge" in hook.stderr
    assert "no Dagster project" in command.stderr
    assert hook.stdout == command.stdout == ""


def test_both_say_the_same(bad: Path) -> None:
    told = [run(*words, "--format", "json", cwd=bad) for words in (["dmb-audit"], ["dmb", "audit"])]
    assert told[0].stdout == told[1].stdout
    assert json.loads(told[0].stdout)["schema"] == "dmb.audit/1"
    assert run("dmb", "audit", "--json", cwd=bad).stdout == told[0].stdout


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_the_command_is_one_of_the_hook(form: str, bad: Path) -> None:
    hook, command = (run(*words, "--format", form, cwd=bad) for words in (["dmb-audit"], ["dmb", "audit"]))
    assert hook.returncode == command.returncode == 1
    assert hook.stdout
    assert hook.stdout.rstrip("\n") == command.stdout.rstrip("\n")


def test_a_checklist_recommends_what_no_other_report_tells(words: list[str], tmp_path: Path) -> None:
    text = MANIFEST.replace('governance = "quick"', 'governance = "standard"')
    made = repository(tmp_path / "made", {"pyproject.toml": text})
    checklist = run(*words, "--format", "checklist", cwd=made).stdout
    assert "⚠️ Deployments: 1 recommendation" in checklist
    assert "DEP005 pyproject.toml: nothing here says how it is deployed" in checklist.split("Recommendations")[1]
    assert "DEP005" not in run(*words, "--preview", "--format", "json", cwd=made).stdout
    assert "DEP005" in run(*words, "--select", "DEP005", "--format", "json", cwd=made).stdout


def test_several_paths_are_one_report(tmp_path: Path) -> None:
    for name in ("a", "b"):
        repository(tmp_path / name, {"workspace.yaml": TWICE})
    done = run("dmb", "audit", tmp_path / "a", tmp_path / "b", "--json", cwd=tmp_path)
    verdicts = json.loads(done.stdout)["verdicts"]
    assert [verdict["folder"] for verdict in verdicts] == ["a", "b"]
    assert {finding["path"] for verdict in verdicts for finding in verdict["findings"]} == {
        "a/workspace.yaml",
        "b/workspace.yaml",
    }


def test_a_report_is_written_to_a_file(bad: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.sarif"
    done = run("dmb", "audit", "--format", "sarif", "--output", target, cwd=bad)
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(target.read_text())["version"] == "2.1.0"
    refused = run("dmb", "audit", "--output", tmp_path / "no" / "such" / "folder", cwd=bad)
    assert refused.returncode == 2
    assert "cannot be written" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_baseline_is_written_and_read(bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    assert run("dmb", "audit", "--write-baseline", file, cwd=bad).returncode == 0
    for words in (["dmb", "audit"], ["dmb-audit"]):
        assert run(*words, "--baseline", file, cwd=bad).returncode == 0
    file.write_text("{")
    for words in (["dmb", "audit"], ["dmb-audit"]):
        refused = run(*words, "--baseline", file, cwd=bad)
        assert refused.returncode == 2
        assert str(file) in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("words", [("--unsafe",), ("--diff",), ("--select", "NOPE"), ("--ignore", "WSP999")])
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], bad: Path) -> None:
    done = run("dmb", "audit", *words, cwd=bad)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def mendable(root: Path) -> Path:
    return repository(root, {"workspace.yaml": "# ours\r\nload_from:\r\n  - python_module: c  # mine\r\n"})


def test_fix_mends_and_keeps_the_rest_to_the_byte(tmp_path: Path) -> None:
    root = mendable(tmp_path)
    file = root / "workspace.yaml"
    file.chmod(0o640)
    words = ("dmb", "audit", "--tier", "standard", "--select", "WSP003", "--fail-on", "warning")
    shown = run(*words, "--fix", "--diff", cwd=root)
    assert shown.returncode == 1
    assert "+++ b/workspace.yaml" in shown.stdout
    assert "1 finding would be fixed" in shown.stderr
    assert b"location_name" not in file.read_bytes()
    done = run(*words, "--fix", cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr
    data = file.read_bytes()
    assert data.startswith(b"# ours\r\nload_from:\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"# mine" in data
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    again = run(*words, "--fix", cwd=root)
    assert "0 findings fixed" in again.stderr
    assert file.read_bytes() == data


@pytest.mark.slow
def test_neither_report_nor_diff_nor_baseline_shows_a_secret(tmp_path: Path) -> None:
    hidden = ["hunter2" + word for word in ("Beside", "Above", "Below", "Pickle", "Compose", "Example", "Url")]
    beside, above, below, pickle, compose, example, url = hidden
    token = "ghp_" + "c" * 36  # where the name of a variable goes
    key = "MIIEowIBAAKCAQEAx" + "hunter2Key" * 4
    root = repository(
        tmp_path / "root",
        {
            "pyproject.toml": MANIFEST,
            "src/bar_dagster/definitions.py": f"""import dagster as dg

database = Database(
    password=
    "{above}",
)
daily = dg.ScheduleDefinition(name="a", cron_schedule="0 6 * * *", target="*", tags={{"password": "{beside}"}})
secret = (
    "{below}",
)
PEM = '''
{key}
'''
weekly = dg.ScheduleDefinition(name="b", cron_schedule="0 6 * * 1", target="*")
url = "postgresql://bar:{url}@db/bar"
variable = dg.EnvVar("{token}")
other = dg.EnvVar("BAR_OTHER_PASSWORD")
""",
            "workspace/local/workspace.yaml": "load_from:\n  - grpc_server: {host: bar, port: 4000}\n",
            "docker-compose.yml": "services:\n  db:\n    image: postgres\n    privileged: true\n"
            f"    environment: {{POSTGRES_PASSWORD: {compose}}}\n",
            "dagster.yaml": f"storage:\n  postgres: {{postgres_db: {{password: {pickle}}}\n",
            ".env.example": f"BAR_PASSWORD={example}\n",
            "prod.env": f"BAR_PASSWORD={example}\n",
        },
    )
    asked = ("dmb", "audit", "--tier", "enterprise", "--preview")
    shown = [
        run(*asked, *words, cwd=root)
        for words in (
            *(("--format", form) for form in FORMATS),
            ("--fix", "--unsafe", "--diff"),
            ("--write-baseline", "../baseline.json"),
            ("--fix", "--unsafe"),
        )
    ]
    told = "".join(done.stdout + done.stderr for done in shown) + (tmp_path / "baseline.json").read_text()
    diff = shown[len(FORMATS)].stdout
    assert 'weekly = dg.ScheduleDefinition(name="b"' in diff
    assert "+#BAR_OTHER_PASSWORD=" in diff
    assert "Traceback" not in told
    assert [secret for secret in (*hidden, token, key) if secret in told] == []
    assert token not in (root / ".env.example").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="this user may write everywhere")
def test_a_file_that_may_not_be_written_is_left(tmp_path: Path) -> None:
    root = mendable(tmp_path)
    (root / "workspace.yaml").chmod(0o400)
    done = run("dmb", "audit", "--tier", "standard", "--select", "WSP003", "--fix", cwd=root)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_read_only_file_is_not_mended_against_its_owners_will(tmp_path: Path) -> None:
    root = mendable(tmp_path)
    file = root / "workspace.yaml"
    before = file.read_bytes()
    file.chmod(0o444)
    done = run("dmb", "audit", "--tier", "standard", "--select", "WSP003", "--fix", cwd=root)
    assert done.returncode == 2
    assert "read-only" in done.stderr
    assert file.read_bytes() == before


def test_rules_are_listed_and_explained(tmp_path: Path) -> None:
    listed = run("dmb", "rules", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in listed] == [rule.code for rule in every()]
    assert {line.split()[2] for line in listed} <= set(TIERS)
    area = run("dmb", "rules", "wsp", cwd=tmp_path).stdout.splitlines()
    assert area
    assert all(line.startswith("WSP") for line in area)
    explained = run("dmb", "rules", "WSP002", cwd=tmp_path).stdout
    assert explained.startswith("## WSP002: ")
    for part in ("What it fires on", "Why that is bad", "Example", "Use instead", "What to do"):
        assert part in explained
    assert run("dmb", "rules", "XYZ", cwd=tmp_path).returncode == 3
    told = json.loads(run("dmb", "rules", "--json", cwd=tmp_path).stdout)
    assert [rule["code"] for rule in told["rules"]] == [rule.code for rule in every()]


def test_every_area_has_a_name() -> None:
    assert {rule.code[:3] for rule in every()} <= set(AREAS)


def test_a_broken_settings_table_does_not_stop_the_hook(tmp_path: Path) -> None:
    repository(tmp_path, {"pyproject.toml": MANIFEST + "[tool.dmb.audit]\nselect = 3\n"})
    done = run("dmb-audit", cwd=tmp_path)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
    write(tmp_path, {"pyproject.toml": "[tool.dmb\n"})
    done = run("dmb-audit", cwd=tmp_path)
    assert "Traceback" not in done.stderr
