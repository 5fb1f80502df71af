"""PKG007: a file that cannot be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class UnreadableFile(Rule):
    """Python files parse."""

    code = "PKG007"
    title = "A Python file that cannot be judged"
    severity = "warning"
    kinds = ("module",)
    last = True
    what = (
        "A Python file with broken syntax, with syntax newer than the Python that the audit runs on, nested too deep, "
        "or larger than 1 MB. Tests and documents are left out."
    )
    why = "No other rule sees what is in it; broken syntax keeps Dagster from loading it too."
    remedy = "mend the line, or run the audit on the newer Python"
    bad = (
        {"defs.py": "import dagster as dg\n\ndef orders(:\n"},
        {"defs.py": "import dagster as dg\n", "more.py": "x = (\n"},
    )
    good = (
        {"defs.py": "import dagster as dg\n\ndef orders(): ...\n"},
        {"defs.py": "import dagster as dg\n", "tests/test_x.py": "x = (\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each file once."""
        for broken in subject.package.unparsed:
            yield self.diagnosis(broken.spot, broken.spot.path, broken.cause, broken.remedy)
