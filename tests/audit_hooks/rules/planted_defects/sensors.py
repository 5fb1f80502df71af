"""Defects in sensors and partitions."""

from __future__ import annotations

from . import Seed
from .code import EXTRA, HEAD, JOB, ON

SENSOR = JOB.replace("import dagster", "import os\n\nimport dagster")
STOPPED = "default_status=dg.DefaultSensorStatus.STOPPED"
LOOK = f'@dg.sensor(job=extra, minimum_interval_seconds=60, {STOPPED})\ndef look():\n    """Look."""\n'
DAYS = 'DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01")\n'

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
    Seed(
        "PAR001",
        {},
        {
            EXTRA: HEAD.replace("import dagster", "import datetime\n\nimport dagster")
            + "DAYS = dg.DailyPartitionsDefinition(start_date=datetime.datetime.now())\n"
        },
        EXTRA,
        "DailyPartitionsDefinition",
    ),
    Seed(
        "PAR002",
        {"governance": "standard"},
        {
            EXTRA: HEAD
            + DAYS
            + 'extra = dg.define_asset_job("bar_one_extra", description="More.", partitions_def=DAYS)\n\n\n'
            + f'@dg.schedule(job=extra, cron_schedule="0 6 * * *", execution_timezone="Europe/Berlin", {ON})\n'
            + 'def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:\n    """Daily."""\n'
            + '    return dg.RunRequest(partition_key="2024-01-01")\n'
        },
        EXTRA,
        "dg.schedule",
    ),
]
