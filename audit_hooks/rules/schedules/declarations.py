"""What the rules on schedules have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...facts.declarations import declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared

# The head of the examples.
HEAD = "import dagster as dg\n\nnightly = dg.define_asset_job('nightly')\n\n"


def schedules(code: Code) -> list[Declared]:
    """Schedules that are given a cron string; those built from a job's partitions are not among them."""
    return declared(code, "schedule", "ScheduleDefinition")


def crons(schedule: Declared) -> Iterator[str]:
    """The cron strings that are written there."""
    told: Any = schedule.value("cron_schedule", 0 if schedule.function else None)
    yield from (one for one in (told if isinstance(told, list | tuple) else [told]) if isinstance(one, str))
