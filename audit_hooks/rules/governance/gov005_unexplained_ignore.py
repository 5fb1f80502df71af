"""GOV005: an ignore that does not say why, or whose time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.statements import StatementRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.statements import Statements
    from ...judging.subject import Subject

_RETRY = "import dagster as dg\n\nRETRIES = dg.RetryPolicy(jitter=dg.Jitter.FULL)  # dmb: ignore[AST008]{}\n"
_TABLE = "[tool.dmb.audit.ignore]\nAST008 = {}\n"


class UnexplainedIgnore(StatementRule):
    """An ignore says why, and ends when it says that it does."""

    code = "GOV005"
    title = "An ignore without a reason, or one that has expired"
    severity = "warning"
    tier = "enterprise"
    kinds = ("module", "workspace", "repository")
    what = (
        "A comment `# dmb: ignore[CODE]` or an entry of `ignore` or `per-file-ignores` in `[tool.dmb.audit]` with no "
        "reason, or whose `until` is past."
    )
    why = "Nobody can tell whether it may go; one that has expired ignores nothing any more."
    remedy = "say why, or take it out and mend what it hid"
    bad = (
        {"defs.py": _RETRY.format("")},
        {"pyproject.toml": _TABLE.format("''")},
        {"pyproject.toml": _TABLE.format("{ reason = 'until the new version', until = 2024-01-31 }")},
        {"pyproject.toml": "[tool.dmb.audit.per-file-ignores]\n'old/*' = ['AST008']\n"},
    )
    good = (
        {"defs.py": _RETRY.format(" goes with the next release")},
        {"pyproject.toml": _TABLE.format("{ reason = 'until the new version', until = 2999-01-31 }")},
        {"pyproject.toml": "[tool.dmb.audit.per-file-ignores]\n'old/*' = { AST008 = 'goes with the folder' }\n"},
    )

    def check_statements(self, subject: Subject, statements: Statements) -> Iterator[Diagnosis]:
        """Its own ones; those of a repository's settings are told with the repository."""
        for ignore in statements.ignores.own:
            if ignore.expired:
                yield self.diagnosis(ignore.spot, ignore.code, f"the ignore of {ignore.code} expired on {ignore.until}")
            elif not ignore.reason.strip(" -:#"):
                yield self.diagnosis(ignore.spot, ignore.code, f"the ignore of {ignore.code} does not say why")
