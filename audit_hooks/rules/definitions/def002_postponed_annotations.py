"""DEF002: an annotation of `context` that Dagster sees as text."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...judging.rule import UNSAFE, CodeRule
from ...reading.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_BODY = "import dagster as dg\n\n\n@dg.asset\ndef orders(context: dg.AssetExecutionContext) -> None:\n    ...\n"
_KINDS = ("asset", "op", "multi_asset", "asset_check")


class PostponedAnnotations(CodeRule):
    """`context` is annotated by a class, not by the text of its name."""

    code = "DEF002"
    title = "An annotated context under postponed annotations"
    refused = True
    mends = UNSAFE
    what = (
        "`from __future__ import annotations` in a file where the `context` of an asset, an op or a check is annotated "
        "with one of Dagster's classes."
    )
    why = "The annotation is then a text, and Dagster refuses it: the code location does not load."
    remedy = "take the import out, or leave context without an annotation"
    mentions = ("__future__",)
    bad = (
        {"defs.py": f"from __future__ import annotations\n\n{_BODY}"},
        {
            "defs.py": "from __future__ import annotations\n\nfrom dagster import OpExecutionContext, op\n\n\n"
            "@op\ndef clean(context: OpExecutionContext):\n    return 1\n"
        },
    )
    good = (
        {"defs.py": _BODY},
        {"defs.py": "from __future__ import annotations\n\nimport dagster as dg\n\n\n@dg.asset\ndef a(context): ...\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each function whose `context` is annotated."""
        if not _imports(code):
            return
        for item in declared(code, *_KINDS):
            for argument in item.function.args.args[:1] if item.function else ():
                name = code.name(argument.annotation)
                if argument.arg == "context" and name.startswith("dagster.") and name.endswith("Context"):
                    message = f"the context of {item.subject} is annotated, and the annotation is a text here"
                    edits = partial(_without_import, code)
                    yield self.diagnosis(code.spot(argument), item.subject, message, edits=edits)


def _without_import(code: Code) -> Iterator[Edit]:
    """Take the import out; what else its annotations name must then be defined above them."""
    for node in _imports(code):
        if len(node.names) == 1:
            start, end = code.span(node)
            line_end = code.text.find("\n", end) + 1 or len(code.text)
            blank = len(code.text[line_end:]) - len(code.text[line_end:].lstrip("\n"))
            yield Edit(code.path, start, line_end + blank, "")


def _imports(code: Code) -> list[ast.ImportFrom]:
    return [
        node
        for node in code.all(ast.ImportFrom)
        if node.module == "__future__" and any(alias.name == "annotations" for alias in node.names)
    ]
