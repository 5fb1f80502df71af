"""Options of the commands that audit; their choices are the audit's own tables."""

from __future__ import annotations

import click

from audit_hooks.judging.findings import SEVERITIES

from .options import FOLDER

fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    default="error",
    show_default=True,
    help="Exit with 1 on findings of this severity or above.",
)
baseline_option = click.option(
    "--baseline", metavar="FILE", type=FOLDER, help="Ignore the findings in this baseline file."
)
