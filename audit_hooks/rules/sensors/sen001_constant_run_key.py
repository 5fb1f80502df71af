"""SEN001: a sensor that starts one run and never another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.code import argument
from ...facts.declarations import declared
from ...facts.run_requests import requests
from ...judging.rule import CodeRule
from ..examples import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

# Decorators of functions that Dagster asks again and again.
_KINDS = (
    "sensor",
    "asset_sensor",
    "multi_asset_sensor",
    "run_status_sensor",
    "run_failure_sensor",
    "freshness_policy_sensor",
)
_SENSOR = JOB + "@dg.sensor(job=nightly, minimum_interval_seconds=60)\ndef new_file(context):\n"


class ConstantRunKey(CodeRule):
    """The run_key of a sensor's run says what the run is for."""

    code = "SEN001"
    title = "A sensor's run_key that is always the same"
    severity = "warning"
    tier = "standard"
    what = (
        "A sensor that asks for runs with a `run_key` that is one fixed text; one that looks at `last_run_key` means "
        "to run once, and is left out."
    )
    why = "Dagster starts one run for a key, ever: after the first one the sensor ticks and nothing runs, in silence."
    remedy = "put what the run is for into the key (a file's name and time, the cursor), or leave run_key out"
    mentions = ("RunRequest",)
    bad = (
        {"defs.py": _SENSOR + "    return dg.RunRequest(run_key='new_file')\n"},
        {"defs.py": _SENSOR + "    if context.cursor != '1':\n        yield dg.RunRequest('new_file')\n"},
        {
            "defs.py": "from dagster import AssetKey, RunRequest, asset_sensor\n\nKEY = 'orders'\n\n\n"
            "@asset_sensor(asset_key=AssetKey('orders'), job_name='nightly')\ndef orders(context, event):\n"
            "    return [RunRequest(run_key=f'{KEY}-changed')]\n"
        },
    )
    good = (
        {"defs.py": _SENSOR + "    return dg.RunRequest(run_key=context.cursor)\n"},
        {"defs.py": _SENSOR + "    return dg.RunRequest(run_key=f'file-{context.cursor}')\n"},
        {"defs.py": _SENSOR + "    return dg.RunRequest()\n"},
        {"defs.py": _SENSOR + "    return dg.RunRequest(run_key='')\n"},
        {"defs.py": _SENSOR + "    if context.last_run_key is None:\n        yield dg.RunRequest(run_key='once')\n"},
        {
            "defs.py": JOB + "key = 'a'\n\n\n@dg.sensor(job=nightly)\ndef new_file(context):\n"
            "    for key in ('a', 'b'):\n        yield dg.RunRequest(run_key=key)\n"
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each request of each sensor; an empty key is none to Dagster."""
        for sensor in declared(code, *_KINDS):
            for call, key in requests(code, sensor.function) if sensor.function else ():
                if key and not _meant(argument(call, "run_key", 0), sensor.function):
                    message = f'the sensor {sensor.subject} always gives the run_key "{key}": one run is started, ever'
                    yield self.diagnosis(code.spot(call), sensor.subject, message)


def _meant(given: ast.expr | None, function: ast.AST | None) -> bool:
    """Whether a function asks what it started last, or binds a name itself that a key takes its text from."""
    if given is None or function is None:
        return False
    used = {node.id for node in ast.walk(given) if isinstance(node, ast.Name)}
    return any(
        (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in used)
        or (isinstance(node, ast.arg) and node.arg in used)
        or (isinstance(node, ast.Attribute) and node.attr == "last_run_key")
        for node in ast.walk(function)
    )
