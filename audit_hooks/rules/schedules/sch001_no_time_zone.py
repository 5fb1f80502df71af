"""SCH001: a schedule whose hours are nobody's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...facts.cron import every_hours
from ...facts.declarations import MISSING
from ...facts.python_edits import add_argument
from ...facts.schedules import crons, schedules
from ...judging.rule import UNSAFE, CodeRule
from ..examples import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.edits import Edit


class NoTimeZone(CodeRule):
    """A schedule with an hour in it says in which time zone."""

    code = "SCH001"
    title = "A schedule without a time zone"
    severity = "warning"
    tier = "standard"
    mends = UNSAFE
    what = (
        "`@schedule` or `ScheduleDefinition` without `execution_timezone`. Schedules built from a job's partitions "
        "take the partitions' zone, and one that fires every hour or every few hours of every day needs none: both are "
        "left out."
    )
    why = (
        "Dagster then means UTC: who wrote `0 6 * * *` for six in the morning gets another hour, which moves when the "
        "clocks change."
    )
    remedy = 'say which: execution_timezone="Europe/Berlin", or "UTC" where that is meant'
    mentions = ("schedule", "Schedule")
    bad = (
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 6 * * *")\n'},
        {"defs.py": JOB + '@dg.schedule(job=nightly, cron_schedule=["0 6 * * *"])\ndef daily():\n    return {}\n'},
        {
            "defs.py": JOB + "daily = dg.ScheduleDefinition(\n    name='daily',\n    job=nightly,\n"
            "    cron_schedule='0 6 * * 1',  # Mondays\n)\n"
        },
    )
    good = (
        {
            "defs.py": JOB
            + 'daily = dg.ScheduleDefinition(\n    job=nightly, cron_schedule="0 6 * * *", '
            + 'execution_timezone="Europe/Berlin"\n)\n'
        },
        {"defs.py": JOB + 'hourly = dg.ScheduleDefinition(job=nightly, cron_schedule="5 * * * *")\n'},
        {"defs.py": JOB + 'often = dg.ScheduleDefinition(job=nightly, cron_schedule="0 */6 * * *")\n'},
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 6 * * *", **options)\n'},
        {"defs.py": JOB + "daily = dg.build_schedule_from_partitioned_job(nightly)\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Those whose cron strings are written there and name an hour."""
        for schedule in schedules(code):
            times = list(crons(schedule))
            if times and not all(map(every_hours, times)) and schedule.value("execution_timezone") in (MISSING, None):
                message = f"the schedule {schedule.subject} has no time zone: {', '.join(times)} is UTC"
                yield self.diagnosis(schedule.spot, schedule.subject, message, edits=partial(_in_utc, schedule))


def _in_utc(schedule: Declared) -> Iterator[Edit]:
    """UTC is what Dagster takes today."""
    if schedule.call and schedule.argument("execution_timezone") is None:
        yield add_argument(schedule.code, schedule.call, 'execution_timezone="UTC"')
