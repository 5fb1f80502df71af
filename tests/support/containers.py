"""The judges of what containers are made from: hadolint, the real Compose, and JSON schemas. None needs an engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dmb.formats.dockerfile import instructions

BIN = Path(sys.executable).parent


def judge(
    program: str, *arguments: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of the judges; the test is skipped where it is not installed."""
    if not (BIN / program).exists():
        pytest.skip(f"{program} is not installed: pip install -e '.[test]'")
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(env or {})}
    command = [str(BIN / program), *map(str, arguments)]
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False)


def refuse_lint(dockerfile: Path) -> None:
    """Fail with what hadolint says about a Dockerfile, warnings and hints included."""
    done = judge("hadolint", "--failure-threshold", "style", "--no-color", dockerfile)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def refuse_schema(schema: str, *files: Path) -> None:
    """Fail with what a schema that check-jsonschema brings says about files."""
    done = judge("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    assert done.returncode == 0, done.stdout + done.stderr


def compose(folder: Path, *files: Path, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What Compose makes of a folder's files and `.env`, with every variable filled in; fail with its refusal."""
    done = config(folder, *files, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def config(folder: Path, *files: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`docker compose config` in a folder."""
    named = [word for file in files for word in ("--file", file)]
    return judge("docker-compose", "--project-directory", folder, *named, "config", "--format", "json", env=env)


def exec_form(dockerfile: Path, word: str) -> list[str]:
    """The command of the last CMD or HEALTHCHECK, which must be in exec form."""
    last = [
        instruction
        for instruction in instructions(dockerfile.read_text(encoding="utf-8"), str(dockerfile))
        if instruction.word == word
    ][-1]
    command: list[str] = json.loads(last.rest[last.rest.index("[") :])
    return command
