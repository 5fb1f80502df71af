"""The command `dmb`: run in this process as a fixture, and as a program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from dmb.cli import main
from tests.support.paths import BIN


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


class Dmb(Protocol):
    def __call__(self, *arguments: str | Path) -> Done: ...


@pytest.fixture
def dmb(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dmb:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))

    def run(*arguments: str | Path) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        assert isinstance(end.value.code, int)
        return Done(end.value.code, *capsys.readouterr())

    return run


def run_dmb(*arguments: object, cwd: Path, exit_code: int = 0, program: Path = BIN / "dmb") -> str:
    """Run dmb with no terminal and return what it printed on standard output; on an error also on standard error."""
    done = subprocess.run(
        [str(program), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout if exit_code == 0 else done.stdout + done.stderr
