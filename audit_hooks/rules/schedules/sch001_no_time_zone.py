"""SCH001: a schedule whose hours are nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.cron import every_hours
from ...facts.declarations import MISSING
from ...facts.python_edits import add_argument
from ...judging.rule import UNSAFE, CodeRule
from .declarations import HEAD, crons, schedules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.code import Code
    from ...judging.findings import Finding
    from ...judging.rule import Edit
    from ...judging.subject import Subject


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
        {"defs.py": HEAD + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 6 * * *")\n'},
        {"defs.py": HEAD + '@dg.schedule(job=nightly, cron_schedule=["0 6 * * *"])\ndef daily():\n    return {}\n'},
        {
            "defs.py": HEAD + "daily = dg.ScheduleDefinition(\n    name='daily',\n    job=nightly,\n"
            "    cron_schedule='0 6 * * 1',  # Mondays\n)\n"
        },
    )
    good = (
        {
            "defs.py": HEAD
            + 'daily = dg.ScheduleDefinition(\n    job=nightly, cron_schedule="0 6 * * *", '
            + 'execution_timezone="Europe/Berlin"\n)\n'
        },
        {"defs.py": HEAD + 'hourly = dg.ScheduleDefinition(job=nightly, cron_schedule="5 * * * *")\n'},
        {"defs.py": HEAD + 'often = dg.ScheduleDefinition(job=nightly, cron_schedule="0 */6 * * *")\n'},
        {"defs.py": HEAD + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 6 * * *", **options)\n'},
        {"defs.py": HEAD + "daily = dg.build_schedule_from_partitioned_job(nightly)\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Finding]:
        """Those whose cron strings are written there and name an hour."""
        for schedule in schedules(code):
            told = list(crons(schedule))
            if told and not all(map(every_hours, told)) and schedule.value("execution_timezone") in (MISSING, None):
                message = f"the schedule {schedule.subject} has no time zone: {', '.join(told)} is UTC"
                yield self.finding(schedule.spot, schedule.subject, message)

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """UTC is what Dagster takes today."""
        for code in subject.package.files:
            for schedule in schedules(code) if code.path == finding.path else ():
                at_place = schedule.spot.line == finding.line and schedule.spot.column == finding.column
                if at_place and schedule.call and schedule.argument("execution_timezone") is None:
                    yield add_argument(code, schedule.call, 'execution_timezone="UTC"')
