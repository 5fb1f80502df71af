"""`dmb-audit`: the pre-commit hook. It judges a repository as git knows it, and nothing beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dmb.errors import DmbError

from .judging.engine import audit
from .judging.findings import SEVERITIES, at_or_above
from .judging.policy import Options
from .judging.rule import TIERS
from .reading.sources import Sources

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

CLEAN, FOUND, REFUSED, NOTHING = 0, 1, 2, 3
FORMATS = ("text", "checklist", "json", "sarif", "github", "markdown", "html")


class Given:
    """What the command line says, and what holds where it says nothing."""

    root = Path()
    tier = ""
    fail_on = "error"
    select: Sequence[str] = []
    ignore: Sequence[str] = []
    preview = False
    baseline: Path | None = None
    format = "text"


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit the repository in the working folder. Exit codes: 0 clean, 1 findings at or above --fail-on, 2 refused,
    3 no such folder.

    Where there is nothing to judge: 0 with a note, since the hook may run in any repository.
    """
    words = sys.argv[1:] if arguments is None else arguments
    given = _parser().parse_args(words, Given()) if words else Given()  # a hook is given nothing, as a rule
    if not given.root.is_dir():
        print(f"Error: {given.root}: there is no such folder", file=sys.stderr)  # noqa: T201
        return NOTHING
    try:
        return _run(given)
    except DmbError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        return REFUSED


def _run(given: Given) -> int:
    known = {}
    if given.baseline:
        from .judging.baseline import read

        known = read(given.baseline)
    root = given.root.resolve()
    options = Options(
        given.tier, tuple(given.select), tuple(given.ignore), given.preview, known, given.format == "checklist"
    )
    verdicts = audit(root, options)
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    if findings or given.format != "text":
        from importlib import import_module

        report = import_module(f".reports.{given.format}", __package__)
        sys.stdout.write(report.render(verdicts, Sources(root)))
    if not verdicts:
        print("dmb-audit: no Dagster project and no workspace here, nothing to judge", file=sys.stderr)  # noqa: T201
    return FOUND if at_or_above(findings, given.fail_on) else CLEAN


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="dmb-audit", description="Judge the Dagster projects and workspaces of a repository without running them."
    )
    parser.add_argument(
        "root", nargs="?", type=Path, default=Given.root, help="the repository (default: the working folder)"
    )
    parser.add_argument("--tier", choices=TIERS, help="what it is held to (default: its own settings)")
    parser.add_argument("--fail-on", choices=SEVERITIES, help="the least severity that fails (error)")
    parser.add_argument("--select", action="append", metavar="CODE", help="ask only these rules or areas")
    parser.add_argument("--ignore", action="append", metavar="CODE", help="do not ask these")
    parser.add_argument("--preview", action="store_true", help="ask the new rules too")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="findings that are known already")
    parser.add_argument("--format", choices=FORMATS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
