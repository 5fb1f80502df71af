"""Defects in a module's code and settings."""

from __future__ import annotations

from . import Seed

EXTRA = "src/bar_one_dagster/defs/extra.py"
HEAD = '"""More."""\n\nimport dagster as dg\n\n'
JOB = HEAD + 'extra = dg.define_asset_job("bar_one_extra", description="More.")\n\n'
ON = "default_status=dg.DefaultScheduleStatus.STOPPED"

SEEDS = [
    Seed(
        "AST008", {}, {EXTRA: HEAD + "RETRIES = dg.RetryPolicy(backoff=dg.Backoff.LINEAR)\n"}, EXTRA, "dg.RetryPolicy"
    ),
    Seed(
        "DEF002",
        {},
        {
            EXTRA: '"""More."""\n\nfrom __future__ import annotations\n\nimport dagster as dg\n\n\n'
            '@dg.op\ndef look(context: dg.OpExecutionContext) -> None:\n    """Look."""\n'
        },
        EXTRA,
        "context: dg",
    ),
    Seed(
        "GOV006",
        {"governance": "standard"},
        {EXTRA: HEAD + "R = dg.RetryPolicy(max_retries=3)  # dmb: ignore[AST008] not any more\n"},
        EXTRA,
        "dmb: ignore",
    ),
    Seed(
        "GOV008",
        {},
        {"pyproject.toml": ("[tool.dmb.ports]\n", "[tool.dmb.audit]\nselected = []\n\n[tool.dmb.ports]\n")},
        "pyproject.toml",
        "selected",
    ),
    Seed("PKG007", {}, {EXTRA: HEAD + "def look(:\n"}, EXTRA, "def look(:"),
    Seed("RES002", {}, {EXTRA: HEAD + 'PATH = dg.EnvVar("BAR_ONE_EXECUTOR") + "/a"\n'}, EXTRA, "EnvVar"),
    Seed("RES003", {}, {EXTRA: HEAD + 'PATH = str(dg.EnvVar("BAR_ONE_EXECUTOR"))\n'}, EXTRA, "EnvVar"),
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
