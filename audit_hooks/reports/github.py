"""Annotations: GitHub's workflow commands. The worst come first, since GitHub shows the first ten of a kind alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..judging.findings import SEVERITIES
from ..rules import find
from .plain import one_line
from .summary import in_repository
from .text import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..judging.findings import Finding
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(verdicts: Sequence[Verdict], files: Sources) -> str:
    """The report, ending in a newline; its last line is the summary, for the log."""
    findings = sorted(finding for verdict in verdicts for finding in verdict.findings)
    findings.sort(key=lambda finding: -SEVERITIES.index(finding.severity))
    head = in_repository(files.root)
    return "".join(f"{line}\n" for line in [*(_command(finding, head) for finding in findings), summary(verdicts)])


def _command(finding: Finding, head: str) -> str:
    rule = find(finding.rule)
    properties = {
        "file": head + finding.path,
        "line": str(finding.line or ""),
        "col": str(finding.column or ""),
        "title": f"{finding.rule}: {rule.title}" if rule else finding.rule,
    }
    settings = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    message = f"{one_line(finding.message)}\n-> {one_line(finding.remedy)}"
    return f"::{COMMANDS[finding.severity]} {settings}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
