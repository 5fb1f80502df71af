"""`dmb-workspace-validate`: the pre-commit hook. It judges a repository as git knows it, and nothing beside it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .engine import judge_commit
from .findings import SEVERITIES, at_or_above
from .rules import every

if TYPE_CHECKING:
    from collections.abc import Sequence

CLEAN, FOUND, USAGE, NOTHING = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the repository in the working folder. Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage.

    Where there is nothing to judge: 0 with a note, since the hook may run in any repository.
    """
    parser = argparse.ArgumentParser(
        prog="dmb-workspace-validate",
        description="Judge a module's pieces for a workspace, or a workspace, by what is in its repository.",
    )
    parser.add_argument(
        "root", nargs="?", type=Path, default=Path(), help="the repository (default: the working folder)"
    )
    parser.add_argument("--fail-on", choices=SEVERITIES, default="error", help="the least severity that fails (error)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    given = parser.parse_args(arguments)
    if not given.root.is_dir():
        print(f"Error: {given.root}: there is no such folder", file=sys.stderr)  # noqa: T201
        return NOTHING
    findings, subjects = judge_commit(given.root.resolve(), every("WSP"))
    if given.format == "json":
        from .reports import json as report
    else:
        from .reports import text as report  # type: ignore[no-redef]
    if findings or given.format == "json":
        sys.stdout.write(report.listing(findings))
    if not subjects:
        print("dmb-workspace-validate: no module and no workspace here, nothing to judge", file=sys.stderr)  # noqa: T201
    return FOUND if at_or_above(findings, given.fail_on) else CLEAN


if __name__ == "__main__":
    sys.exit(main())
