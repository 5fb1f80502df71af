"""The result of adding modules to a workspace, for people and for programs: of `new --add`, `add` and `sync`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...workspace.changes.add import Added


def added_data(done: Added, *, dry_run: bool) -> dict[str, Any]:
    """What `add` did, for programs."""
    from .. import output

    changed = output.changed(done.layout, done.changes, dry_run=dry_run)
    return {"modules": _modules(done), **changed, "next": _after_add(done)}


def print_added(done: Added) -> None:
    """What `add` did, for people."""
    from .. import output

    print_notes(done)
    for placed, environment in zip(done.placements, done.environments, strict=True):
        module = placed.module
        where = {"added": f"added to {done.layout.root}", "changed": "updated", "unchanged": "unchanged"}
        output.line(f"{module.name}: {where[placed.status]}")
        for sentence in placed.notes:
            output.line(f"  {sentence}")
        if environment in {"made", "updated"}:
            output.line(f"  {environment} {module.path / '.venv'}")
    output.files(done.layout, done.changes)
    if done.changes:
        output.line(_while_running(done))
    output.following(_after_add(done))


def print_notes(done: Added) -> None:
    """The notes, on standard error."""
    from .. import output

    for note in done.notes:
        output.tell(note)


def _while_running(done: Added) -> str:
    """What to do in a workspace that is running."""
    if done.runtime == "docker":
        return "If the workspace is running: run the last command, then Reload all on its Deployment page."
    if not done.code_servers:
        return "If the workspace is running: stop it and start it again."
    names = " ".join(placed.module.name for placed in done.placements)
    return (
        f"If the workspace is running: for new modules run `.venv/bin/honcho start {names}` in another terminal, "
        "then Reload all on its Deployment page; for changed ones stop it and start it again."
    )


def _modules(done: Added) -> list[dict[str, Any]]:
    return [
        {
            "name": placed.module.name,
            "location_name": placed.module.location_name,
            "path": str(placed.module.path),
            "status": placed.status,
            "ports": dict(placed.ports),
            "preferred_ports": dict(placed.module.ports),
            "environment": environment,
            "notes": list(placed.notes),
        }
        for placed, environment in zip(done.placements, done.environments, strict=True)
    ]


def _after_add(done: Added) -> list[str]:
    from ...workspace.runtimes import docker, local
    from ...workspace.runtimes.python_environment import Environment

    layout = done.layout
    if done.runtime == "docker":
        folder = shlex.quote(str(layout.root))
        names = " ".join(placed.module.name for placed in done.placements)
        return [f"dmb workspace build {names} --workspace {folder}", f"cd {folder} && {docker.START}"]
    host = Environment.of_workspace(layout.root, layout.requirements)
    lines = []
    for placed in done.placements:
        if not local.python(placed.module).exists():
            lines += Environment.of_module(placed.module.path, host).commands()
    if not layout.venv.exists():
        lines += host.commands()
    return [*lines, f"cd {shlex.quote(str(layout.root))} && {local.start_command(code_servers=done.code_servers)}"]
