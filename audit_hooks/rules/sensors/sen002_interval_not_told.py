"""SEN002: a sensor that looks as often as Dagster likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...judging.missing_argument import MissingArgument
from ...judging.rule import UNSAFE
from ..examples import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared


class IntervalNotTold(MissingArgument):
    """A sensor that looks at something outside says how often."""

    code = "SEN002"
    title = "A sensor that does not say how often it looks"
    severity = "info"
    tier = "standard"
    mends = UNSAFE
    what = (
        "`@sensor` or `SensorDefinition` without `minimum_interval_seconds`. Sensors of assets and of runs only read "
        "Dagster's own records and are left out."
    )
    why = "Dagster asks it every 30 seconds, and with it the bucket, the folder or the API that it looks at."
    remedy = "say it: minimum_interval_seconds=300, or 30 where that is meant"
    mentions = ("sensor", "Sensor")
    argument = "minimum_interval_seconds"
    positions = (2, 3)
    message = "the sensor {} does not say how often it looks: every 30 seconds"
    default = "30"
    bad = (
        {"defs.py": JOB + "@dg.sensor(job=nightly)\ndef new_file(context):\n    return dg.SkipReason('no')\n"},
        {"defs.py": JOB + "def look(context):\n    ...\n\n\nnew = dg.SensorDefinition('new', look, job=nightly)\n"},
    )
    good = (
        {"defs.py": JOB + "@dg.sensor(job=nightly, minimum_interval_seconds=300)\ndef new_file(context):\n    ...\n"},
        {"defs.py": JOB + "@dg.sensor('nightly', 'new', 300)\ndef new_file(context):\n    ...\n"},
        {"defs.py": JOB + "@dg.sensor(job=nightly, **options)\ndef new_file(context):\n    ...\n"},
        {"defs.py": JOB + "@dg.run_failure_sensor\ndef tell(context):\n    ...\n"},
    )

    def declarations(self, code: Code) -> Iterator[tuple[Declared, str]]:
        """Those that look outside."""
        for item in declared(code, "sensor", "SensorDefinition"):
            yield item, item.subject
