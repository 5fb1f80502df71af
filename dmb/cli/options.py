"""Options that several commands share."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import DmbError

FOLDER = click.Path(path_type=Path)

no_install = click.option("--no-install", is_flag=True, help="Do not make Python environments; you bring your own.")
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Write nothing; show the change as a unified diff.")
workspace_option = click.option(
    "--workspace", "named", metavar="DIR", type=FOLDER, help="Workspace folder (default: detected)."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
force_option = click.option("--force", is_flag=True, help="Overwrite hand-edited blocks; those edits are lost.")


def confirm(question: str, expected: str) -> None:
    """Ask a person to type `expected`; refused without a terminal, and when something else is typed."""
    if not sys.stdin.isatty():
        raise DmbError("Needs confirmation, but there is no terminal", remedy="pass --yes")
    answer = click.prompt(f"{question}\nType {expected} to continue", default="", show_default=False, err=True)
    if answer.strip() != expected:
        raise DmbError("not confirmed; nothing was changed", remedy=f"run it again and type {expected}")
