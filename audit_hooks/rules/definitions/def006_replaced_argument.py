"""DEF006: arguments of assets that Dagster has replaced."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from ...facts.assets import KIND
from ...facts.declarations import declared
from ...facts.requirements import may_use
from ...judging.rule import SAFE, CodeRule
from ...reading.edits import Edit

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.declarations import Declared
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_SINCE = (1, 8)  # all that replaces them
_REPLACED = (  # an argument, the declarations that have it, and what stands for it
    ("non_argument_deps", ("asset", "multi_asset"), "deps"),
    ("auto_materialize_policy", ("asset", "graph_asset", "AssetOut", "AssetSpec"), "automation_condition"),
    ("compute_kind", ("asset",), "kinds"),
    ("compute_kind", ("multi_asset",), "kinds of each AssetSpec or AssetOut in its specs or outs"),
)
_HEAD = "import dagster as dg\n\n\n"


class ReplacedArgument(CodeRule):
    """Assets are declared by the arguments of today."""

    code = "DEF006"
    title = "An argument that Dagster has replaced"
    severity = "warning"
    mends = SAFE
    what = (
        "`non_argument_deps`, `auto_materialize_policy` or `compute_kind` of an asset, where the project may use "
        "Dagster 1.8 or later."
    )
    why = (
        "They are no longer documented and are to go: `dagster dev` warns of the first two, nothing warns of "
        "`compute_kind`, and the upgrade that drops them keeps the code location from loading."
    )
    remedy = "use what stands for it"
    mentions = ("non_argument_deps", "auto_materialize_policy", "compute_kind")
    bad = (
        {"defs.py": f'{_HEAD}@dg.asset(compute_kind="dbt")\ndef orders(): ...\n'},
        {"defs.py": f'{_HEAD}@dg.asset(\n    non_argument_deps={{"raw"}},\n    compute_kind="py",\n)\ndef a(): ...\n'},
        {"defs.py": f"{_HEAD}@dg.asset(auto_materialize_policy=dg.AutoMaterializePolicy.eager())\ndef orders(): ...\n"},
        {"defs.py": f'{_HEAD}@dg.asset(compute_kind="Big Query")\ndef orders(): ...\n'},
        {
            "defs.py": f'{_HEAD}@dg.multi_asset(specs=[dg.AssetSpec("a")], compute_kind="python")\ndef orders(): ...\n',
            "pyproject.toml": '[project]\nname = "x"\ndependencies = ["dagster>=1.7"]\n',
        },
    )
    good = (
        {"defs.py": f'{_HEAD}@dg.asset(kinds={{"dbt"}}, deps={{"raw"}})\ndef orders(): ...\n'},
        {
            "defs.py": f'{_HEAD}@dg.asset(compute_kind="dbt")\ndef orders(): ...\n',
            "pyproject.toml": '[project]\nname = "x"\ndependencies = ["dagster==1.7.16"]\n',
        },
        {
            "defs.py": f'{_HEAD}def built(compute_kind):\n    return dg.AssetSpec("a", kinds={{compute_kind}})\n\n\n'
            'a = built(compute_kind="dbt")\n'
        },
        {"defs.py": "from ours import asset\n\n\n@asset(compute_kind='dbt')\ndef orders(): ...\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each argument that is given."""
        if any(_replaced(code)) and may_use(subject.project.requirements, subject.repository, _SINCE):
            for item, keyword, new in _replaced(code):
                where = f"{item.kind} {item.subject}" if item.function else item.kind
                message = f"{where}: {keyword.arg} is replaced by {new}"
                edits = partial(_renamed, item, keyword, new)
                yield self.diagnosis(code.spot(keyword), item.subject, message, f"use {new}", edits=edits)


def _replaced(code: Code) -> Iterator[tuple[Declared, ast.keyword, str]]:
    for name, kinds, new in _REPLACED:
        for item in declared(code, *kinds) if name in code.text else ():
            for keyword in item.call.keywords if item.call else ():
                if keyword.arg == name:
                    yield item, keyword, new


def _renamed(item: Declared, keyword: ast.keyword, new: str) -> Iterator[Edit]:
    """The new name, where the value means the same; a policy is no condition."""
    if item.argument(new) or item.opaque:
        return
    code = item.code
    start, end = code.span(keyword)
    kind = code.value(keyword.value)
    if new == "deps":
        yield Edit(code.path, start, code.span(keyword.value)[0], "deps=")
    elif new == "kinds" and isinstance(kind, str) and re.fullmatch(KIND, kind):
        yield Edit(code.path, start, end, f"kinds={{{code.source(keyword.value)}}}")
