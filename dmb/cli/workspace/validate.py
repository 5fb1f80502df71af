"""`dmb workspace validate`: parsing and printing only; the rules are in `audit_hooks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..audit_options import baseline_option, fail_on_option
from ..options import workspace_option

if TYPE_CHECKING:
    from pathlib import Path


FAILED = 1


@click.command(
    epilog="\b\nExamples:\n  dmb workspace validate\n  dmb workspace validate --live http://127.0.0.1:3000\n"
    "  dmb workspace validate --json --fail-on warning"
)
@workspace_option
@click.option("--live", "url", metavar="URL", help="Also check the webserver at URL and its code servers.")
@fail_on_option
@baseline_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON (schema dmb.findings/1).")
def validate(named: Path | None, url: str | None, fail_on: str, baseline: Path | None, as_json: bool) -> int:
    """Compare the workspace's registry, its files and the repositories of its modules.

    Each finding has its place, the id of a rule and what to do. Settings and ignores in [tool.dmb.audit] apply as for
    `dmb audit`. Nothing is changed and no code is run; only --live uses the network.
    """
    from audit_hooks.judging.baseline import read
    from audit_hooks.judging.engine import audit_workspace
    from audit_hooks.judging.findings import at_or_above
    from audit_hooks.judging.policy import Options
    from audit_hooks.rules import WORKSPACE

    from ...layout import find
    from .. import output

    layout = find(named)
    options = Options(areas=(WORKSPACE,), baseline=read(baseline) if baseline else {})
    verdict = audit_workspace(layout.root, options)
    findings = list(verdict.findings)
    if not verdict.checked:
        output.tell("The settings disable every rule")
    live = None
    if url:
        from ...workspace.live.inspection import inspect_workspace
        from .running import live_findings

        live = inspect_workspace(url, layout)
        findings += live_findings(live, layout)
    if as_json:
        from audit_hooks.reports import json as report

        data = report.listed(findings)
        more: dict[str, Any] = {"workspace": str(layout.root)}
        if live:
            from .running import live_data

            more["live"] = live_data(live)
        output.data(data.pop("schema"), {**more, **data})
    else:
        from audit_hooks.reports import text

        if live:
            from .running import print_live

            print_live(live)
        output.line(text.listing(findings).rstrip("\n"))
    return FAILED if at_or_above(findings, fail_on) else 0
