"""Defects of sensors."""

from __future__ import annotations

from . import EXTRA, JOB, Seed

SENSOR = JOB.replace("import dagster", "import os\n\nimport dagster")
STOPPED = "default_status=dg.DefaultSensorStatus.STOPPED"
LOOK = f'@dg.sensor(job=extra, minimum_interval_seconds=60, {STOPPED})\ndef look():\n    """Look."""\n'

SEEDS = [
    Seed(
        "SEN001",
        {"governance": "standard"},
        {EXTRA: JOB + LOOK + '    return dg.RunRequest(run_key="a")\n'},
        EXTRA,
        "dg.RunRequest",
    ),
    Seed(
        "SEN002",
        {"governance": "standard"},
        {EXTRA: JOB + f'@dg.sensor(job=extra, {STOPPED})\ndef look():\n    """Look."""\n    return dg.RunRequest()\n'},
        EXTRA,
        "dg.sensor",
    ),
    Seed(
        "SEN003",
        {"governance": "enterprise"},
        {EXTRA: SENSOR + LOOK + '    return [dg.RunRequest(run_key=name) for name in os.listdir("/data")]\n'},
        EXTRA,
        "dg.sensor",
    ),
]
