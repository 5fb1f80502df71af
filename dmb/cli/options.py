"""Options that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import DmbError

FOLDER = click.Path(path_type=Path)

no_install = click.option("--no-install", is_flag=True, help="Make no Python environment; you bring your own.")
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON, for programs.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Write nothing; show the change as a unified diff.")
workspace_option = click.option(
    "--workspace", "named", metavar="DIR", type=FOLDER, help="The workspace, where it is not found by itself."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
force_option = click.option("--force", is_flag=True, help="Also where people changed what dmb wrote: that is given up.")


def confirm(question: str, expected: str) -> None:
    """Ask a person to type `expected`; refused where there is nobody to ask, and when something else is typed."""
    if not sys.stdin.isatty():
        raise DmbError("this asks first, and standard input is no terminal", remedy="run it with --yes, if you mean it")
    answer = click.prompt(f"{question}\nType {expected} to go on", default="", show_default=False, err=True)
    if answer.strip() != expected:
        raise DmbError("not confirmed; nothing was changed", remedy=f"run it again and type {expected}")
