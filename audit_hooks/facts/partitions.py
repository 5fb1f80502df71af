"""Partitions by time."""

from __future__ import annotations

# Dagster's classes, with the positions of the first and the last moment among their arguments.
WINDOWS = {
    "HourlyPartitionsDefinition": (0, 1),
    "DailyPartitionsDefinition": (0, 1),
    "WeeklyPartitionsDefinition": (0, 1),
    "MonthlyPartitionsDefinition": (0, 1),
    "TimeWindowPartitionsDefinition": (0, 2),
}
