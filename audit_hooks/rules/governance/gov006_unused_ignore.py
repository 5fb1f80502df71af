"""GOV006: an ignore that nothing needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...findings import Finding
    from ...subject import Subject

_TWICE = "import dagster as dg\n\nRETRIES = dg.RetryPolicy({})  # dmb: ignore[AST008] {}\n"


class UnusedIgnore(Rule):
    """An ignore has something to ignore."""

    code = "GOV006"
    title = "An ignore that nothing needs"
    severity = "warning"
    tier = "standard"
    kinds = ("module", "workspace", "repository")
    last = 2
    what = (
        "A comment `# dmb: ignore[CODE]`, or an entry of `ignore` or `per-file-ignores` in `[tool.dmb.audit]`, that no "
        "finding needs. Ignores of whole areas, expired ones and those of rules that were not asked are left out."
    )
    why = "It hides the next finding of that kind, which nobody has judged yet."
    remedy = "take it out"
    bad = (
        {"defs.py": _TWICE.format("max_retries=3", "not any more")},
        {"pyproject.toml": "[tool.dmb.audit.ignore]\nAST008 = 'x'\n", "defs.py": "import dagster as dg\n"},
    )
    good = (
        {"defs.py": "import dagster as dg\n\nRETRIES = dg.RetryPolicy(max_retries=3)\n"},
        {"defs.py": _TWICE.format("backoff=dg.Backoff.LINEAR", "goes with the next release")},
        {"defs.py": "import dagster as dg\n\nTEXT = '# dmb: ignore[AST008]'\n"},
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Those of one rule that was asked here."""
        for ignore in subject.ignores.unused:
            if ignore.code in subject.asked:
                yield self.finding(ignore.spot, ignore.code, f"no finding needs the ignore of {ignore.code}")
