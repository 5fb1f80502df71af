"""What the rules on definitions say of Dagster is what Dagster does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks.judging.engine import judge
from audit_hooks.rules import find
from tests.support.trees import module, write

pytestmark = pytest.mark.slow


def told(script: str) -> list[str]:
    """The words that a script prints."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


REPLACED = """
import dagster as dg, warnings
given = {
    "non_argument_deps": {"b"},
    "compute_kind": "x",
    "auto_materialize_policy": dg.AutoMaterializePolicy.eager(),
}
for name, value in given.items():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        dg.asset(name="a", **{name: value})(lambda: 1)
    print(name, any(name in str(one.message) for one in said))
"""


def test_a_replaced_argument_still_loads_and_only_compute_kind_is_silent() -> None:
    assert told(REPLACED) == ["non_argument_deps", "True", "compute_kind", "False", "auto_materialize_policy", "True"]


WORDS_OF = """
import dagster as dg, inspect
for one in (dg.asset, dg.multi_asset, dg.AssetSpec, dg.AssetOut):
    print("kinds" in inspect.signature(one).parameters)
"""


def test_the_kinds_of_a_multi_asset_are_told_in_its_specs_and_outs(tmp_path: Path) -> None:
    assert told(WORDS_OF) == ["True", "False", "True", "True"]
    rule = find("DEF006")
    assert rule
    one = module(tmp_path, {"defs.py": 'import dagster as dg\n\n@dg.multi_asset(compute_kind="x")\ndef a(): ...\n'})
    (finding,) = judge(one, [rule])
    assert finding.remedy == "use kinds of each AssetSpec or AssetOut in its specs or outs"


# Loads what each folder's settings name as a code server does; a process for each, because modules share names.
LOAD = """
import json, os, sys, tomllib
from pathlib import Path
import dagster as dg
from dagster._core.workspace.autodiscovery import LOAD_ALL_ASSETS, loadable_targets_from_python_module

def load(folder):
    file = folder / "pyproject.toml"
    tool = tomllib.loads(file.read_text()).get("tool", {}) if file.exists() else {}
    root = tool.get("dg", {}).get("project", {}).get("root_module")
    os.chdir(folder)
    sys.path[:0] = [str(folder), str(folder / "src")]
    for _, found in loadable_targets_from_python_module(f"{root}.definitions" if root else "defs", str(folder)):
        dg.Definitions.validate_loadable(found if isinstance(found, dg.Definitions) else found())

for name in sys.argv[1:]:
    sys.stdout.flush()
    if os.fork():
        os.wait()
        continue
    try:
        load(Path(name))
        print("loaded", flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize("code", ["DEF001", "DEF003", "DEF007"])
@pytest.mark.parametrize("kind", ["bad", "good"])
def test_dagster_refuses_the_bad_projects_and_takes_the_good(code: str, kind: str, tmp_path: Path) -> None:
    rule = find(code)
    assert rule
    assert rule.refused
    folders = []
    for number, files in enumerate(getattr(rule, kind)):
        if files.keys().isdisjoint(("workspace.yaml", ".gitignore", "dagster/__init__.py")):  # judged by more than code
            folders.append(write(tmp_path / str(number), files))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD, *map(str, folders)], capture_output=True, text=True, check=True
    )
    answers = done.stdout.split()
    assert len(answers) == len(folders)
    wrong = [folder for folder, told in zip(folders, answers, strict=True) if (told == "loaded") != (kind == "good")]
    assert wrong == [], done.stderr
