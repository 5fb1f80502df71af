"""AST008: a pause between retries that has no length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import MISSING, declared
from ...judging.rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_HEAD = "import dagster as dg\n\n"


class RetryWithoutDelay(CodeRule):
    """A retry policy that changes its delay has one."""

    code = "AST008"
    title = "A retry policy with backoff or jitter and no delay"
    refused = True
    what = "`RetryPolicy` with `backoff` or `jitter` and without `delay`."
    why = "Dagster refuses it: the code location does not load."
    remedy = "add delay=, in seconds"
    mentions = ("RetryPolicy",)
    bad = (
        {"defs.py": _HEAD + "retries = dg.RetryPolicy(max_retries=3, backoff=dg.Backoff.EXPONENTIAL)\n"},
        {"defs.py": _HEAD + "retries = dg.RetryPolicy(3, jitter=dg.Jitter.FULL, delay=None)\n"},
    )
    good = (
        {"defs.py": _HEAD + "retries = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL)\n"},
        {"defs.py": _HEAD + "retries = dg.RetryPolicy(max_retries=3)\n"},
        {"defs.py": _HEAD + "retries = dg.RetryPolicy(backoff=dg.Backoff.LINEAR, **options)\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each policy."""
        for policy in declared(code, "RetryPolicy"):
            changed = [name for name in ("backoff", "jitter") if policy.value(name) not in (MISSING, None)]
            if changed and not policy.opaque and policy.value("delay", 1) in (MISSING, None):
                yield self.diagnosis(policy.spot, "RetryPolicy", f"{' and '.join(changed)} need a delay")
