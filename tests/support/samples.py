"""Verdicts made by hand: a fleet of any size, and findings whose every field wants to be more than text."""

from __future__ import annotations

import random
from pathlib import Path

from audit_hooks.judging.findings import Finding
from audit_hooks.judging.verdict import Verdict
from audit_hooks.reading.sources import Sources
from audit_hooks.rules import AREAS, every

PLAIN = tuple(rule for rule in every() if not rule.secret)  # whose lines are shown
CODES = tuple(rule.code for rule in every())
SEVERITIES = ("error", "warning", "info")
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "a\nb\r\n::error::injected",
    "\x1b[31mred\x1b[0m \x07 \x1b]8;;http://x\x07link",
    "`code` | cell | **bold** [link](javascript:alert(3)) ![i](x) <b>",
    "100% a:b, c::d @someone #12 $x$ :tada: https://example.org www.example.org",
    "naïve 🦆 日本語 e\u0301 \u202egnp.exe\u2066 \u200bzero",
    "שלום مرحبا",
    "\"quoted\" 'single' \\back {0} ${X} &amp; &#60;",
    "a half \udcff of a character",
)


def finding(
    rule: str = "WSP001", severity: str = "error", path: str = "a.py", line: int = 1, column: int = 1, **more: str
) -> Finding:
    words = {"subject": "bar", "message": "it is so", "remedy": "change it"} | more
    return Finding(path, line, column, rule, severity, **words)


def verdict(*findings: Finding, name: str = "bar", folder: str = "", **more: object) -> Verdict:
    fields = {"kind": "module", "made": True, "tier": "standard", "checked": CODES} | more
    return Verdict(folder=folder, name=name, findings=findings, **fields)  # type: ignore[arg-type]


def sources(root: Path, **texts: str) -> Sources:
    """Files named by keyword: `a_py` is a.py."""
    return tree(root, {name.replace("_", "."): text for name, text in texts.items()})


def tree(root: Path, texts: dict[str, str]) -> Sources:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="")
    return Sources(root)


def hostile(path: str = "a.py") -> Verdict:
    """A module whose name and whose findings' texts are all of HOSTILE, one after the other."""
    findings = [
        finding(severity=SEVERITIES[number % 3], path=path, line=number + 1, subject=text, message=text, remedy=text)
        for number, text in enumerate(HOSTILE)
    ]
    return verdict(*findings, name="".join(HOSTILE), owner="".join(HOSTILE), tier="quick")


def fleet(size: int) -> list[Verdict]:
    """Modules of every kind of result, and ports some of which clash; the same for the same size."""
    return [_verdict_for(random.Random(number), number) for number in range(size)]  # noqa: S311 - no secret comes of it


def _verdict_for(chance: random.Random, number: int) -> Verdict:
    name = f"{NAMES[number % len(NAMES)]}-{number:03}"
    folder = f"modules/{name}"
    tier = ("quick", "standard", "enterprise")[number % 3]
    areas = [letters for letters in AREAS if tier != "quick" or letters not in ("GOV", "AST")]
    findings = set()
    for _ in range(chance.choice((0, 0, 1, 2, 3, 5, 12))):
        letters = chance.choice(areas)
        rule = chance.choice([rule for rule in every() if rule.code.startswith(letters)] or [None])
        asset = chance.choice(("daily_revenue", "customers_clean", "raw_events"))
        findings.add(
            finding(
                rule.code if rule else f"{letters}001",
                chance.choice(("error", "warning", "warning", "info", "info")),
                f"{folder}/src/{name.replace('-', '_')}/defs/{asset}.py",
                chance.randint(3, 14),
                5,
                subject=asset,
                message=f"the asset {asset} is not as the rule wants it: {rule.title if rule else 'for no reason'}",
                remedy=rule.remedy if rule else "change it",
            )
        )
    codes = tuple(code for code in CODES if code[:3] in areas) + tuple(f"{letters}001" for letters in areas)
    return verdict(
        *sorted(findings),
        name=name,
        folder=folder,
        tier=tier,
        made=number % 4 != 3,
        checked=tuple(dict.fromkeys(codes)),
        silenced=number % 5 // 4,
        database=("duckdb", "postgresql", "")[number % 3],
        ports={"grpc": 4000 + number - number % 20 // 18, **({"db": 5432 + number} if number % 3 == 1 else {})},
    )


NAMES = ("orders", "web-shop", "group-reporting", "partner-feeds", "billing", "crm-sync", "forecast", "warehouse")
