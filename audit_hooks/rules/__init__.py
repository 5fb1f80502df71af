"""All rules, by area. A rule that is not in this list does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .assets import RULES as ASSETS
from .definitions import RULES as DEFINITIONS
from .governance import RULES as GOVERNANCE
from .package import RULES as PACKAGE
from .resources import RULES as RESOURCES
from .schedules import RULES as SCHEDULES
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

RULES: tuple[type[Rule], ...] = (
    *ASSETS,
    *DEFINITIONS,
    *GOVERNANCE,
    *PACKAGE,
    *RESOURCES,
    *SCHEDULES,
    *SECURITY,
    *WORKSPACE,
)  # in the order of codes
