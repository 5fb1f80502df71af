"""GOV008: a setting of the audit that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.statements import StatementRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.statements import Statements
    from ...judging.subject import Subject


class WrongSetting(StatementRule):
    """What stands in [tool.dmb.audit] is understood."""

    code = "GOV008"
    title = "A setting of the audit that is not understood"
    what = "An unknown key in `[tool.dmb.audit]`, a value of the wrong kind, something that is no code of a rule."
    why = "It does not count: what was to be ignored is told, and what was to be asked is not."
    remedy = "write it as the schema of the settings has it"
    bad = (
        {"pyproject.toml": '[tool.dmb.audit]\nselect = "DEF"\n'},
        {"pyproject.toml": "[tool.dmb.audit.ignore]\nnonsense = 'x'\n"},
        {"pyproject.toml": "[tool.dmb.audit]\nignored = ['DEF002']\n"},
    )
    good = (
        {"pyproject.toml": '[tool.dmb.audit]\nselect = ["DEF"]\n'},
        {"pyproject.toml": "[tool.dmb.audit.ignore]\nDEF002 = 'goes with the next release'\n"},
    )

    def check_statements(self, subject: Subject, statements: Statements) -> Iterator[Diagnosis]:
        """Those of its own pyproject.toml; a repository's are told with the repository."""
        settings = statements.settings
        if settings.files is subject.files:
            text = subject.files.text(settings.path) or ""
            for key, wrong in settings.problems:
                yield self.diagnosis(settings.spot(text, str(key)), str(key), f"[tool.dmb.audit] {key}: {wrong}")
