"""Markdown for a CI job's summary or a comment: totals, a row a module, and each module's findings folded away."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from ..judging.findings import SEVERITIES
from ..rules import find
from .checklist import MARKS
from .excerpts import Excerpts
from .plain import encodable, one_line
from .summary import counted, explained, fix_command, judged, kinds, passed, plural, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..judging.findings import Finding
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources

LIMIT = 1_000_000  # bytes: GitHub refuses a summary of more than 1 MiB altogether
_CLOSING = 1_000  # bytes kept for the end

# Not letters, digits and what cannot mean anything. Entities never are Markdown's own marks; the four characters that
# GitHub looks for after Markdown is done ($math$, @people, #issues, :emoji:, and addresses) are cut off by a tag.
_MARK = re.compile(r"[^\w\s.,;/()'\"=+%?-]|_|(?<=\bwww)\.", re.ASCII)
_LATER = frozenset("$@#:")


def render(verdicts: Sequence[Verdict], files: Sources) -> str:
    """The report, ending in a newline; the worst modules first, so that a report that is too long loses the least."""
    order = sorted(judged(verdicts), key=_badness)
    out = _Page(LIMIT - _CLOSING)
    findings = [finding for verdict in order for finding in verdict.findings]
    bad = sum(bool(verdict.findings) for verdict in order)
    out.add(f"## Audit: {counted(findings)}", "")
    silenced = sum(verdict.silenced for verdict in order)
    notes = [f"{bad} of {len(order)} with findings"] if bad else []
    notes += [f"{plural(silenced, 'finding')} silenced"] if silenced else []
    out.add(f"{kinds(order)}{': ' * bool(notes)}{', '.join(notes)}.", "")
    if order:
        owned = any(verdict.owner for verdict in order)  # a fleet of which nobody says who owns it needs no column
        head, rule = ("owner | ", "---|") if owned else ("", "")
        out.add(
            f"| | module | {head}tier | errors | warnings | infos | rules passed |",
            f"|---|---|{rule}---|--:|--:|--:|--:|",
        )
        left = sum(not out.add(_row(verdict, owned=owned)) for verdict in order)
        out.close(f"\n{left} more." if left else "")
    excerpts = Excerpts(order, files)
    for verdict in order:
        if verdict.findings:
            _details(verdict, excerpts, out)
    return encodable(out.text())


class _Page:
    """Lines up to a number of bytes; after the first that has no room, none has."""

    def __init__(self, room: int) -> None:
        self._lines: list[str] = []
        self._room = room
        self.left_out = 0  # findings

    def add(self, *lines: str) -> bool:
        """Whether there was room for the lines, all of them."""
        self._room -= sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)
        if self._room >= 0:
            self._lines += lines
        return self._room >= 0

    def close(self, *lines: str) -> None:
        """Lines that are always wanted: room is kept for them."""
        self._lines += lines

    def text(self) -> str:
        if self.left_out:
            self.close("", f"{plural(self.left_out, 'finding')} more: this summary has no room for them.")
        return "\n".join(self._lines) + "\n"


def _badness(verdict: Verdict) -> tuple[int, ...]:
    counts = Counter(finding.severity for finding in verdict.findings)
    return tuple(-counts[severity] for severity in reversed(SEVERITIES))


def _called(verdict: Verdict) -> str:
    """Its name; a module and the workspace of one folder have the same."""
    return escaped(verdict.name) + ("" if verdict.kind == "module" else f" ({verdict.kind})")


def _row(verdict: Verdict, *, owned: bool) -> str:
    counts = Counter(finding.severity for finding in verdict.findings)
    numbers = [str(counts[severity] or "") for severity in reversed(SEVERITIES)]
    owner = [escaped(verdict.owner)] if owned else []
    shown = [MARKS[worst(verdict.findings)], _called(verdict), *owner, verdict.tier, *numbers]
    return f"| {' | '.join(shown)} | {passed(verdict)} of {len(verdict.checked)} |"


def _details(verdict: Verdict, excerpts: Excerpts, out: _Page) -> None:
    mark, name = MARKS[worst(verdict.findings)], _called(verdict)
    head = (
        "",
        f"<details><summary>{mark} <b>{name}</b>: {counted(verdict.findings)}</summary>",
        "",
        "| | rule | place | what, and what to do |",
        "|---|---|---|---|",
    )
    first, *more = sorted(verdict.findings, key=lambda finding: -SEVERITIES.index(finding.severity))
    opened = out.add(*head, _finding(first, verdict, excerpts))
    out.left_out += not opened
    out.left_out += sum(not out.add(_finding(finding, verdict, excerpts)) for finding in more)
    if opened:
        out.close("", "</details>")


def _finding(finding: Finding, verdict: Verdict, excerpts: Excerpts) -> str:
    rule = find(finding.rule)
    code = f"[{finding.rule}]({explained(rule)})" if rule else escaped(finding.rule)
    sentences = "<br>".join(_said(finding, verdict, excerpts))
    return f"| {MARKS[finding.severity]} {finding.severity} | {code} | {_code(finding.place)} | {sentences} |"


def _said(finding: Finding, verdict: Verdict, excerpts: Excerpts) -> Iterator[str]:
    yield escaped(finding.message)
    if excerpt := excerpts.of(finding):
        yield _code(excerpt.text)
    yield f"→ {escaped(finding.remedy)}"
    if command := fix_command(finding.rule, verdict.folder):
        yield f"→ or by itself: {_code(command)}"


def escaped(text: str) -> str:
    """`text` as Markdown and HTML that say it and do nothing else, in a table too."""
    return _MARK.sub(lambda mark: f"<span>{mark[0]}</span>" if mark[0] in _LATER else _entity(mark), one_line(text))


def _code(text: str) -> str:
    """The same, as code."""
    return f"<code>{_MARK.sub(_entity, one_line(text))}</code>"


def _entity(mark: re.Match[str]) -> str:
    return mark[0] if ord(mark[0]) > 127 else f"&#{ord(mark[0])};"
