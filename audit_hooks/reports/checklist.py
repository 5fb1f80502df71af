"""A module's checklist: a line an area, what fixes each finding, what is recommended, how many rules passed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .plain import one_line
from .summary import CLEAN, counted, findings_by_area, fix_command, judged, passed, plural, title, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..judging.findings import Finding
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources

MARKS = {CLEAN: "✅", "info": "⚠️", "warning": "⚠️", "error": "❌"}


def render(verdicts: Sequence[Verdict], files: Sources) -> str:
    """The report, ending in a newline."""
    return (
        "\n".join(
            "".join(f"{line}\n" for line in _checklist(verdict, _named(files.root / verdict.folder)))
            for verdict in judged(verdicts)
        )
        or "nothing was audited\n"
    )


def _checklist(verdict: Verdict, folder: str) -> Iterator[str]:
    made = "" if verdict.made or verdict.kind != "module" else ", not made by dmb"
    where = f" in {one_line(verdict.folder)}" if verdict.folder else ""
    yield f"{one_line(verdict.name)} ({verdict.kind}{where}, {verdict.tier}{made})"
    for letters, findings in findings_by_area(verdict).items():
        problems = [finding for finding in findings if finding.severity != "info"]
        recommended = plural(len(findings) - len(problems), "recommendation") if len(problems) < len(findings) else ""
        words = ", ".join(part for part in (counted(problems) if problems else "", recommended) if part)
        yield f"  {MARKS[worst(findings)]} {title(letters)}" + (f": {words}" if words else "")
        for finding in problems:
            yield from _item(finding, folder)
    if recommendations := [finding for finding in verdict.findings if finding.severity == "info"]:
        yield "  Recommendations"
        for finding in recommendations:
            yield from _item(finding, folder)
    silenced = f", {verdict.silenced} findings silenced" if verdict.silenced else ""
    yield f"  {passed(verdict)} of {plural(len(verdict.checked), 'rule')} passed{silenced}"


def _item(finding: Finding, folder: str) -> Iterator[str]:
    yield f"     {finding.rule} {one_line(finding.place)}: {one_line(finding.message)}"
    yield f"       -> {one_line(finding.remedy)}"
    if command := fix_command(finding.rule, folder):
        yield f"       -> or by itself: {command}"


def _named(folder: Path) -> str:
    """A folder as one would type it in the working folder; "" for that one."""
    working = Path.cwd()
    if folder == working:
        return ""
    return str(folder.relative_to(working) if folder.is_relative_to(working) else folder)
