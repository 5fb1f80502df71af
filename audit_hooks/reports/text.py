"""Findings for people: a line each with its place, then what to do; one line a file format's tools can follow."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..findings import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..findings import Finding


def render(findings: Sequence[Finding]) -> str:
    """The report, ending in a newline."""
    return "".join(f"{line}\n" for line in _lines(findings))


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{one_line(finding.place)}: {finding.severity} {finding.rule}: {one_line(finding.message)}"
        yield f"  -> {one_line(finding.remedy)}"
    yield summary(findings)


def one_line(text: str) -> str:
    """`text` with nothing in it that a terminal would act on or that ends the line."""
    return "".join(character if character.isprintable() else " " for character in text)


def summary(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`."""
    counts = Counter(finding.severity for finding in findings)
    parts = [
        f"{counts[severity]} {severity}{'s' * (counts[severity] > 1)}"
        for severity in reversed(SEVERITIES)
        if counts[severity]
    ]
    return ", ".join(parts) or "no findings"
