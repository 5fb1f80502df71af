"""SCH003: a schedule that waits to be turned on, and does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import MISSING, Declared, declared
from ...facts.python_edits import add_argument
from ...judging.rule import UNSAFE, CodeRule
from .declarations import HEAD, schedules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.code import Code
    from ...judging.findings import Finding
    from ...judging.rule import Edit
    from ...judging.subject import Subject


class StatusNotTold(CodeRule):
    """A schedule says whether it runs once it is deployed."""

    code = "SCH003"
    title = "A schedule that does not say whether it is on"
    severity = "info"
    tier = "standard"
    mends = UNSAFE
    what = "`@schedule` or `ScheduleDefinition` without `default_status`."
    why = "It is off until someone turns it on in the UI: a deployment that looks complete never fires."
    remedy = "say it: default_status=dg.DefaultScheduleStatus.RUNNING, or STOPPED where a person turns it on"
    mentions = ("schedule", "Schedule")
    bad = (
        {"defs.py": HEAD + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="@daily")\n'},
        {"defs.py": HEAD + "@dg.schedule(job=nightly, cron_schedule='@daily')\ndef daily():\n    return {}\n"},
        {"defs.py": HEAD + "daily = dg.build_schedule_from_partitioned_job(nightly)\n"},
    )
    good = (
        {
            "defs.py": HEAD
            + 'daily = dg.ScheduleDefinition(\n    job=nightly,\n    cron_schedule="@daily",\n'
            + "    default_status=dg.DefaultScheduleStatus.RUNNING,\n)\n"
        },
        {"defs.py": HEAD + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="@daily", **options)\n'},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Finding]:
        """Those built from partitions too: they are off as well."""
        for schedule in _all(code):
            if schedule.value("default_status") is MISSING:
                message = f"the schedule {schedule.subject} does not say whether it is on: it is off"
                yield self.finding(schedule.spot, schedule.subject, message)

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """STOPPED is what Dagster takes today."""
        for code in subject.package.files:
            for schedule in _all(code) if code.path == finding.path else ():
                at_place = (schedule.spot.line, schedule.spot.column) == (finding.line, finding.column)
                dagster = next((name for name, origin in code.imports.items() if origin == "dagster"), None)
                if at_place and schedule.call and dagster:
                    text = f"default_status={dagster}.DefaultScheduleStatus.STOPPED"
                    yield add_argument(code, schedule.call, text)


def _all(code: Code) -> list[Declared]:
    return [*schedules(code), *declared(code, "build_schedule_from_partitioned_job")]
