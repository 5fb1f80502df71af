"""DEF005: `@repository`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...facts.requirements import may_use
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_SINCE = (1, 1)  # Definitions
_OLD = "import dagster as dg\n\n\n@dg.asset\ndef orders(): ...\n\n\n@dg.repository\ndef sales():\n    return [orders]\n"
_NEW = "import dagster as dg\n\n\n@dg.asset\ndef orders(): ...\n\n\ndefs = dg.Definitions(assets=[orders])\n"


class Repository(CodeRule):
    """What a code location holds is said by `Definitions`."""

    code = "DEF005"
    title = "A code location made of repositories"
    severity = "warning"
    tier = "standard"
    what = "A function under `@repository`, where the project may use Dagster 1.1 or later."
    why = (
        "`Definitions` replaced it: resources are bound in one place, `dg` and `Definitions.validate_loadable` check "
        "it, and the documentation speaks of nothing else."
    )
    remedy = "return a Definitions instead; a code location for each, where there are several repositories in one"
    mentions = ("repository",)
    bad = (
        {"defs.py": _OLD},
        {"defs.py": "from dagster import repository\n\n\n@repository(name='sales')\ndef all_of_it():\n    return []\n"},
    )
    good = (
        {"defs.py": _NEW},
        {"defs.py": _OLD, "requirements.txt": "dagster==0.15.8\n"},
        {"defs.py": _NEW + "\n\ndef repository():\n    return defs\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each function that is one."""
        repositories = declared(code, "repository")
        if repositories and may_use(subject.project.requirements, subject.repository, _SINCE):
            for item in repositories:
                if item.function:
                    name = item.subject
                    yield self.diagnosis(item.spot, name, f"the repository {name}, which Definitions has replaced")
