"""The GitHub Action: valid, and its own steps do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT
from tests.support.trees import repository

BIN = Path(sys.executable).parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
TWICE = "load_from:\n" + "  - python_module: {module_name: a, location_name: twice}\n" * 2


def step(name: str) -> dict[str, object]:
    (found,) = (step for step in ACTION["runs"]["steps"] if step.get("name") == name)
    return dict(found)


def run(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A step as the runner starts it: `bash --noprofile --norc -e -o pipefail`."""
    runner = {
        "RUNNER_TEMP": str(folder / "temp"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", str(step(name)["run"])],
        cwd=folder / "checkout",
        env={**os.environ, **runner, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "temp" / "dmb").mkdir(parents=True)
    (tmp_path / "temp" / "dmb" / "bin").symlink_to(BIN)
    return tmp_path


def test_it_is_valid() -> None:
    words = ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]
    subprocess.run([str(BIN / words[0]), *words[1:]], cwd=ROOT, check=True)


def test_what_runs_in_ci_is_pinned_to_a_commit() -> None:
    """A tag can be moved to other code; a commit cannot. The version stands beside it, for people and for updates."""
    files = [ROOT / "action.yml", *(ROOT / ".github/workflows").glob("*.y*ml")]
    uses = [line.strip() for file in files for line in file.read_text().splitlines() if "uses:" in line]
    assert len(uses) >= 4
    for line in uses:
        assert re.fullmatch(r"(- )?uses: [\w/.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_no_input_is_put_into_a_script() -> None:
    for each in ACTION["runs"]["steps"]:
        assert "${{" not in each.get("run", "")


@pytest.mark.parametrize(
    ("files", "fail_on", "code"),
    [
        ({"workspace.yaml": TWICE}, "error", 1),
        ({"workspace.yaml": "load_from: []\n"}, "error", 0),
        ({"README.md": ""}, "error", 0),
    ],
    ids=["bad", "good", "nothing"],
)
def test_it_writes_sarif_a_summary_and_annotations(
    folder: Path, files: dict[str, str], fail_on: str, code: int
) -> None:
    repository(folder / "checkout", files)
    done = run("Audit", folder, FOLDER=".", TIER="", FAIL_ON=fail_on, BASELINE="")
    assert done.returncode == 0, done.stderr
    outputs = dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())
    results = json.loads(Path(outputs["sarif"]).read_text())["runs"][0]["results"]
    assert bool(results) == bool(code)
    assert ("::error file=workspace.yaml" in done.stdout) == bool(code)
    assert (folder / "summary").read_text()
    assert run("Verdict", folder, CODE=outputs["code"]).returncode == code


def test_a_refusal_fails_at_once(folder: Path) -> None:
    repository(folder / "checkout", {"workspace.yaml": TWICE})
    assert run("Audit", folder, FOLDER="gone", TIER="", FAIL_ON="error", BASELINE="").returncode == 3
    assert run("Audit", folder, FOLDER=".", TIER="", FAIL_ON="error; touch x", BASELINE="").returncode == 2
    assert not (folder / "checkout" / "x").exists()
