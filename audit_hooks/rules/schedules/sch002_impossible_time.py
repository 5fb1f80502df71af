"""SCH002: a time that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.cron import problem
from ...facts.schedules import crons, schedules
from ...judging.rule import CodeRule
from ..examples import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class ImpossibleTime(CodeRule):
    """Cron strings and time zones are those that Dagster takes."""

    code = "SCH002"
    title = "A cron string or a time zone that does not exist"
    refused = True
    what = (
        "A cron string with too few or too many fields, a value out of its range, an unknown name, or a day that its "
        "month does not have; a time zone that the IANA database does not know."
    )
    why = "Dagster refuses the definition, and with it the whole code location."
    remedy = "write five fields (minute hour day month weekday), and the time zone as in Europe/Berlin"
    mentions = ("schedule", "Schedule")
    bad = (
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 25 * * *")\n'},
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 0 30 2 *")\n'},
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 6 * * * *")\n'},
        {
            "defs.py": JOB
            + '@dg.schedule(job=nightly, cron_schedule="0 6 * * *", execution_timezone="Europe/Berlim")\n'
            "def daily():\n    return {}\n"
        },
    )
    good = (
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="0 23 * * *")\n'},
        {"defs.py": JOB + 'daily = dg.ScheduleDefinition(job=nightly, cron_schedule="@daily")\n'},
        {
            "defs.py": JOB + "@dg.schedule(job=nightly, cron_schedule=['*/5 8-18 * * mon-fri', '0 0 1 JAN *'], "
            "execution_timezone='Europe/Berlin')\ndef daily():\n    return {}\n"
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """What is written there; a name whose value is not known is left alone."""
        for schedule in schedules(code):
            for cron in crons(schedule):
                if wrong := problem(cron):
                    yield self.diagnosis(schedule.spot, schedule.subject, f'the cron string "{cron}": {wrong}')
            zone = schedule.value("execution_timezone")
            if isinstance(zone, str) and not _exists(zone):
                yield self.diagnosis(schedule.spot, schedule.subject, f'there is no time zone "{zone}"')


def _exists(zone: str) -> bool:
    """Whether the IANA database has it; True where this machine has no database to ask."""
    if zone == "UTC":
        return True
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        try:
            zoneinfo.ZoneInfo("Europe/Berlin")
        except zoneinfo.ZoneInfoNotFoundError:
            return True
        return False
    return True
