"""`dmb-workspace-validate`: the pre-commit hook. It judges a repository as git knows it, and nothing beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .judging.engine import judge_commit
from .judging.findings import SEVERITIES, at_or_above
from .rules.index import INDEX

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

CLEAN, FOUND, USAGE, NOTHING = 0, 1, 2, 3


class Given:
    """What the command line says, and what holds where it says nothing."""

    root = Path()
    fail_on = "error"
    format = "text"


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the repository in the working folder. Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage.

    Where there is nothing to judge: 0 with a note, since the hook may run in any repository.
    """
    words = sys.argv[1:] if arguments is None else arguments
    given = _parser().parse_args(words, Given()) if words else Given()  # a hook is given nothing, as a rule
    if not given.root.is_dir():
        print(f"Error: {given.root}: there is no such folder", file=sys.stderr)  # noqa: T201
        return NOTHING
    rules = [listed for listed in INDEX if listed.code.startswith("WSP")]
    findings, subjects = judge_commit(given.root.resolve(), rules)
    if findings or given.format == "json":
        from importlib import import_module

        report = import_module(f".reports.{given.format}", __package__)
        sys.stdout.write(report.listing(findings))
    if not subjects:
        print("dmb-workspace-validate: no module and no workspace here, nothing to judge", file=sys.stderr)  # noqa: T201
    return FOUND if at_or_above(findings, given.fail_on) else CLEAN


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="dmb-workspace-validate",
        description="Judge a module's pieces for a workspace, or a workspace, by what is in its repository.",
    )
    parser.add_argument(
        "root", nargs="?", type=Path, default=Given.root, help="the repository (default: the working folder)"
    )
    parser.add_argument("--fail-on", choices=SEVERITIES, help="the least severity that fails (error)")
    parser.add_argument("--format", choices=("text", "json"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
