"""`dmb workspace build`: the images of a workspace of containers."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from ..options import as_json_option, workspace_option

if TYPE_CHECKING:
    from pathlib import Path

    from ...workspace.changes.build import Built, Result

FAILED = 1


@click.command(
    epilog="\b\nExamples:\n  dmb workspace build && dmb workspace up\n  dmb workspace build bar-one\n"
    "  dmb workspace build --no-cache"
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@workspace_option
@click.option("--no-cache", is_flag=True, help="Build also what has not changed, with the newest allowed packages.")
@as_json_option
@click.option("--dry-run", is_flag=True, help="Build nothing; print the commands.")
def build(names: tuple[str, ...], named: Path | None, no_cache: bool, as_json: bool, dry_run: bool) -> int:
    """Build the images that are missing or changed: the workspace's own and each module's, or those of the named ones.

    A module's image is named after its version and content, in the module's block of .env. What runs keeps its image
    until `docker compose up` replaces it, and images from before are kept.
    """
    from ...layout import find
    from ...workspace.changes.build import build
    from .. import output

    layout = find(named)
    done = build(layout, names, dry_run=dry_run, cache=not no_cache, tell=output.tell)
    failed = any(result.status == "failed" for result in done.results)
    if as_json:
        changed = output.changed(layout, done.changes, dry_run=dry_run)
        commands = [{"command": list(step.words), "stdin": step.stdin or None} for step in done.commands]
        images = [_data(result) for result in done.results]
        output.data("dmb.workspace.build/1", {"images": images, "commands": commands, **changed, "next": _next(done)})
        return FAILED if failed else 0
    for note in done.notes:
        output.tell(note)
    if dry_run:
        print_commands(done)
        return 0
    print_results(done)
    output.files(layout, done.changes)
    if following := _next(done):
        output.following(following)
    return FAILED if failed else 0


def print_commands(done: Built) -> None:
    """The commands, ready for a shell."""
    from .. import output

    for step in done.commands:
        text = shlex.join(step.words)
        output.line(f"DOCKER_BUILDKIT=1 {text} <<'END'\n{step.stdin}END" if step.stdin else f"DOCKER_BUILDKIT=1 {text}")


def print_results(done: Built) -> None:
    """What became of each image, for people."""
    from .. import output

    for result in done.results:
        name = result.image.subject
        if result.status == "built":
            output.line(f"{name}: built {result.name} in {result.seconds:.0f} s")
        elif result.status == "unchanged":
            output.line(f"{name}: unchanged, {result.name}")
        elif result.status == "skipped":
            output.line(f"{name}: not built, {result.log[0]}")
        else:
            output.line(f"{name}: the build failed")
            for text in result.log:
                output.line(f"  {text}")


def _data(result: Result) -> dict[str, Any]:
    return {
        "subject": result.image.subject,
        "modules": list(result.image.modules),
        "status": result.status,
        "image": result.name,
        "previous": result.image.name,
        "variable": result.image.variable or None,
        "seconds": round(result.seconds, 1),
        "log": list(result.log),
    }


def _next(done: Built) -> list[str]:
    """Shell lines: have what runs take it in, and how to go back."""
    if not any(result.status == "built" for result in done.results):
        return []
    folder = shlex.quote(str(done.layout.root))
    lines = [f"cd {folder} && docker compose up --detach"]
    if done.changes:
        from ...workspace.changes.restore import label, undoable

        time = label(undoable(done.layout)[0])
        lines.append(f"# to go back: dmb workspace restore {time} --workspace {folder}, and this again")
    return lines
