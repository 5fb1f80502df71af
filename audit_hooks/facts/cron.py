"""Cron strings as Dagster reads them: five fields, or a name such as @daily."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = {"@midnight", "@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually"}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_ITEM = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\w+))?")
_ODD = re.compile(r"[#?]|\bl\d*\b|\b[hr]\b")  # the last day, the nth weekday, a hash: not judged


def problem(cron: str) -> str | None:
    """What is wrong with a cron string, None where nothing is seen. What is called wrong here Dagster refuses."""
    text = cron.strip().lower()
    if text.startswith("@"):
        return None if text in _NAMED else f"there is no {cron.strip()}; there are {', '.join(sorted(_NAMED))}"
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields where Dagster takes 5 (minute hour day month weekday)"
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        if _ODD.search(field):
            return None
        for item in field.split(","):
            if wrong := _wrong(item, low, high, words):
                return f"{wrong} in the field {name}"
    day, month = fields[2], fields[3]
    if month in ("2", "02", "feb") and day in ("30", "31"):
        return f"February has no day {day}"
    return None


def every_hours(cron: str) -> bool:
    """Whether it fires every so many hours of every day (`5 * * * *`, `0 */6 * * *`): no hour of the day is meant."""
    text = cron.strip().lower()
    fields = text.split()
    return text == "@hourly" or (
        len(fields) == len(_FIELDS) and fields[1].partition("/")[0] == "*" and fields[2:] == ["*"] * 3
    )


def _wrong(item: str, low: int, high: int, words: Sequence[str]) -> str | None:
    match = _ITEM.fullmatch(item)
    if not match:
        return f"`{item}` is no value, range or step"
    first, last, step = match.groups()
    if step is not None and (not step.isdecimal() or int(step) == 0):
        return f"the step of `{item}` is no number above 0"
    for value in (first, last):
        if value is None or value == "*" or value in words:
            continue
        if not value.isdecimal():
            return f"`{value}` is no value"
        if int(value) > high or (int(value) < low and last is None and step is None):
            return f"{value} is out of range ({low} to {high})"
    return None
