"""WSP014: a variable that is set twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_EMPTY = {"workspace.yaml": "load_from: []\n"}


class VariableTwice(Rule):
    """Keys of the variables' file are unique."""

    code = "WSP014"
    title = "A variable that is set twice"
    what = "Two assignments to one variable in `.env`, or in the example of it."
    why = "The later one wins in silence, so one module's value can replace another's."
    remedy = "keep one of the two lines"
    bad = ({**_EMPTY, ".env": "A=1\nB=2\nA=3\n"}, {**_EMPTY, ".env": "A=1\n# BEGIN: bar\nA=2\n# END: bar\n"})
    good = ({**_EMPTY, ".env": "A=1\nB=2\n"}, {**_EMPTY, ".env": "# A=1\nA=2\n"})

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each key against those above it."""
        workspace = subject.workspace
        first: dict[str, int] = {}
        for assignment in workspace.assignments:
            line = first.setdefault(assignment.key, assignment.line)
            if line != assignment.line:
                spot = Spot(workspace.env or "", assignment.line, 1)
                yield self.diagnosis(spot, assignment.key, f"{assignment.key} is set already in line {line}")
