"""SEN003: a sensor that lists everything again at each tick."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...judging.rule import CodeRule
from ..examples import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code, Function
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_SENSOR = JOB + "@dg.sensor(job=nightly, minimum_interval_seconds=60)\ndef new_files(context):\n"
_LISTING = {"os.listdir", "os.scandir", "os.walk", "glob.glob", "glob.iglob"}
_METHODS = {
    "iterdir",
    "rglob",
    "list_objects",
    "list_objects_v2",
    "list_blobs",
    "list_files",
    "listdir",
    "listdir_attr",
    "get_paginator",
}
_CLEARING = {"unlink", "remove", "rename", "replace", "move", "rmtree", "delete_object", "delete_blob", "copyfile"}


class CursorNotUsed(CodeRule):
    """A sensor that lists files remembers where it was."""

    code = "SEN003"
    title = "A sensor that lists everything at each tick"
    severity = "info"
    tier = "enterprise"
    confidence = "medium"
    what = (
        "A `@sensor` that lists a folder or a bucket, asks for a run for each thing that it finds, and neither reads "
        "nor sets the cursor. One that moves or deletes what it found, or hands its context to another function, is "
        "left out."
    )
    why = (
        "Each tick lists all that was ever there and asks for a run for each; Dagster looks every run_key up again, "
        "and ends a tick that takes more than 60 seconds."
    )
    remedy = "keep the newest that was seen: context.update_cursor(…), and list or ask only for what is newer"
    mentions = ("sensor",)
    bad = (
        {
            "defs.py": "import os\n\n" + _SENSOR + "    for name in os.listdir('/data'):\n"
            "        yield dg.RunRequest(run_key=name)\n"
        },
        {
            "defs.py": "from pathlib import Path\n\n" + _SENSOR + "    return [\n"
            "        dg.RunRequest(run_key=path.name) for path in Path('/data').iterdir()\n    ]\n"
        },
    )
    good = (
        {
            "defs.py": "import os\n\n" + _SENSOR + "    newest = max(os.listdir('/data'))\n"
            "    if newest != context.cursor:\n        context.update_cursor(newest)\n"
            "        yield dg.RunRequest(run_key=newest)\n"
        },
        {
            "defs.py": "import os\n\n" + _SENSOR + "    if os.listdir('/data'):\n        return dg.RunRequest()\n"
            "    return dg.SkipReason('nothing there')\n"
        },
        {
            "defs.py": "import os\n\n" + _SENSOR + "    for name in os.listdir('/in'):\n"
            "        os.rename(f'/in/{name}', f'/taken/{name}')\n        yield dg.RunRequest(run_key=name)\n"
        },
        {
            "defs.py": "import os\n\n" + _SENSOR + "    for name in newer(context, os.listdir('/in')):\n"
            "        yield dg.RunRequest(run_key=name)\n"
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Those whose whole way to the list is written there."""
        for sensor in declared(code, "sensor"):
            if sensor.function and _asks_again(code, sensor.function):
                message = f"the sensor {sensor.subject} lists everything at each tick, and has no cursor"
                yield self.diagnosis(sensor.spot, sensor.subject, message)


def _asks_again(code: Code, function: Function) -> bool:
    """Whether a function lists things, asks for a run for each in a loop, and keeps no account of them."""
    own = {argument.arg for argument in function.args.args}
    lists = loops = False
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and "cursor" in node.attr:
            return False
        if isinstance(node, ast.Call):
            attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if (
                attribute in _CLEARING
                or any(keyword.arg == "cursor" for keyword in node.keywords)
                or any(isinstance(value, ast.Name) and value.id in own for value in given)
            ):
                return False
            lists = lists or attribute in _METHODS or code.name(node.func) in _LISTING
        elif isinstance(node, ast.For | ast.AsyncFor | ast.ListComp | ast.GeneratorExp):
            loops = loops or any(
                isinstance(inside, ast.Call) and code.name(inside.func) == "dagster.RunRequest"
                for inside in ast.walk(node)
            )
    return lists and loops
