"""SCH004: several runs of one tick that Dagster takes for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.declarations import declared
from ...facts.run_requests import repeated, requests
from ...judging.rule import CodeRule
from ..examples import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class RepeatedRunKey(CodeRule):
    """Each run of one tick has a key of its own."""

    code = "SCH004"
    title = "Several runs of one tick with the same run_key"
    severity = "warning"
    tier = "standard"
    what = "A `@schedule` that yields `RunRequest` in a loop with a constant `run_key`, or twice with the same one."
    why = "Dagster starts one run for a key: the others of the tick are dropped in silence."
    remedy = "put what differs into the key, or leave run_key out"
    mentions = ("run_key",)
    bad = (
        {
            "defs.py": JOB + "@dg.schedule(job=nightly, cron_schedule='@daily')\ndef daily():\n"
            "    for region in ('eu', 'us'):\n        yield dg.RunRequest(run_key='daily', tags={'region': region})\n"
        },
        {
            "defs.py": JOB + "@dg.schedule(job=nightly, cron_schedule='@daily')\ndef daily():\n"
            "    return [dg.RunRequest(run_key='a'), dg.RunRequest('a')]\n"
        },
    )
    good = (
        {
            "defs.py": JOB + "@dg.schedule(job=nightly, cron_schedule='@daily')\ndef daily():\n"
            "    for region in ('eu', 'us'):\n        yield dg.RunRequest(run_key=region, tags={'region': region})\n"
        },
        {
            "defs.py": JOB + "@dg.schedule(job=nightly, cron_schedule='@daily')\ndef daily():\n"
            "    return dg.RunRequest(run_key='daily')\n"
        },
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each key once, where it is given first."""
        for schedule in declared(code, "schedule"):
            if schedule.function:
                for call, key in repeated(code, requests(code, schedule.function)):
                    message = f'several runs of one tick have the run_key "{key}": one is started'
                    yield self.diagnosis(code.spot(call), schedule.subject, message)
