"""SARIF 2.1.0, for GitHub code scanning and for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dmb import PUBLIC_ADDRESS, __version__

from ..judging.baseline import fingerprint
from ..rules import every
from .excerpts import Excerpts
from .explain import explain
from .json import dumped
from .plain import one_line
from .summary import area, explained, in_repository, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..judging.findings import Finding
    from ..judging.rule import Rule
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
PROBLEMS = {"error": "error", "warning": "warning", "info": "recommendation"}  # GitHub's words
ROOT = "SRCROOT"  # the top of the repository
RULES = every()
INDEX = {rule.code: index for index, rule in enumerate(RULES)}


def render(verdicts: Sequence[Verdict], files: Sources) -> str:
    """The report, ending in a newline: one run, whatever the number of modules, since GitHub takes one of a tool."""
    excerpts = Excerpts(verdicts, files)
    findings = sorted(finding for verdict in verdicts for finding in verdict.findings)
    head = in_repository(files.root)
    run = {
        "tool": {
            "driver": {
                "name": "dmb-audit",
                "informationUri": PUBLIC_ADDRESS,
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in RULES],
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The top of the repository, else the folder that was audited."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, files, excerpts, head) for finding in findings],
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: type[Rule]) -> dict[str, Any]:
    tags = [title(area(rule.code)), rule.tier, *(["security"] if area(rule.code) == "SEC" else [])]
    return {
        "id": rule.code,
        "name": rule.__name__,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {
            "text": f"{rule.what}\n\nWhy: {rule.why}\n\nWhat to do: {rule.remedy}.",
            "markdown": explain(rule),
        },
        "helpUri": explained(rule),
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": not rule.preview},
        "properties": {"tags": tags, "precision": rule.confidence, "problem.severity": PROBLEMS[rule.severity]},
    }


def _result(finding: Finding, files: Sources, excerpts: Excerpts, head: str) -> dict[str, Any]:
    # GitHub takes no result without a line: what is true of a whole file stands at its first one.
    region = {"startLine": finding.line or 1, **({"startColumn": finding.column} if finding.column else {})}
    uri = quote(head + finding.path, safe="/", errors="surrogateescape") or "."
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{_said(finding.message)}\nWhat to do: {_said(finding.remedy)}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": ROOT}, "region": region},
                **({"logicalLocations": [{"name": one_line(finding.subject)}]} if finding.subject else {}),
            }
        ],
        # A hash of a line with a password in it would be a way to try passwords.
        "partialFingerprints": {
            "dmb/v1": fingerprint(finding._replace(line=0) if excerpts.kept_back(finding) else finding, files)
        },
    }
    if finding.rule in INDEX:
        result["ruleIndex"] = INDEX[finding.rule]
    return result


def _said(text: str) -> str:
    """In a message, `[words](target)` would be a link."""
    return one_line(text).replace("](", "] (")
