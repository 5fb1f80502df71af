"""Workspaces: made by the command or by hand, what is in them, and how modules come in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from .command import Dmb

MARKER = re.compile(rb"^[ \t]*# (BEGIN|END): [^\r\n]*(\r\n|\n|\Z)", re.MULTILINE)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; not the lock, which holds the pid of whoever looked last."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


@pytest.fixture
def workspace(dmb: Dmb, tmp_path: Path) -> Path:
    """A workspace without code servers and without an environment."""
    assert dmb("workspace", "init", tmp_path / "ws", "--no-install").code == 0
    return tmp_path / "ws"


@pytest.fixture
def served(dmb: Dmb, tmp_path: Path) -> Path:
    """A workspace with code servers and without an environment."""
    assert dmb("workspace", "init", tmp_path / "served", "--no-install", "--code-servers").code == 0
    return tmp_path / "served"


def bare_workspace(root: Path) -> Path:
    """A workspace with no module in it, written by hand."""
    (root / ".dmb").mkdir(parents=True, mode=0o700)
    (root / ".dmb" / "registry.json").write_text('{"registry": 1, "runtime": "local", "modules": {}}\n')
    (root / "workspace.yaml").write_text("load_from: []\n")
    return root


def own(root: Path) -> dict[str, bytes]:
    """The files of people, and the registry."""
    state = ("backups", "reservations", "kept_passwords")
    return {name: data for name, data in contents(root).items() if not any(word in name for word in state)}


def add(dmb: Dmb, root: Path, *modules: Path) -> dict[str, Any]:
    """Put modules in by the command; what it says as JSON."""
    done = dmb("workspace", "add", *modules, "--workspace", root, "--json")
    assert done.code == 0, done.err
    return done.json


def unmarked(data: bytes) -> bytes:
    """Without marker lines; the newline that a last line needs before a marker is not told apart."""
    return MARKER.sub(b"", data).rstrip(b"\r\n")
