"""What a rule is: one small class in a file of its own, which brings its documentation and its examples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .sources import Spot
    from .subject import Subject

    Files = Mapping[str, str]  # an example: texts by path


class Rule(ABC):
    """Judges one subject. Subclasses set the class variables and yield findings from `check`.

    `what` it fires on and `why` that is bad are prose for the reference; `bad` and `good` are small trees of files that
    a test judges: the rule fires on each bad one and stays silent on each good one.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[str] = "error"
    what: ClassVar[str]
    why: ClassVar[str]
    remedy: ClassVar[str]
    bad: ClassVar[tuple[Files, ...]]
    good: ClassVar[tuple[Files, ...]]

    @abstractmethod
    def check(self, subject: Subject) -> Iterator[Finding]:
        """All findings in one subject."""

    def finding(self, spot: Spot, subject: str, message: str, remedy: str = "") -> Finding:
        """A finding of this rule at `spot`."""
        return Finding(
            spot.path, spot.line, spot.column, self.code, self.severity, subject, message, remedy or self.remedy
        )
