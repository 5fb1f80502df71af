"""`dmb env`: a module's own `.env`, for work on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import DmbError
from ..module import Module
from ..template.finish import env_text, write_env
from . import output


@click.command("env", epilog="\b\nExamples:\n  dmb env\n  dmb env ~/modules/bar-one --dry-run")
@click.argument("module_dir", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON (schema dmb.env/1).")
@click.option("--dry-run", is_flag=True, help="Make nothing; show the file as a unified diff, secrets masked.")
def env(module_dir: Path, as_json: bool, dry_run: bool) -> None:
    """Make a module's own .env from its .env.example, with new random passwords: for a fresh clone.

    An existing .env is never changed.
    """
    project = Module.read(module_dir).path
    file = project / ".env"
    try:
        made = not file.exists() if dry_run else write_env(project)
        text = env_text(project) if dry_run and made else ""
    except FileNotFoundError as error:
        raise DmbError(
            "there is no .env.example to make it from",
            place=str(project / ".env.example"),
            remedy="restore it: git checkout .env.example",
        ) from error
    if as_json:
        output.data("dmb.env/1", {"path": str(file), "made": made, "dry_run": dry_run})
    elif not made:
        output.line(f"{file} already exists and was not changed.")
    elif dry_run:
        output.new_env(text)
    else:
        output.line(f"Made {file}, readable only by you.")
