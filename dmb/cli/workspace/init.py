"""`dmb workspace init`: make a workspace that is ready to start."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ...workspace.state.registry import RUNTIMES
from ..options import FOLDER, as_json_option, dry_run_option, no_install

if TYPE_CHECKING:
    from pathlib import Path

    from ...workspace.changes.init import Initialized


@click.command(
    epilog="\b\nExamples:\n  dmb workspace init ~/dagster\n  dmb workspace init ~/dagster --code-servers\n"
    "  dmb workspace init ~/dagster --runtime docker"
)
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default="local",
    show_default=True,
    help="Where code runs: local (processes on this host) or docker (Docker Compose).",
)
@click.option(
    "--code-servers", is_flag=True, help="With local: run a gRPC code server for each module; honcho starts them."
)
@click.option(
    "--run-launcher",
    type=click.Choice(["default", "docker"]),
    help="With docker: start each run in its code server's container (default), or in its own container (docker).",
)
@no_install
@as_json_option
@dry_run_option
def init(
    folder: Path,
    runtime: str,
    code_servers: bool,
    run_launcher: str | None,
    no_install: bool,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Make a workspace in DIR, ready to start.

    Existing files stay as they are; missing ones are made.
    """
    from ...workspace.changes.init import init_docker, init_local
    from .. import output

    root = folder.expanduser().resolve()
    if runtime == "docker":
        if code_servers:
            raise click.UsageError("--code-servers is for --runtime local: in containers every module has one")
        done = init_docker(root, run_launcher=run_launcher or "default", dry_run=dry_run)
    else:
        if run_launcher:
            raise click.UsageError("--run-launcher is for --runtime docker")
        done = init_local(root, code_servers=code_servers, install=not no_install, dry_run=dry_run, tell=output.tell)
    if as_json:
        data = {"runtime": runtime, "code_servers": code_servers, "kept": [str(path) for path in done.kept]}
        data |= {"environment": done.environment, **output.changed(done.layout, done.changes, dry_run=dry_run)}
        output.data("dmb.workspace.init/1", {**data, "next": _after_init(done)})
        return
    if dry_run:
        output.diff(done.layout, done.changes)
        return
    where = done.layout.root
    new = any(change.path == done.layout.registry for change in done.changes)
    if not done.changes:
        output.line(f"{where} is already a workspace; unchanged")
    else:
        output.line(f"Made the workspace {where}" if new else f"Added missing files to the workspace {where}")
    output.files(done.layout, done.changes)
    for path in done.kept if new else ():
        output.line(f"  kept {path.name}, which already existed")
    if done.environment in {"made", "updated"}:
        output.line(f"  {done.environment} {done.layout.venv.name}, with Dagster's webserver and daemon")
    output.following(_after_init(done))


def _after_init(done: Initialized) -> list[str]:
    """Shell lines: what to do now."""
    from ...workspace.runtimes import docker, local
    from ...workspace.runtimes.python_environment import Environment

    layout = done.layout
    folder = shlex.quote(str(layout.root))
    if done.runtime == "docker":
        return [f"dmb workspace build --workspace {folder}", f"cd {folder} && {docker.START}"]
    lines = [f"dmb workspace add MODULE_DIR --workspace {folder}"]
    if not layout.venv.exists():
        lines += Environment.of_workspace(layout.root, layout.requirements).commands()
    return [*lines, f"cd {folder} && {local.start_command(code_servers=done.code_servers)}"]
