"""What a rule is: one small class in a file of its own, which brings its documentation and its examples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from dmb.answers import GOVERNANCE

from .findings import Diagnosis, Finding, no_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..facts.code import Code
    from ..reading.edits import Edit
    from ..reading.sources import Spot
    from .subject import Subject

    Files = Mapping[str, str]  # an example: texts by path

TIERS = GOVERNANCE  # each holds the ones before it
SAFE, UNSAFE = "safe", "unsafe"
_TOKEN = 20  # characters: the shortest that a secret has whose form is known


class Rule(ABC):
    """Judges one subject. Subclasses set the class variables and yield what they find from `check`.

    `what` it fires on and `why` that is bad are prose for the reference; `bad` and `good` are small trees of files that
    a test judges: the rule fires on each bad one and stays silent on each good one. The first of each is shown in the
    reference as the example and as what to use instead.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[str] = "error"
    tier: ClassVar[str] = "quick"  # the least governance that is held to it
    confidence: ClassVar[str] = "high"  # high | medium | low: how sure a finding is
    preview: ClassVar[bool] = False  # a new rule: it warns at most, and only when it is asked for
    advises: ClassVar[bool] = False  # it tells what one might add: asked for a checklist, or where its code is selected
    made: ClassVar[bool] = False  # it judges what the template gave, and is silent in other repositories
    kinds: ClassVar[tuple[str, ...]] = ("module", "workspace")
    last: ClassVar[bool] = False  # it judges what the other rules left behind
    requires: ClassVar[tuple[str, ...]] = ()  # codes: what they found in a subject makes this one pointless there
    gives_way_to: ClassVar[tuple[str, ...]] = ()  # codes: an object that they tell of is not told of again
    refused: ClassVar[bool] = False  # Dagster itself does not load the bad examples, and loads the good: a test asks it
    secret: ClassVar[bool] = False  # a finding's line may hold a secret: no report shows it
    mends: ClassVar[str] = ""  # "", SAFE or UNSAFE: what the edits of its findings are
    what: ClassVar[str]
    why: ClassVar[str]
    remedy: ClassVar[str]
    bad: ClassVar[tuple[Files, ...]]
    good: ClassVar[tuple[Files, ...]]

    @abstractmethod
    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """All findings in one subject, each with what fixes it."""

    def diagnosis(
        self,
        spot: Spot,
        subject: str,
        message: str,
        remedy: str = "",
        *,
        edits: Callable[[], Iterable[Edit]] = no_edits,
    ) -> Diagnosis:
        """A finding of this rule at `spot`, and what fixes it. Where someone wrote a token for a name, it is masked."""
        if len(subject) >= _TOKEN:
            from ..facts.tokens import masked  # only here: most findings name something shorter

            subject, message, remedy = masked(subject), masked(message), masked(remedy)
        finding = Finding(
            spot.path, spot.line, spot.column, self.code, self.severity, subject, message, remedy or self.remedy
        )
        return Diagnosis(finding, edits)


class CodeRule(Rule):
    """A rule over the Python files of a module, one by one; tests and scripts are none of them.

    A file that holds none of the words in `mentions` is not looked at: most files are passed over that way.
    """

    kinds = ("module",)
    mentions: ClassVar[tuple[str, ...]] = ("dagster",)

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The findings of every file that has one of the words."""
        for code in subject.package.files:
            if any(word in code.text for word in self.mentions):
                yield from self.check_code(code, subject)

    @abstractmethod
    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """All findings in one file."""
