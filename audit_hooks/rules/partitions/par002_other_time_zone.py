"""PAR002: a schedule and its job's partitions that mean another day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.cron import every_hours
from ...facts.declarations import MISSING, declaration, declared
from ...facts.partitions import WINDOWS
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...facts.package import Package
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_UTC = {"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal", "Etc/Universal"}
_HEAD = (
    "import dagster as dg\n\ndays = dg.DailyPartitionsDefinition(start_date='2024-01-01'{})\n"
    "nightly = dg.define_asset_job('nightly', partitions_def=days)\n\n\n"
)
_SCHEDULE = (
    "@dg.schedule(job=nightly, cron_schedule='0 1 * * *', execution_timezone='{}')\ndef daily(context):\n"
    "    return dg.RunRequest(partition_key=context.scheduled_execution_time.strftime('%Y-%m-%d'))\n"
)


class OtherTimeZone(CodeRule):
    """A schedule has the time zone of the partitions that it asks for."""

    code = "PAR002"
    title = "Partitions and their schedule in different time zones"
    severity = "warning"
    tier = "standard"
    what = (
        "A schedule with an `execution_timezone` for a job whose `partitions_def` is cut by days, weeks or months in "
        "another `timezone`; partitions without one are in UTC. One that fires every hour is left out."
    )
    why = (
        "The day of the schedule ends hours before or after that of the partition: it asks for one that is not there "
        "yet, or for the day before the one that is meant."
    )
    remedy = "give both the same, or build the schedule from the job: dg.build_schedule_from_partitioned_job(job)"
    mentions = ("execution_timezone",)
    bad = (
        {"defs.py": _HEAD.format("") + _SCHEDULE.format("Europe/Berlin")},
        {"defs.py": _HEAD.format(", timezone='Asia/Tokyo'") + _SCHEDULE.format("UTC")},
        {
            "bar/__init__.py": "",
            "bar/jobs.py": _HEAD.format(""),
            "bar/schedules.py": "from bar.jobs import nightly\n"
            "import dagster as dg\n\n\n" + _SCHEDULE.format("Asia/Tokyo"),
        },
    )
    good = (
        {"defs.py": _HEAD.format("") + _SCHEDULE.format("Etc/UTC")},
        {"defs.py": _HEAD.format(", timezone='Europe/Berlin'") + _SCHEDULE.format("Europe/Berlin")},
        {"defs.py": _HEAD.format(", timezone=ZONE") + _SCHEDULE.format("Europe/Berlin")},
        {
            "defs.py": "import dagster as dg\n\nnightly = dg.define_asset_job('nightly')\n\n\n"
            + _SCHEDULE.format("Asia/Tokyo")
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Where job, partitions and both zones are written down."""
        for schedule in declared(code, "schedule", "ScheduleDefinition"):
            zone, cron = schedule.value("execution_timezone"), schedule.value("cron_schedule", 0)
            if not isinstance(zone, str) or (isinstance(cron, str) and every_hours(cron)):
                continue
            partitions = _partitions(subject.package, code, schedule)
            other = partitions.value("timezone") if partitions else None
            if partitions and other is MISSING:
                other = "UTC"
            if isinstance(other, str) and _same(other) != _same(zone):
                message = f"the schedule {schedule.subject} is in {zone}, the partitions of its job are in {other}"
                yield self.diagnosis(schedule.spot, schedule.subject, message)


def _partitions(package: Package, code: Code, schedule: Declared) -> Declared | None:
    """The partitions of a schedule's job, where they are cut by a day or more."""
    kinds = [kind for kind in WINDOWS if not kind.startswith(("Hourly", "TimeWindow"))]
    bound = package.bound(code, schedule.argument("job"))
    job = declaration(*bound, "define_asset_job", "job") if bound else None
    bound = package.bound(job.code, job.argument("partitions_def")) if job else None
    return declaration(*bound, *kinds) if bound else None


def _same(zone: str) -> str:
    return "UTC" if zone in _UTC else zone
