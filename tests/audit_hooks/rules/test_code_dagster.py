"""Dagster itself refuses what these rules call an error, and takes what they propose."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from audit_hooks.rules import every

pytestmark = pytest.mark.slow

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
        for one in names.values():
            if isinstance(one, dg.Definitions):
                dg.Definitions.validate_loadable(one)
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


def test_partitions_that_end_at_the_moment_of_loading_do_not_grow() -> None:
    script = (
        "import datetime as dt, dagster as dg\n"
        "loaded = dt.datetime(2024, 1, 5)\nlater = dt.datetime(2024, 1, 8, tzinfo=dt.timezone.utc)\n"
        "for days in (dg.DailyPartitionsDefinition('2024-01-01', end_date=loaded),\n"
        "             dg.DailyPartitionsDefinition('2024-01-01'),\n"
        "             dg.DailyPartitionsDefinition(loaded - dt.timedelta(days=2))):\n"
        "    keys = days.get_partition_keys(current_time=later)\n    print(keys[0], keys[-1])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    fixed, open_end, moved = done.stdout.split("\n")[:3]
    assert fixed == "2024-01-01 2024-01-04"
    assert open_end == "2024-01-01 2024-01-07"
    assert moved.startswith("2024-01-03 ")  # what was before it is gone


def test_what_dagster_takes_where_a_sensor_and_partitions_say_nothing() -> None:
    script = (
        "import dagster as dg\n"
        "print(dg.SensorDefinition('a', evaluation_fn=lambda _: None, job_name='b').minimum_interval_seconds,\n"
        "      dg.DailyPartitionsDefinition('2024-01-01').timezone)\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["30", "UTC"]
