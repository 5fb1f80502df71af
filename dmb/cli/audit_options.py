"""Options of the commands that judge; their words are the audit's own tables."""

from __future__ import annotations

import click

from audit_hooks.judging.findings import SEVERITIES

from .options import FOLDER

fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
baseline_option = click.option(
    "--baseline", metavar="FILE", type=FOLDER, help="Findings that are known already: they do not count."
)
