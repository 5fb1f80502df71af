"""Defects of partitions."""

from __future__ import annotations

from . import EXTRA, HEAD, ON, Seed

DAYS = 'DAYS = dg.DailyPartitionsDefinition(start_date="2024-01-01")\n'

SEEDS = [
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
