"""All rules. A folder is an area, a file in it a rule; index.py lists them, so that only those that are asked load."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

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


class Listed(NamedTuple):
    """A rule as the index has it: the file (`assets.ast008_retry_without_delay`), the class, and what decides whether
    it is asked, as in Rule. `mentions` is None for a rule that looks at more than code.
    """

    place: str
    name: str
    code: str
    tier: str
    kinds: tuple[str, ...]
    made: bool
    preview: bool
    advises: bool
    mentions: tuple[str, ...] | None

    def load(self) -> type[Rule]:
        """The rule itself."""
        return _load(self.place, self.name)


@cache
def _load(place: str, name: str) -> type[Rule]:
    found: type[Rule] = getattr(import_module(f".{place}", __name__), name)
    return found


def every(area: str = "") -> tuple[type[Rule], ...]:
    """All rules, or those of one area (`WSP`), in the order of their codes."""
    from .index import INDEX

    return tuple(listed.load() for listed in INDEX if listed.code.startswith(area))


@cache
def find(code: str) -> type[Rule] | None:
    """The rule of that code."""
    return next(iter(every(code)), None)
