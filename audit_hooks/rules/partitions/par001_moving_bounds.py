"""PAR001: partitions that are other ones tomorrow."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...facts.partitions import WINDOWS
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_NOW = {
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    "datetime.date.today",
    "time.time",
    *(f"pendulum.{name}" for name in ("now", "today", "yesterday", "tomorrow")),
    *(f"pandas.Timestamp.{name}" for name in ("now", "utcnow", "today")),
    *(f"arrow.{name}" for name in ("now", "utcnow")),
    "dagster.get_current_datetime",
}
_HEAD = "from datetime import datetime, timedelta\n\nimport dagster as dg\n\n"


class MovingBounds(CodeRule):
    """Partitions begin and end at moments that are written down."""

    code = "PAR001"
    title = "Partitions whose bounds are the moment of loading"
    what = "`datetime.now()`, `date.today()` or the like in the first or last moment of time-based partitions."
    why = (
        "Each process takes the moment at which it loads the code: the first partitions vanish, and with them what "
        "Dagster knows of them; a run that loads after midnight does not have the partition that it was asked for. As "
        "the end it stops the growth: new partitions come only when the code is loaded again."
    )
    remedy = (
        'write the first day: start_date="2024-01-01"; leave the end out, since Dagster takes the present, and move it '
        "with end_offset"
    )
    mentions = ("PartitionsDefinition",)
    bad = (
        {"defs.py": _HEAD + "days = dg.DailyPartitionsDefinition(start_date=datetime.now() - timedelta(days=30))\n"},
        {
            "defs.py": "import datetime as dt\n\nfrom dagster import WeeklyPartitionsDefinition\n\n"
            "START = (dt.date.today() - dt.timedelta(weeks=8)).strftime('%Y-%m-%d')\n"
            "weeks = WeeklyPartitionsDefinition(START)\n"
        },
        {"defs.py": _HEAD + "days = dg.DailyPartitionsDefinition('2024-01-01', end_date=datetime.now())\n"},
    )
    good = (
        {"defs.py": _HEAD + "days = dg.DailyPartitionsDefinition(start_date='2024-01-01', end_offset=1)\n"},
        {"defs.py": _HEAD + "days = dg.DailyPartitionsDefinition(start_date=datetime(2024, 1, 1), fmt='%Y%m%d')\n"},
        {"defs.py": _HEAD + "days = dg.DailyPartitionsDefinition(start_date=options.start)\n"},
        {"defs.py": _HEAD + "NOW = datetime.now()\nregions = dg.StaticPartitionsDefinition(['eu', 'us'])\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each bound."""
        for item in declared(code, *WINDOWS):
            names = ("start", "end") if item.kind.startswith("TimeWindow") else ("start_date", "end_date")
            for name, position in zip(names, WINDOWS[item.kind], strict=True):
                bound = subject.package.bound(code, item.argument(name, position))
                moment = _moment(bound.code, bound.node) if bound and isinstance(bound.node, ast.expr) else None
                if bound and moment:
                    what = bound.code.source(moment)
                    does = "partitions vanish" if name.startswith("start") else "new partitions wait for a reload"
                    message = f"{name} of {item.kind} is {what}, which is another moment at each load: {does}"
                    yield self.diagnosis(item.spot, item.kind, message)


def _moment(code: Code, node: ast.expr) -> ast.Call | None:
    """The call that asks for the present, in an expression."""
    calls = (inside for inside in ast.walk(node) if isinstance(inside, ast.Call))
    return next((call for call in calls if code.name(call.func) in _NOW), None)
