"""What all reports say of a verdict and of its rules: areas, totals, where a rule is explained, what fixes it."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from typing import TYPE_CHECKING

from dmb import PUBLIC_ADDRESS

from ..judging.findings import SEVERITIES
from ..judging.rule import UNSAFE
from ..judging.verdict import KINDS
from ..rules import AREAS, find

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..judging.findings import Finding
    from ..judging.rule import Rule
    from ..judging.verdict import Verdict

CLEAN = ""  # beside the severities: no finding


def area(code: str) -> str:
    """The letters that a rule's code starts with: a key of AREAS, for a rule in the list."""
    return code.rstrip("0123456789")


def title(letters: str) -> str:
    """An area's title."""
    return AREAS.get(letters, letters)


def judged(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those of which anything was asked: a folder that only holds modules may have no rule of its own."""
    return [verdict for verdict in verdicts if verdict.checked or verdict.findings]


def kinds(verdicts: Iterable[Verdict]) -> str:
    """`2 modules, 1 workspace`."""
    counts = Counter(verdict.kind for verdict in verdicts)
    plurals = {"module": "modules", "workspace": "workspaces", "repository": "repositories"}
    parts = [f"{counts[kind]} {kind if counts[kind] == 1 else plurals[kind]}" for kind in KINDS if counts[kind]]
    return ", ".join(parts) or "no modules"


def findings_by_area(verdict: Verdict) -> dict[str, list[Finding]]:
    """The findings of each area that was asked, in the order of AREAS; an empty list where there are none."""
    checked = {area(code) for code in verdict.checked}
    firing = {area(finding.rule) for finding in verdict.findings}
    order = [letters for letters in AREAS if letters in checked | firing] + sorted(firing - set(AREAS))
    areas: dict[str, list[Finding]] = {letters: [] for letters in order}
    for finding in verdict.findings:
        areas[area(finding.rule)].append(finding)
    return areas


def passed(verdict: Verdict) -> int:
    """How many of the rules that were asked found nothing."""
    return len(set(verdict.checked) - {finding.rule for finding in verdict.findings})


def worst(findings: Iterable[Finding]) -> str:
    """The highest severity among findings; CLEAN where there are none."""
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default=CLEAN)


def counted(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`."""
    counts = Counter(finding.severity for finding in findings)
    parts = [plural(counts[severity], severity) for severity in reversed(SEVERITIES) if counts[severity]]
    return ", ".join(parts) or "no findings"


def plural(number: int, noun: str) -> str:
    """`1 module`, `2 modules`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def explained(rule: type[Rule]) -> str:
    """The public address of a rule's section in the reference."""
    return f"{PUBLIC_ADDRESS}/blob/HEAD/docs/reference/findings.md#{anchor(rule)}"


def anchor(rule: type[Rule]) -> str:
    """The anchor of a rule's heading in the reference, as GitHub makes it."""
    heading = f"{rule.code}: {rule.title}".lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def in_repository(root: Path) -> str:
    """What leads from the top of the git repository that holds a folder to that folder: "" or a path with a slash at
    its end. GitHub takes paths from the top, whatever part of a repository was audited.
    """
    for top in (root, *root.parents):
        if (top / ".git").exists():
            return "" if top == root else f"{root.relative_to(top).as_posix()}/"
    return ""


def fix_command(code: str, folder: str) -> str:
    """The command that fixes a rule's findings in a folder; "" where no machine can."""
    rule = find(code)
    if rule is None or not rule.mends:
        return ""
    alone = [] if rule.last else ["--select", code]  # what judges the others' findings needs the others
    words = ["dmb", "audit", *([folder] if folder else []), *alone, "--fix"]
    return shlex.join([*words, "--unsafe"] if rule.mends == UNSAFE else words)
