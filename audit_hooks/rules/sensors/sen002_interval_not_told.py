"""SEN002: a sensor that looks as often as Dagster likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import MISSING, declared
from ...facts.python_edits import add_argument
from ...judging.rule import UNSAFE, CodeRule
from .declarations import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Finding
    from ...judging.rule import Edit
    from ...judging.subject import Subject


class IntervalNotTold(CodeRule):
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
    bad = (
        {"defs.py": HEAD + "@dg.sensor(job=nightly)\ndef new_file(context):\n    return dg.SkipReason('no')\n"},
        {"defs.py": HEAD + "def look(context):\n    ...\n\n\nnew = dg.SensorDefinition('new', look, job=nightly)\n"},
    )
    good = (
        {"defs.py": HEAD + "@dg.sensor(job=nightly, minimum_interval_seconds=300)\ndef new_file(context):\n    ...\n"},
        {"defs.py": HEAD + "@dg.sensor('nightly', 'new', 300)\ndef new_file(context):\n    ...\n"},
        {"defs.py": HEAD + "@dg.sensor(job=nightly, **options)\ndef new_file(context):\n    ...\n"},
        {"defs.py": HEAD + "@dg.run_failure_sensor\ndef tell(context):\n    ...\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Finding]:
        """Those that look outside."""
        for sensor in _all(code):
            if _interval(sensor) is MISSING:
                message = f"the sensor {sensor.subject} does not say how often it looks: every 30 seconds"
                yield self.finding(sensor.spot, sensor.subject, message)

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """30 is what Dagster takes today."""
        for code in subject.package.files:
            for sensor in _all(code) if code.path == finding.path else ():
                at_place = (sensor.spot.line, sensor.spot.column) == (finding.line, finding.column)
                if at_place and sensor.call:
                    yield add_argument(code, sensor.call, "minimum_interval_seconds=30")


def _all(code: Code) -> list[Declared]:
    return declared(code, "sensor", "SensorDefinition")


def _interval(sensor: Declared) -> object:
    return sensor.value("minimum_interval_seconds", 2 if sensor.function else 3)
