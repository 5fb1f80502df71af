"""SCH003: a schedule that waits to be turned on, and does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...facts.schedules import schedules
from ...judging.missing_argument import MissingArgument
from ...judging.rule import UNSAFE
from ..examples import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared


class StatusNotTold(MissingArgument):
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
    argument = "default_status"
    message = "the schedule {} does not say whether it is on: it is off"
    default = "{dagster}.DefaultScheduleStatus.STOPPED"
    bad = (
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="@daily")\n'},
        {"defs.py": JOB + "@dg.schedule(job=nightly, cron_schedule='@daily')\ndef daily():\n    return {}\n"},
        {"defs.py": JOB + "daily = dg.build_schedule_from_partitioned_job(nightly)\n"},
    )
    good = (
        {
            "defs.py": JOB
            + 'daily = dg.ScheduleDefinition(\n    job=nightly,\n    cron_schedule="@daily",\n'
            + "    default_status=dg.DefaultScheduleStatus.RUNNING,\n)\n"
        },
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="@daily", **options)\n'},
    )

    def declarations(self, code: Code) -> Iterator[tuple[Declared, str]]:
        """Those built from partitions too: they are off as well."""
        for item in (*schedules(code), *declared(code, "build_schedule_from_partitioned_job")):
            yield item, item.subject
