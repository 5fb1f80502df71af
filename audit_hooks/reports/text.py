"""Findings for people, by file: the place as editors and terminals follow it, the line, what to do."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ..rules import find
from .excerpts import Excerpts
from .plain import cells, one_line
from .summary import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..judging.findings import Finding
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources
    from .excerpts import Excerpt

BOLD, FAINT = "1", "2"
COLORS = {"error": "1;31", "warning": "1;33", "info": "1;34"}  # of the severities, as a terminal's SGR parameters


def render(verdicts: Sequence[Verdict], files: Sources, *, color: bool = False) -> str:
    """The report, ending in a newline; `color` is for a terminal."""
    excerpts = Excerpts(verdicts, files)
    findings = sorted(finding for verdict in verdicts for finding in verdict.findings)
    parts = []
    for _, group in groupby(findings, key=lambda finding: finding.path):
        parts.append(
            "".join(f"{line}\n" for finding in group for line in _lines(finding, excerpts.of(finding), color=color))
        )
    return "\n".join([*parts, summary(verdicts) + "\n"])


def listing(findings: Sequence[Finding]) -> str:
    """Findings alone, without their lines; ends in a newline."""
    lines = [line for finding in findings for line in _lines(finding, None, color=False)]
    return "".join(f"{line}\n" for line in [*lines, counted(findings)])


def summary(verdicts: Sequence[Verdict]) -> str:
    """`2 errors, 1 warning (4 silenced, --fix mends 1)`."""
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    silenced = sum(verdict.silenced for verdict in verdicts)
    fixes = [rule.mends for finding in findings if (rule := find(finding.rule)) and rule.mends]
    safe = fixes.count("safe")
    notes = [f"{silenced} silenced"] if silenced else []
    notes += [f"--fix mends {safe}"] if safe else []
    notes += [f"--fix --unsafe mends {len(fixes)}"] if len(fixes) > safe else []
    return counted(findings) + (f" ({', '.join(notes)})" if notes else "")


def _lines(finding: Finding, excerpt: Excerpt | None, *, color: bool) -> Iterator[str]:
    def painted(text: str, style: str) -> str:
        return f"\033[{style}m{text}\033[0m" if color else text

    hue = COLORS[finding.severity]
    sentence = f"{painted(finding.severity, hue)} {finding.rule}: {one_line(finding.message)}"
    yield f"{painted(one_line(finding.place), BOLD)}: {sentence}"
    if excerpt:
        # The bar also keeps a CI system from taking a line of a file for a command of its own.
        number = str(excerpt.line)
        yield f"  {painted(f'{number} |', FAINT)} {excerpt.text}"
        if finding.column:
            space = " " * cells(excerpt.text[: excerpt.caret])
            yield f"  {' ' * len(number)} {painted('|', FAINT)} {space}{painted('^', hue)}"
    yield f"  -> {one_line(finding.remedy)}"
