"""What a rule found: where, what, and how to fix it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..reading.edits import Edit

CODE = re.compile(r"[A-Z]{3}(\d{3})?")  # of a rule, or of an area
SEVERITIES = ("info", "warning", "error")  # the least first


class Finding(NamedTuple):
    """One finding. Sorted as one reads: by file, line and column.

    `path` is relative to the folder that is judged, POSIX; `line` and `column` are 1-based, 0 where the whole file is
    meant. `subject` names the object (a location, a service, a variable), `remedy` says what to do, in one sentence.
    """

    path: str
    line: int
    column: int
    rule: str
    severity: str
    subject: str
    message: str
    remedy: str

    @property
    def place(self) -> str:
        """`path`, `path:line` or `path:line:column`, as editors and terminals follow it."""
        return ":".join([self.path, *(str(number) for number in (self.line, self.column) if number)])


def no_edits() -> Iterable[Edit]:
    """What fixes a finding that no machine can fix."""
    return ()


class Diagnosis(NamedTuple):
    """What a rule says of one place: the finding, and what gives the edits that fix it.

    They are made only where somebody asks for the fix, and may be none. A finding is plain data, which `edits` is not.
    """

    finding: Finding
    edits: Callable[[], Iterable[Edit]] = no_edits


def at_or_above(findings: Iterable[Finding], severity: str) -> int:
    """How many findings are as severe as that, or more."""
    least = SEVERITIES.index(severity)
    return sum(SEVERITIES.index(finding.severity) >= least for finding in findings)
