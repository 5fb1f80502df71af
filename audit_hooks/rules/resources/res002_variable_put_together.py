"""RES002: the name of a variable where its value is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.env_var_uses import uses
from ...judging.rule import CodeRule
from ..examples import ENV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class VariablePutTogether(CodeRule):
    """An `EnvVar` is handed to a resource whole."""

    code = "RES002"
    title = "An EnvVar put together with text"
    what = "An `EnvVar`, or a name for one, that is added to, joined, lowered, split or otherwise worked on as text."
    why = "It is text only in that it holds the variable's name: `EnvVar('DB_DIR') + '/a'` is `DB_DIR/a`, in silence."
    remedy = "use os.environ where the text is needed, or hand the EnvVar to a resource and work on its value there"
    mentions = ("EnvVar",)
    bad = (
        {"defs.py": ENV + 'path = dg.EnvVar("DB_DIR") + "/orders.duckdb"\n'},
        {"defs.py": ENV + 'FOLDER = dg.EnvVar("DB_DIR")\n\n\ndef path():\n    return os.path.join(FOLDER, "a")\n'},
        {"defs.py": ENV + 'stage = dg.EnvVar("STAGE").lower()\n'},
    )
    good = (
        {"defs.py": ENV + 'path = os.environ.get("DB_DIR", "/data") + "/orders.duckdb"\n'},
        {"defs.py": ENV + 'path = dg.EnvVar("DB_PATH")\nread = (dg.EnvVar("DB_DIR").get_value() or "") + "/a"\n'},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Every place where the name is worked on."""
        for node, use in uses(code):
            if use == "joined":
                what = code.source(node)
                yield self.diagnosis(code.spot(node), what, f"{what} is worked on as text: that is the variable's name")
