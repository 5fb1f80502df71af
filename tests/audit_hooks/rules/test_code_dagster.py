"""Dagster itself refuses what these rules call an error, and takes what they propose."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from audit_hooks.rules import every

REFUSED = [rule for rule in every() if rule.refused]

# Each file is compiled as its own module, and what it defines is called: an EnvVar in a function fails there.
SCRIPT = """
import contextlib, dagster as dg, json, sys
told = []
for text in json.load(sys.stdin):
    names = {"__name__": "defs", "options": {"delay": 1}}
    try:
        exec(compile(text, "defs.py", "exec", dont_inherit=True), names)
        if callable(names.get("url")):
            names["url"]()
        found = [one for one in names.values() if isinstance(one, dg.ScheduleDefinition | dg.AssetsDefinition)]
        dg.Definitions.validate_loadable(
            dg.Definitions(
                assets=[one for one in found if isinstance(one, dg.AssetsDefinition)],
                schedules=[one for one in found if isinstance(one, dg.ScheduleDefinition)],
            )
        )
        told.append("")
    except Exception as error:
        told.append(type(error).__name__)
print(json.dumps(told))
"""


def loaded(texts: list[str]) -> list[str]:
    """The name of what Dagster raised for each text, "" where it took it."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    told: list[str] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("kind", ["bad", "good"])
def test_dagster_refuses_the_bad_and_takes_the_good(kind: str) -> None:
    cases = [
        (rule.code, files["defs.py"])
        for rule in REFUSED
        for files in getattr(rule, kind)
        if files.keys() == {"defs.py"}
    ]
    answers = loaded([text for _, text in cases])
    wrong = [(case, told) for case, told in zip(cases, answers, strict=True) if bool(told) != (kind == "bad")]
    assert wrong == []


def test_a_variable_that_is_put_together_gives_its_name() -> None:
    script = "import dagster as dg, os\nE = dg.EnvVar('DB_DIR')\nprint(E + '/a', os.path.join(E, 'a'), E.lower())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["DB_DIR/a", "DB_DIR/a", "db_dir"]
