"""SCH: when jobs run by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sch001_no_time_zone import NoTimeZone
from .sch002_impossible_time import ImpossibleTime
from .sch003_status_not_told import StatusNotTold
from .sch004_repeated_run_key import RepeatedRunKey

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (NoTimeZone, ImpossibleTime, StatusNotTold, RepeatedRunKey)
