"""Judging: a workspace of many modules against reading and parsing its files; the hook against a bare Python."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml
from dotenv import dotenv_values

from audit_hooks.judging.engine import audit_workspace
from audit_hooks.judging.policy import Options
from audit_hooks.rules import WORKSPACE
from dmb.layout import Layout
from dmb.template.create import create
from dmb.workspace.changes.init import init_local

from .pairs import Pair, measure
from .workspace import _modules, _no_collector, _pair, _silent, _sync

COUNT = 1000


def run() -> Iterator[Pair]:
    """Yield what is measured."""
    with tempfile.TemporaryDirectory(prefix="dmb-bench-") as name:
        folder = Path(name)
        yield from _workspaces(folder)
        yield _hook(folder)


def _workspaces(folder: Path) -> Iterator[Pair]:
    modules = _modules(folder / "modules", COUNT)
    layout = init_local(folder / "ws", code_servers=False, install=False, dry_run=False, tell=_silent).layout
    _sync(layout, modules)
    with _no_collector():
        yield _pair(
            f"validate {COUNT:,} modules ÷ read and parse their files",
            lambda: _validate(layout),
            lambda: _parse(layout),
            bound=3,
            runs=7,
        )


def _validate(layout: Layout) -> None:
    # No environments are made here: that the interpreters are missing is all there is to find.
    rules = {finding.rule for finding in audit_workspace(layout.root, Options(areas=(WORKSPACE,))).findings}
    if rules != {"WSP004"}:
        raise AssertionError(rules)


def _parse(layout: Layout) -> object:
    """Each file once, with the usual parser for it."""
    registry = json.loads(layout.registry.read_bytes())
    return (
        [yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in (layout.workspace_yaml, layout.dagster_yaml)],
        dotenv_values(layout.env, interpolate=False),
        [tomllib.loads(Path(each["path"], "pyproject.toml").read_text()) for each in registry["modules"].values()],
    )


def _hook(folder: Path) -> Pair:
    project = create({"governance": "standard"}, output_dir=folder, no_input=True).project
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    subprocess.run(["git", "-C", str(project), "add", "-A"], check=True)
    hook = [str(Path(sys.executable).with_name("dmb-workspace-validate"))]  # as pre-commit calls it
    with contextlib.chdir(project):
        return measure(
            "dmb-workspace-validate on a standard module ÷ python -c pass",
            lambda: hook,
            lambda: [sys.executable, "-c", "pass"],
            bound=8,
            runs=15,
        )
