"""What a subject says of its own audit, and the rules that judge that."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from .ignores import Ignores
from .policy import Settings
from .rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .findings import Diagnosis, Finding
    from .subject import Subject


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

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The findings where nothing else is asked."""
        settings = Settings(subject.files, subject.repository)
        ignores = Ignores(subject, settings)
        yield from self.check_statements(subject, Statements(settings, ignores, frozenset(), frozenset()))

    @abstractmethod
    def check_statements(self, subject: Subject, statements: Statements) -> Iterator[Diagnosis]:
        """All findings in what one subject says."""
