"""RES003: an `EnvVar` that is asked for its value too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import UNSAFE, CodeRule, Edit
from .variables import HEAD, uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.code import Code
    from ...judging.findings import Finding
    from ...judging.subject import Subject


class VariableAsText(CodeRule):
    """An `EnvVar` is not made a text."""

    code = "RES003"
    title = "An EnvVar made a text"
    refused = True
    mends = UNSAFE
    what = "An `EnvVar`, or a name for one, in an f-string, in `str()`, `Path()` or behind `%`."
    why = "Dagster refuses it with a RuntimeError: the value is known only where a resource is made."
    remedy = "write .get_value() where the value may be read at once, or hand the EnvVar to a resource whole"
    mentions = ("EnvVar",)
    bad = (
        {"defs.py": HEAD + "url = f\"https://{dg.EnvVar('HOST')}/api\"\n"},
        {"defs.py": HEAD + 'HOST = dg.EnvVar("HOST")\n\n\ndef url():\n    return str(HOST)\n'},
        {"defs.py": HEAD + 'url = "https://%s/api" % dg.EnvVar("HOST")\n'},
    )
    good = (
        {"defs.py": HEAD + "url = f\"https://{dg.EnvVar('HOST').get_value()}/api\"\n"},
        {"defs.py": HEAD + 'HOST = dg.EnvVar("HOST")\nname = str(1)\n'},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Finding]:
        """Every place where it is made one."""
        for node, done in uses(code):
            if done == "text":
                what = code.source(node)
                yield self.finding(code.spot(node), what, f"{what} is made a text, which Dagster refuses")

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """Read the value there and then."""
        for code in subject.package.files:
            for node, done in uses(code) if code.path == finding.path else ():
                if done == "text" and code.spot(node)[1:] == (finding.line, finding.column):
                    end = code.span(node)[1]
                    yield Edit(code.path, end, end, ".get_value()")
