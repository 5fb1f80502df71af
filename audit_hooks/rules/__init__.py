"""All rules, by area. A rule that is not in this list does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .security import RULES as SECURITY
from .workspace import RULES as WORKSPACE

if TYPE_CHECKING:
    from ..rule import Rule

AREAS = {  # the first letters of a code, and what they stand for
    "PKG": "Package",
    "DEF": "Definitions",
    "RES": "Resources and IO managers",
    "AST": "Assets",
    "SCH": "Schedules",
    "SEN": "Sensors",
    "PAR": "Partitions",
    "WSP": "Workspace",
    "SEC": "Security",
    "DEP": "Deployments",
    "GOV": "Governance",
}

RULES: tuple[type[Rule], ...] = (*SECURITY, *WORKSPACE)
