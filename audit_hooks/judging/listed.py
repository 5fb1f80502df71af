"""A rule by what decides whether it is asked: only those that are asked are loaded."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .rule import Rule


class Listed(NamedTuple):
    """A rule as the index has it: the file (`assets.ast008_retry_without_delay`), the class, and what the class says of
    itself, as in Rule. `mentions` is None for a rule that looks at more than code.
    """

    place: str
    name: str
    code: str
    tier: str
    kinds: tuple[str, ...]
    made: bool
    preview: bool
    advises: bool
    secret: bool
    mentions: tuple[str, ...] | None

    def load(self) -> type[Rule]:
        """The rule itself."""
        return _load(self.place, self.name)


@cache
def _load(place: str, name: str) -> type[Rule]:
    """The class of a rule, by name: nothing here is above the rules but this."""
    rule: type[Rule] = getattr(import_module(f"..rules.{place}", __package__), name)
    return rule
