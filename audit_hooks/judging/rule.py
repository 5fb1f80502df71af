"""What a rule is: one small class in a file of its own, which brings its documentation and its examples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from dmb.answers import GOVERNANCE

from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..facts.code import Code
    from ..reading.sources import Spot
    from .ignores import Ignores
    from .policy import Settings
    from .subject import Subject

    Files = Mapping[str, str]  # an example: texts by path

TIERS = GOVERNANCE  # each holds the ones before it
KINDS = ("module", "workspace", "repository")  # of a subject
SAFE, UNSAFE = "safe", "unsafe"
_TOKEN = 20  # characters: the shortest that a secret has whose form is known


class Edit(NamedTuple):
    """A part of a fix: in the text of `path`, as `Sources.text` gives it, `start:end` becomes `text`.

    Offsets count characters. An edit with `start == end == -1` makes the file when it is not there.
    """

    path: str
    start: int
    end: int
    text: str


class Rule(ABC):
    """Judges one subject. Subclasses set the class variables and yield findings from `check`.

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
    after: ClassVar[tuple[str, ...]] = ()  # codes: they note in the files what this one tells
    requires: ClassVar[tuple[str, ...]] = ()  # codes: what they found in a subject makes this one pointless there
    gives_way_to: ClassVar[tuple[str, ...]] = ()  # codes: an object that they tell of is not told of again
    refused: ClassVar[bool] = False  # Dagster itself does not load the bad examples, and loads the good: a test asks it
    secret: ClassVar[bool] = False  # a finding's line may hold a secret: no report shows it
    mends: ClassVar[str] = ""  # "", SAFE or UNSAFE: what `fix` gives
    what: ClassVar[str]
    why: ClassVar[str]
    remedy: ClassVar[str]
    bad: ClassVar[tuple[Files, ...]]
    good: ClassVar[tuple[Files, ...]]

    @abstractmethod
    def check(self, subject: Subject) -> Iterator[Finding]:
        """All findings in one subject."""

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """The edits that mend one finding of this rule; none where that one cannot be mended by a machine."""
        return ()

    def finding(self, spot: Spot, subject: str, message: str, remedy: str = "") -> Finding:
        """A finding of this rule at `spot`. Where someone wrote a token for a name, it is told without."""
        if len(subject) >= _TOKEN:
            from ..facts.tokens import masked  # only here: most findings name something shorter

            subject, message, remedy = masked(subject), masked(message), masked(remedy)
        return Finding(
            spot.path, spot.line, spot.column, self.code, self.severity, subject, message, remedy or self.remedy
        )


class CodeRule(Rule):
    """A rule over the Python files of a module, one by one; tests and scripts are none of them.

    A file that holds none of the words in `mentions` is not looked at: most files are passed over that way.
    """

    kinds = ("module",)
    mentions: ClassVar[tuple[str, ...]] = ("dagster",)

    def check(self, subject: Subject) -> Iterator[Finding]:
        """The findings of every file that has one of the words."""
        for code in subject.package.files:
            if any(word in code.text for word in self.mentions):
                yield from self.check_code(code, subject)

    @abstractmethod
    def check_code(self, code: Code, subject: Subject) -> Iterator[Finding]:
        """All findings in one file."""


class Statements(NamedTuple):
    """What a subject says of its own audit, and what came of that: for the rules that judge it.

    `judged` are the codes of the rules that were asked, `findings` what they found before any ignore.
    """

    settings: Settings
    ignores: Ignores
    judged: frozenset[str]
    findings: frozenset[Finding]


class StatementRule(Rule):
    """A rule over what a subject says of its own audit. It is asked after those that judge the subject itself."""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """The findings where nothing else is asked."""
        from .ignores import Ignores
        from .policy import Settings

        settings = Settings(subject.files, subject.repository)
        ignores = Ignores(subject, settings)
        yield from self.check_statements(subject, Statements(settings, ignores, frozenset(), frozenset()))

    @abstractmethod
    def check_statements(self, subject: Subject, statements: Statements) -> Iterator[Finding]:
        """All findings in what one subject says."""
