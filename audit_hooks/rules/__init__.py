"""All rules. A folder is an area, a file in it a rule; judging/index.py lists them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..judging.index import INDEX

if TYPE_CHECKING:
    from ..judging.rule import Rule

WORKSPACE = "WSP"  # the area that `dmb workspace validate` judges by
AREAS = {  # the first letters of a code, and what they stand for
    "PKG": "Package",
    "DEF": "Definitions",
    "RES": "Resources and IO managers",
    "AST": "Assets",
    "SCH": "Schedules",
    "SEN": "Sensors",
    "PAR": "Partitions",
    WORKSPACE: "Workspace",
    "SEC": "Security",
    "DEP": "Deployments",
    "GOV": "Governance",
}


def every(area: str = "") -> tuple[type[Rule], ...]:
    """All rules, or those of one area (`WSP`), in the order of their codes."""
    return tuple(listed.load() for listed in INDEX if listed.code.startswith(area))


@cache
def find(code: str) -> type[Rule] | None:
    """The rule of that code."""
    return next(iter(every(code)), None)
