"""The schedules that a file declares by cron strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .declarations import declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .code import Code
    from .declarations import Declared


def schedules(code: Code) -> list[Declared]:
    """Schedules that are given a cron string; those built from a job's partitions are not among them."""
    return declared(code, "schedule", "ScheduleDefinition")


def crons(schedule: Declared) -> Iterator[str]:
    """The cron strings that are written there."""
    given: Any = schedule.value("cron_schedule", 0 if schedule.function else None)
    yield from (cron for cron in (given if isinstance(given, list | tuple) else [given]) if isinstance(cron, str))
