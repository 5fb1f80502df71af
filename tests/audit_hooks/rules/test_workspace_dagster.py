"""Dagster itself refuses the bad examples of the workspace's rules, takes the good ones, and names what a fix names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks.judging.fixes import fix_findings
from audit_hooks.judging.policy import Options
from audit_hooks.judging.subject import Subject
from audit_hooks.reading.sources import Sources
from audit_hooks.rules.workspace.wsp002_duplicate_location import DuplicateLocation
from audit_hooks.rules.workspace.wsp003_unnamed_location import UnnamedLocation
from tests.support.trees import write

pytestmark = pytest.mark.slow

# Per workspace.yaml the names of its locations, or the error that Dagster ends with.
ASK = """
import json, os, sys
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load import load_workspace_process_context_from_yaml_paths
from dagster._core.workspace.config_schema import process_workspace_config
told = []
for path in sys.argv[1:]:
    os.chdir(os.path.dirname(path))
    try:
        told.append([origin.location_name for origin in WorkspaceFileTarget(paths=[path]).create_origins()])
    except Exception as error:
        told.append(f"{type(error).__name__}: {error}")
print(json.dumps(told))
"""
HOME = """
import dagster as dg
with dg.DagsterInstance.get():
    pass
"""
UNSET = """
import dagster as dg
class Server(dg.ConfigurableResource):
    host: str
@dg.asset
def rows(server: Server):
    return server.host
defs = dg.Definitions(assets=[rows], resources={"server": Server(host=dg.EnvVar("BAR_HOST"))})
dg.Definitions.validate_loadable(defs)
print("loaded")
result = defs.get_implicit_global_asset_job_def().execute_in_process(raise_on_error=False)
"""


def ask(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", *words],
        env=os.environ | (env or {}),
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )


def names(paths: list[Path]) -> list[object]:
    done = ask(ASK, *map(str, paths))
    assert done.returncode == 0, done.stderr
    found: list[object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_two_locations_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{kind}{number}", files) / "workspace.yaml"
        for kind in ("bad", "good")
        for number, files in enumerate(getattr(DuplicateLocation, kind))
    ]
    bad, good = len(DuplicateLocation.bad), len(DuplicateLocation.good)
    told = names(paths)
    assert all("location" in str(one) and isinstance(one, str) for one in told[:bad]), told
    assert all(isinstance(one, list) for one in told[bad:]), told
    assert len(told) == bad + good


def test_a_location_that_is_given_a_name_keeps_the_one_that_it_had(tmp_path: Path) -> None:
    before, after = [], []
    for number, files in enumerate(UnnamedLocation.bad):
        root = write(tmp_path / str(number), {**files, "a/defs.py": ""})
        subject = Subject("workspace", Sources(root))
        done = fix_findings(subject, Options(select=("WSP003",), tier="standard"), unsafe=False)
        assert done.fixed, number
        before.append(root / "workspace.yaml")
        after.append(write(tmp_path / f"{number}-mended", {**files, **done.texts, "a/defs.py": ""}) / "workspace.yaml")
    told = names([*before, *after])
    assert told[: len(before)] == told[len(before) :]
    assert all(isinstance(one, list) and len(one) == 1 for one in told), told


@pytest.mark.parametrize(("home", "taken"), [("home", False), ("~", True), ("{root}", True)])
def test_dagster_takes_no_relative_home(home: str, taken: bool, tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    done = ask(HOME, env={"DAGSTER_HOME": home.format(root=tmp_path), "HOME": str(tmp_path)})
    assert (done.returncode == 0) == taken, done.stderr
    assert taken or "must be an absolute path" in done.stderr


def test_a_variable_that_is_not_set_loads_and_fails_in_the_run(tmp_path: Path) -> None:
    environment = {"BAR_HOST": "db"}
    done = ask(UNSET + "print(result.success)", env=environment)
    assert done.stdout.splitlines() == ["loaded", "True"], done.stderr
    done = ask(UNSET + "print(result.success)")
    assert done.stdout.splitlines()[0] == "loaded"
    assert "BAR_HOST" in done.stderr
    assert "True" not in done.stdout
