"""Small repositories for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from audit_hooks.judging.subject import Subject
from audit_hooks.reading.sources import Sources


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True).stdout


def repository(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A git repository with these files in its index."""
    write(root, files)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    git(root, "add", "-A")
    return root


def module(root: Path, files: Mapping[str, str | bytes]) -> Subject:
    """The Dagster project in a folder that holds these files."""
    write(root, files)
    return Subject("module", Sources(root, frozenset(files)))


def subject(root: Path, files: Mapping[str, str]) -> Subject:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.replace("{root}", str(root)), encoding="utf-8")
    if "pyproject.toml" in files or not {"workspace.yaml", "dagster.yaml", "docker-compose.yml", "compose.yaml"} & set(
        files
    ):
        return Subject("module", Sources(root, frozenset(files)))
    return Subject("workspace", Sources(root))
