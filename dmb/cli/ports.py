"""`dmb ports`: who holds which port of this host, and from where that is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import layout
from ..errors import DmbError, NothingToWorkOn
from ..ports.choice import Held, choose
from ..ports.sockets import listeners
from ..ports.survey import survey
from ..ports.tables import KINDS, SOURCES, Holder
from . import output

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@click.command("ports", epilog="\b\nExamples:\n  dmb ports\n  dmb ports --workspace ~/dagster --json")
@click.option(
    "--workspace", type=click.Path(path_type=Path), metavar="DIR", help="Workspace folder (default: detected)."
)
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=".",
    help="Folder whose modules' preferred ports count.  [default: working folder]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the holders as JSON (schema dmb.ports/1).")
def ports(workspace: Path | None, output_dir: Path, as_json: bool) -> None:
    """Show who holds which port of this host, where that is recorded, and the next free ports."""
    root = _root(workspace, output_dir)
    held = survey(root, siblings=output_dir.resolve())
    holders = sorted([*held.holders, *listeners()])
    free = {kind: _free(kind, held) for kind in KINDS}
    if as_json:
        claims = [holder._asdict() for holder in holders]
        where = str(root) if root else None
        output.data("dmb.ports/1", {"workspace": where, "holders": claims, "free": free, "notes": held.notes})
        return
    output.line(f"Workspace: {root or 'none'}")
    for row in _columns([("PORT", "USE", "HELD BY", "BECAUSE", "SEEN AT"), *_rows(holders)]):
        output.line(row)
    output.line("Next free: " + ", ".join(f"{kind} {port or 'none'}" for kind, port in free.items()))
    for note in held.notes:
        output.tell(f"Note: {note}")


def _root(workspace: Path | None, start: Path) -> Path | None:
    try:
        return layout.find(workspace, start=start).root
    except NothingToWorkOn:
        if workspace is not None:
            raise
        return None


def _free(kind: str, held: Held) -> int | None:
    try:
        return choose(kind, held)
    except DmbError:
        return None


def _rows(holders: Iterable[Holder]) -> list[tuple[str, ...]]:
    """One row a claim; neighbouring ports of one claim share a row."""
    runs: list[list[Holder]] = []
    for holder in sorted(holders, key=lambda holder: (holder[1:], holder.port)):
        if runs and holder == runs[-1][-1]._replace(port=holder.port) and holder.port == runs[-1][-1].port + 1:
            runs[-1].append(holder)
        else:
            runs.append([holder])
    return [
        (_span(run[0].port, run[-1].port), run[0].kind or "-", run[0].who, SOURCES[run[0].source], run[0].place)
        for run in sorted(runs)
    ]


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
