"""What commands print: data and results on stdout, the rest on stderr; colour only on a terminal."""

from __future__ import annotations

import difflib
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from ..formats import envfile, marked_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..layout import Layout
    from ..transaction.transaction import Change

HIDDEN = "*****"

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=")
_PART = re.compile(r"@@ -(\d+)")  # the head of a part of a diff, with the first of its old lines
# Whose value is shown: what dmb itself writes that is no secret.
_SHOWN = re.compile(
    r"DAGSTER_HOME|DAGSTER_STORAGE_PATH|\w+_(?:PORT|PATH|EXECUTOR|DB_HOST|DB_NAME|DB_USER|DB_POOL_SIZE|AUTH_DIR)"
)


def line(text: str) -> None:
    """One line of the result."""
    click.echo(text)


def colored() -> bool:
    """Whether the result may be in colour: on a terminal, and with no NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def tell(sentence: str) -> None:
    """A message for a person, on standard error; never part of the data."""
    click.echo(sentence, err=True)


def data(schema: str, content: dict[str, Any]) -> None:
    """The result for programs."""
    click.echo(json.dumps({"schema": schema, **content}, indent=2, ensure_ascii=False))


def following(commands: Sequence[str]) -> None:
    """The next commands, ready for a shell."""
    line("Next:")
    for command in commands:
        line(f"  {command}")


def files(layout: Layout, changes: Iterable[Change]) -> None:
    """Each file that was made or changed, with the number of lines added and removed."""
    for change in changes:
        if change.path != layout.registry:
            added, removed = _counts(change)
            counts = f"{added} lines added" + (f", {removed} removed" if removed else "")
            line(f"  made {change.path.name}" if change.old is None else f"  changed {change.path.name}: {counts}")


def changed(layout: Layout, changes: Sequence[Change], *, dry_run: bool) -> dict[str, Any]:
    """The part of the data that says what was, or with `dry_run` would be, written."""
    entries = []
    for change in changes:
        added, removed = _counts(change)
        entry = {"path": str(change.path), "made": change.old is None, "lines_added": added, "lines_removed": removed}
        if dry_run:
            entry["diff"] = "".join(f"{text}\n" for text in _diff(layout, change))
        entries.append(entry)
    return {"workspace": str(layout.root), "dry_run": dry_run, "files": entries}


def new_files(project: Path) -> None:
    """The files of a module that would be made, as a unified diff. Its `.env` may hold secrets and is left out."""
    for path in sorted(project.rglob("*")):
        name = path.relative_to(project.parent).as_posix()
        if path.is_file() and path.name != ".env":
            lines = path.read_text(encoding="utf-8").splitlines()
            for text in difflib.unified_diff([], lines, "/dev/null", name, lineterm=""):
                line(text)


def new_env(text: str) -> None:
    """A `.env` that would be made, as a unified diff with secrets masked."""
    for masked in _masked(difflib.unified_diff([], _lines(text), "/dev/null", ".env", lineterm=""), set()):
        line(masked)


def diff(layout: Layout, changes: Sequence[Change]) -> None:
    """What would change in people's files, as a unified diff with secrets masked."""
    shown = [change for change in changes if change.path != layout.registry]
    text = "".join(f"{text}\n" for change in shown for text in _diff(layout, change))
    if not text:
        tell("Nothing would change.")
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        Console().print(Syntax(text, "diff", background_color="default"))
    else:
        click.echo(text, nl=False)


def _counts(change: Change) -> tuple[int, int]:
    """Lines added and removed."""
    old, new = ((data or b"").splitlines() for data in (change.old, change.new))
    # Most of a long file is the same: what is equal at both ends is not compared again.
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    old, new = old[same:], new[same:]
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    equal = sum(block.size for block in blocks)
    return len(new) - equal, len(old) - equal


def _diff(layout: Layout, change: Change) -> Iterator[str]:
    name = change.path.relative_to(layout.root).as_posix()
    old, new = ((data or b"").decode("utf-8", "replace") for data in (change.old, change.new))
    before = "/dev/null" if change.old is None else f"a/{name}"
    lines = difflib.unified_diff(_lines(old), _lines(new), before, f"b/{name}", lineterm="")
    return _masked(lines, envfile.marker_lines(old)) if change.path == layout.env else lines


def _lines(text: str) -> list[str]:
    """The lines as the readers of these files count them."""
    lines = marked_blocks.EOL.split(text)
    return lines[: -1 if not lines[-1] else None]


def _masked(lines: Iterable[str], markers: set[int]) -> Iterator[str]:
    """A diff of .env with possible secrets masked: values, and anything else people wrote there. `markers` are the
    lines of the old text to show as they are.
    """
    line = 0  # of the old text
    for number, text in enumerate(lines):
        if number < 2:  # the head of the diff
            yield text
            continue
        if part := _PART.match(text):
            line = int(part[1])
            yield text
            continue
        if name := _ASSIGNMENT.match(text, 1):
            yield text if _SHOWN.fullmatch(name[1]) else f"{text[0]}{name[1]}={HIDDEN}"
        elif text.startswith("+") or not text[1:].strip() or line in markers:
            yield text  # ours
        else:
            yield text[0] + HIDDEN
        line += not text.startswith("+")
