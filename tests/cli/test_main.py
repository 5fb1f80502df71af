"""The command as a process: exit codes, help, what an error looks like."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dmb.cli.workspace
from dmb import __version__
from dmb.cli import COMMANDS, main
from tests.support.paths import ROOT


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dmb", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=60)


def test_help_lists_every_command_and_imports_none() -> None:
    script = "import sys; from dmb.cli import dmb; dmb(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    text, _, modules = done.stdout.rstrip("\n").rpartition("\n")
    for name, (_, _, summary) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", text, re.MULTILINE)
    assert not {
        "rich",
        "yaml",
        "cookiecutter",
        "dmb.template",
        "audit_hooks",
        *(module for module, _, _ in COMMANDS.values()),
    } & set(modules.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_says_what_the_list_says(name: str) -> None:
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert COMMANDS[name][2].rstrip(".") in done.stdout


def test_version() -> None:
    assert run("--version").stdout == f"dmb, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["wokspace"], 2, "No such command 'wokspace'. Did you mean 'workspace'?"),
        (["--bad"], 2, "No such option '--bad'"),
        (["workspace", "add"], 2, "Missing argument 'MODULE_DIR...'"),
        (["workspace", "init", "x", "--runtime", "podman"], 2, "'podman' is not one of 'local', 'docker'"),
        (["workspace", "add", "nowhere", "--workspace", "nowhere"], 3, "nowhere: this is not a workspace"),
    ],
)
def test_a_refusal_has_its_code_on_stderr_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def failing_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(dmb.cli.workspace.workspace, "invoke", fail)
    with pytest.raises(SystemExit) as end:
        main(["workspace", "init", "x"])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_an_error_of_our_own_is_one_sentence_and_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing_with(ValueError("oops"), monkeypatch) == 4
    told = capsys.readouterr().err
    assert "ValueError: oops" in told
    assert "Traceback" not in told
    log = Path(re.findall(r"and (/\S+\.log)", told)[0])
    assert "raise error" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
    log.unlink()


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (PermissionError(13, "Permission denied", "/some/file"), 2, "Error: /some/file: Permission denied\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
    ],
)
def test_what_a_person_can_mend_or_did_is_no_error_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, told: str
) -> None:
    assert failing_with(error, monkeypatch) == code
    assert told in capsys.readouterr().err


def test_a_reader_that_goes_away_is_told_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "dmb", "workspace", "init", str(tmp_path / "ws"), "--dry-run"]
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert done.stderr == b""
