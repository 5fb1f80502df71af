"""RES003: an `EnvVar` that is asked for its value too early."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...facts.env_var_uses import uses
from ...judging.rule import UNSAFE, CodeRule
from ...reading.edits import Edit
from ..examples import ENV

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
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
        {"defs.py": ENV + "url = f\"https://{dg.EnvVar('HOST')}/api\"\n"},
        {"defs.py": ENV + 'HOST = dg.EnvVar("HOST")\n\n\ndef url():\n    return str(HOST)\n'},
        {"defs.py": ENV + 'url = "https://%s/api" % dg.EnvVar("HOST")\n'},
    )
    good = (
        {"defs.py": ENV + "url = f\"https://{dg.EnvVar('HOST').get_value()}/api\"\n"},
        {"defs.py": ENV + 'HOST = dg.EnvVar("HOST")\nname = str(1)\n'},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Every place where it is made one."""
        for node, use in uses(code):
            if use == "text":
                what = code.source(node)
                message = f"{what} is made a text, which Dagster refuses"
                yield self.diagnosis(code.spot(node), what, message, edits=partial(_read, code, node))


def _read(code: Code, node: ast.expr) -> Iterator[Edit]:
    """Read the value there and then."""
    end = code.span(node)[1]
    yield Edit(code.path, end, end, ".get_value()")
