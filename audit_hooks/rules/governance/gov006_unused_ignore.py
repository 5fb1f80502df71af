"""GOV006: an ignore that nothing needs."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from ...judging.rule import SAFE
from ...judging.statements import StatementRule
from ...reading.edits import Edit
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.statements import Statements
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_TWICE = "import dagster as dg\n\nRETRIES = dg.RetryPolicy({})  # dmb: ignore[AST008] {}\n"


class UnusedIgnore(StatementRule):
    """An ignore has something to ignore."""

    code = "GOV006"
    title = "An ignore that nothing needs"
    severity = "warning"
    tier = "standard"
    kinds = ("module", "workspace", "repository")
    last = True
    mends = SAFE
    what = (
        "A comment `# dmb: ignore[CODE]`, or an entry of `ignore` or `per-file-ignores` in `[tool.dmb.audit]`, that no "
        "finding needs. Ignores of whole areas, expired ones and those of rules that were not asked are left out, and "
        "so are the settings of a repository for the projects in it."
    )
    why = "It hides the next finding of that kind, which nobody has judged yet."
    remedy = "take it out"
    bad = (
        {"defs.py": _TWICE.format("max_retries=3", "not any more")},
        {"defs.py": _TWICE.format("max_retries=3", "not any more  # noqa: E501")},
        {"defs.py": "# dmb: ignore[AST008, SCH001] x\nimport dagster as dg\n"},
        {
            "pyproject.toml": "[tool.dmb.audit.per-file-ignores]\n'a/*' = ['AST008']\n'b/*' = ['AST008', 'SCH001']\n",
            "defs.py": "import dagster as dg\n",
        },
        {"pyproject.toml": "[tool.dmb.audit.ignore]\nAST008 = 'x'\n", "defs.py": "import dagster as dg\n"},
    )
    good = (
        {"defs.py": "import dagster as dg\n\nRETRIES = dg.RetryPolicy(max_retries=3)\n"},
        {"defs.py": _TWICE.format("backoff=dg.Backoff.LINEAR", "goes with the next release")},
        {"defs.py": "import dagster as dg\n\nTEXT = '# dmb: ignore[AST008]'\n"},
    )

    def check_statements(self, subject: Subject, statements: Statements) -> Iterator[Diagnosis]:
        """Those of one rule that was asked here."""
        for ignore in statements.ignores.unused(statements.findings):
            if ignore.code in statements.judged:
                message = f"no finding needs the ignore of {ignore.code}"
                edits = partial(_without, ignore.code, ignore.spot, subject.files)
                yield self.diagnosis(ignore.spot, ignore.code, message, edits=edits)


def _without(ignored: str, spot: Spot, files: Sources) -> Iterator[Edit]:
    """Out with the code, and with the comment or the entry where it is the only one in it."""
    text = files.text(spot.path) or ""
    line = files.offset(Spot(spot.path, spot.line))
    end = text.find("\n", line) + 1 or len(text)
    if spot.column:
        yield _uncommented(ignored, spot, text, line, end)
    elif re.match(rf"(\s*|[^=]*=\s*[\[{{]\s*)[\"']?{ignored}\b[^,]*$", text[line:end]):
        yield Edit(spot.path, line, end, "")


def _uncommented(ignored: str, spot: Spot, text: str, line: int, end: int) -> Edit:
    start = line + spot.column - 1
    opened, closed = text.index("[", start) + 1, text.index("]", start)
    codes = [code.strip() for code in text[opened:closed].split(",")]
    if len(codes) > 1:
        return Edit(spot.path, opened, closed, ", ".join(code for code in codes if code != ignored))
    others = re.compile(r"#\s*(noqa|type:|pyright|pylint|nosec|pragma|fmt:|ruff:|mypy:|dmb:)").search(text, closed, end)
    if others:
        return Edit(spot.path, start, others.start(), "")
    before = text[line:start].rstrip()
    return Edit(spot.path, line + len(before), end - text.endswith("\n", line, end) * bool(before), "")
