"""Defects planted into generated modules: one file of these an area, each a rule's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

EXTRA = "src/bar_one_dagster/defs/extra.py"
HEAD = '"""More."""\n\nimport dagster as dg\n\n'
JOB = HEAD + 'extra = dg.define_asset_job("bar_one_extra", description="More.")\n\n'
ON = "default_status=dg.DefaultScheduleStatus.STOPPED"


class Seed(NamedTuple):
    """One defect. `answers` make the module ({"governance": "standard", "database": "postgresql"}).

    `edits` by path: (old, new) replaces a text that stands there once, a text alone is the whole file, None deletes it.
    The rule must find it at `path`, on the line that holds `line` ("" where the finding is for the whole file), and no
    other rule may find anything.
    """

    rule: str
    answers: Mapping[str, str]
    edits: Mapping[str, tuple[str, str] | str | None]
    path: str
    line: str = ""
