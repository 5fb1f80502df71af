"""Findings for programs. The number of a schema changes when a field goes or means something else."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from dmb import __version__

from ..judging.findings import SEVERITIES
from ..rules import find
from .plain import encodable
from .summary import passed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..judging.findings import Finding
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources

SCHEMA = "dmb.audit/1"  # docs/reference/audit.schema.json
LISTING = "dmb.findings/1"


def render(verdicts: Sequence[Verdict], files: Sources) -> str:
    """The report on an audit, ending in a newline."""
    return dumped(
        {
            "schema": SCHEMA,
            "version": __version__,
            "summary": {
                "subjects": len(verdicts),
                **_counts(finding for verdict in verdicts for finding in verdict.findings),
                "silenced": sum(verdict.silenced for verdict in verdicts),
            },
            "verdicts": [_verdict(verdict) for verdict in verdicts],
        }
    )


def listing(findings: Sequence[Finding]) -> str:
    """Findings alone, ending in a newline."""
    return dumped(listed(findings))


def listed(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings alone, before they are serialized."""
    return {"schema": LISTING, "findings": [finding._asdict() for finding in findings]}


def dumped(data: dict[str, Any]) -> str:
    """As text that any encoding to UTF-8 takes."""
    return encodable(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "folder": verdict.folder,
        "name": verdict.name,
        "kind": verdict.kind,
        "made": verdict.made,
        "tier": verdict.tier,
        "owner": verdict.owner,
        "database": verdict.database,
        "ports": dict(verdict.ports),
        "rules": {"checked": list(verdict.checked), "passed": passed(verdict)},
        **_counts(verdict.findings),
        "silenced": verdict.silenced,
        "findings": [_finding(finding) for finding in verdict.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = find(finding.rule)
    return {**finding._asdict(), "fix": (rule.mends if rule else "") or None}


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(finding.severity for finding in findings)
    return {f"{severity}s": counts[severity] for severity in reversed(SEVERITIES)}
