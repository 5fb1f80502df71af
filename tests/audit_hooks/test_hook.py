"""`dmb-workspace-validate` on repositories, as git knows them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks.dmb_workspace_validate import main
from audit_hooks.rules.examples import MANIFEST
from tests.support.paths import ROOT
from tests.support.pieces import PIECES, SERVER, findings
from tests.support.trees import repository


def test_a_module_that_fits_is_clean_and_its_pieces_are_compared_with_its_manifest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(repository(tmp_path / "good", PIECES))]) == 0
    assert capsys.readouterr() == ("", "")
    bad = PIECES | {"workspace/local/workspace.yaml": SERVER.replace("location_name: bar", "location_name: foo")}
    assert main([str(repository(tmp_path / "bad", bad))]) == 1
    out = capsys.readouterr().out
    assert out.startswith("workspace/local/workspace.yaml:2:57: error WSP020: the location is foo here and bar in")
    assert out.endswith("1 error\n")


def test_only_what_git_knows_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {**PIECES, ".gitignore": ".env\n/ws/\n"}
    root = repository(tmp_path, files)
    (root / "x.py").write_text("import os\nos.environ['BAR_SECRET']\n")  # not added
    (root / ".env").write_text("A='x\n")
    (root / "ws" / ".dmb").mkdir(parents=True)  # a workspace that happens to be near
    (root / "ws" / ".dmb" / "registry.json").write_text("broken")
    (root / "ws" / "workspace.yaml").write_text("load_from: 3\n")
    assert main([str(root), "--fail-on", "info"]) == 0
    subprocess.run(["git", "-C", str(root), "add", "x.py"], check=True)
    assert main([str(root), "--fail-on", "info", "--format", "json"]) == 1
    assert findings(capsys.readouterr().out) == [("WSP007", "x.py")]
    assert main([str(root)]) == 0  # a warning alone does not fail


def test_a_workspace_repository_and_modules_in_one_are_judged_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        **{f"a/{name}": text for name, text in PIECES.items()},
        "b/pyproject.toml": MANIFEST,
        "deploy/workspace.yaml": SERVER * 1 + "  - grpc_server: {host: bar, port: 4000, location_name: bar}\n",
        "deploy/.env.example": "A=1\nA=2\n",
        "conf/compose.yaml": "services:\n  bar: {image: 'bar:${TAG}'}\n",
        "conf/.env.example": "A=1\n",
        "conf/home/workspace.yaml": "load_from:\n  - python_file: {relative_path: d.py, location_name: d}\n",
        "conf/home/d.py": "",
        "tests/workspace.yaml": "load_from: 3\n",
    }
    assert main([str(repository(tmp_path, files)), "--format", "json"]) == 1
    assert findings(capsys.readouterr().out) == [
        ("WSP020", "b/workspace/local/workspace.yaml"),
        ("WSP021", "conf/compose.yaml"),  # a warning: a shell may set it
        ("WSP014", "deploy/.env.example"),
        ("WSP002", "deploy/workspace.yaml"),
        ("WSP006", "deploy/workspace.yaml"),
    ]


def test_a_workspace_of_containers_is_judged_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "home/workspace.yaml": SERVER,
        "home/dagster.yaml": "storage:\n  postgres: {postgres_url: {env: DAGSTER_URL}}\n  x: {env: OURS}\n",
        "docker-compose.yml": "services:\n  barr: {image: 'bar:${BAR_TAG}', environment: {DAGSTER_URL: x}}\n",
        ".env.example": "BAR_TAG=1\n",
    }
    assert main([str(repository(tmp_path, files)), "--format", "json"]) == 1
    assert findings(capsys.readouterr().out) == [("WSP021", "home/dagster.yaml"), ("WSP005", "home/workspace.yaml")]


def test_where_there_is_nothing_to_judge_it_passes_with_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(repository(tmp_path, {"a.py": "1\n"}))]) == 0
    assert "nothing to judge" in capsys.readouterr().err
    assert main([str(tmp_path / "gone")]) == 3


def test_without_git_the_folder_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {**PIECES, ".env.example": "#BAR_A=\n"}
    for name, text in {**files, "x.py": "import os\na = os.getenv('BAR_A')\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert main([str(tmp_path), "--fail-on", "info"]) == 0
    assert capsys.readouterr().out == ""


def test_what_cannot_be_read_is_a_finding_and_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "pyproject.toml": MANIFEST,
        "workspace/local/workspace.yaml": "load_from: [" + "[" * 5000,
        "workspace/local/docker-compose.yml": "a: &a [x]\nb: [*a, *a]\n",
        "x.py": "def (",
        "deep.py": "import os\nx = os.environ" + "(" * 5000,
        "workspace/local/.env.example": "A='1\n",
    }
    root = repository(tmp_path, files)
    (root / "link.py").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe.py")
    subprocess.run(["git", "-C", str(root), "add", "link.py"], check=True)
    assert main([str(root), "--format", "json"]) == 1
    assert findings(capsys.readouterr().out) == [
        ("WSP013", "workspace/local/.env.example"),
        ("WSP013", "workspace/local/workspace.yaml"),
    ]


def test_aliases_of_aliases_are_looked_at_once_each(tmp_path: Path) -> None:
    """Followed one by one these are 3 to the 40th values."""
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    root = repository(tmp_path, {"workspace.yaml": f"load_from: []\n{bomb}", ".env": "A=1\n"})
    command = [sys.executable, "-m", "audit_hooks.dmb_workspace_validate", str(root), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert set(findings(done.stdout)) == {("WSP001", "workspace.yaml")}


def test_the_hook_needs_the_standard_library_and_pyyaml_alone(tmp_path: Path) -> None:
    files = PIECES
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
allowed = {{"dmb", "audit_hooks", "yaml", "_yaml", *sys.stdlib_module_names}}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ImportError(f"{{name}} is refused here")
sys.meta_path.insert(0, Refuse())
from audit_hooks.dmb_workspace_validate import main
for arguments in ([], ["--format", "json"]):
    assert main([{str(repository(tmp_path, files))!r}, *arguments]) == 0
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_error_of_its_own_is_4_and_no_traceback(tmp_path: Path) -> None:
    program = (
        "import audit_hooks.dmb_audit, audit_hooks.start, sys\n"
        "def fail(*_): raise ZeroDivisionError('whatever')\n"
        "audit_hooks.dmb_audit.main = fail\n"
        "audit_hooks.start.audit()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "Error: dmb-audit failed where it should not (ZeroDivisionError: whatever)\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.dmb]\nx = " + "9" * 5_000 + "\n"),
        ("pyproject.toml", "[tool.dmb.audit.ignore]\nDEF = {reason = 'a', until = 2020-12-31T00:00:00}\n"),
        ("workspace.yaml", "load_from: !!seq\n-"),
    ],
)
def test_what_python_chokes_on_is_a_finding_or_nothing(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "defs.py").write_text("import dagster as dg\n")
    command = [sys.executable, "-c", "import audit_hooks.start as start; start.audit()"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
