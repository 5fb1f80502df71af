"""Defects of schedules."""

from __future__ import annotations

from . import EXTRA, JOB, ON, Seed

SEEDS = [
    Seed(
        "SCH001",
        {"governance": "standard"},
        {EXTRA: JOB + f'S = dg.ScheduleDefinition(job=extra, cron_schedule="0 6 * * *", {ON})\n'},
        EXTRA,
        "ScheduleDefinition",
    ),
    Seed(
        "SCH002",
        {},
        {EXTRA: JOB + f'S = dg.ScheduleDefinition(job=extra, cron_schedule="0 25 * * *", {ON})\n'},
        EXTRA,
        "ScheduleDefinition",
    ),
    Seed(
        "SCH003",
        {"governance": "standard"},
        {EXTRA: JOB + 'S = dg.ScheduleDefinition(job=extra, cron_schedule="@hourly")\n'},
        EXTRA,
        "ScheduleDefinition",
    ),
    Seed(
        "SCH004",
        {"governance": "standard"},
        {
            EXTRA: JOB + f'@dg.schedule(job=extra, cron_schedule="@hourly", {ON})\ndef often():\n    """Often."""\n'
            '    return [dg.RunRequest(run_key="a"), dg.RunRequest(run_key="a", tags={"b": "c"})]\n'
        },
        EXTRA,
        "dg.RunRequest",
    ),
]
