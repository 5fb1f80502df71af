"""One page for a fleet: modules by areas, a filter, rules, ports, and each module's findings.

The page stands alone: no request leaves it, its policy allows its own style and script and nothing else, and what was
found enters it as data that its script shows as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from dmb import __version__

from ..judging.findings import SEVERITIES
from ..rules import AREAS, find
from .excerpts import Excerpts
from .plain import encodable, one_line
from .summary import area, explained, findings_by_area, fix_command, judged, kinds, passed, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..judging.findings import Finding
    from ..judging.verdict import Verdict
    from ..reading.sources import Sources

PARTS = Path(__file__).with_name("page")
SCRIPTS = ("data.js", "matrix.js", "lists.js", "module.js", "frame.js")  # one script, in this order


def render(verdicts: Sequence[Verdict], files: Sources) -> str:
    """The report, ending in a newline."""
    page, style = (_part(name) for name in ("page.html", "page.css"))
    script = "\n".join(_part(name) for name in SCRIPTS)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    data = json.dumps(_data(verdicts, files), ensure_ascii=False, separators=(",", ":"))
    # Within a script's element `</script` and `<!--` would mean something; JSON has `<` in strings alone.
    return Template(page).substitute(
        policy=policy, style=style, script=script, data=encodable(data).replace("<", "\\u003c")
    )


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _data(verdicts: Sequence[Verdict], files: Sources) -> dict[str, Any]:
    shown = judged(verdicts)
    excerpts = Excerpts(verdicts, files)
    areas = {letters for verdict in verdicts for letters in findings_by_area(verdict)}
    codes = {finding.rule for verdict in verdicts for finding in verdict.findings}
    return {
        "version": __version__,
        "made": datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "areas": [(letters, title(letters)) for letters in [*AREAS, *sorted(areas - set(AREAS))] if letters in areas],
        "rules": {
            code: {"title": rule.title, "why": rule.why, "page": explained(rule), "fix": rule.mends}
            for code in sorted(codes)
            if (rule := find(code))
        },
        "told": kinds(shown),
        "modules": [_module(verdict, excerpts) for verdict in shown],
    }


def _module(verdict: Verdict, excerpts: Excerpts) -> dict[str, Any]:
    return {
        "name": one_line(verdict.name),
        "folder": one_line(verdict.folder),
        "kind": verdict.kind,
        "made": verdict.made,
        "tier": verdict.tier,
        "owner": one_line(verdict.owner),
        "database": verdict.database,
        "ports": list(verdict.ports.items()),
        "areas": list(findings_by_area(verdict)),
        "asked": len(verdict.checked),
        "passed": passed(verdict),
        "silenced": verdict.silenced,
        "findings": [_finding(finding, verdict, excerpts) for finding in sorted(verdict.findings, key=_worst_first)],
    }


def _worst_first(finding: Finding) -> tuple[int, Finding]:
    return -SEVERITIES.index(finding.severity), finding


def _finding(finding: Finding, verdict: Verdict, excerpts: Excerpts) -> dict[str, Any]:
    excerpt = excerpts.of(finding)
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "area": area(finding.rule),
        "path": one_line(finding.path),
        "line": finding.line,
        "column": finding.column,
        "subject": one_line(finding.subject),
        "message": one_line(finding.message),
        "remedy": one_line(finding.remedy),
        "command": fix_command(finding.rule, verdict.folder),
        "excerpt": excerpt.text if excerpt else "",
        "caret": excerpt.caret if excerpt else 0,
    }
