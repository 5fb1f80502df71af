"""`dmb-workspace-validate`: the pre-commit hook. The verdict of `dmb-audit`, by the rules on the workspace alone."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from .command_line import parse, run
from .reports import LISTINGS
from .rules import WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .judging.verdict import Verdict

NAME = "dmb-workspace-validate"


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the repository in the working folder. Exit codes: 0 clean, 1 findings at or above --fail-on, 2 refused,
    3 no such folder.
    """
    words = sys.argv[1:] if arguments is None else arguments
    description = "Judge a module's pieces for a workspace, or a workspace, by what is in its repository."
    given = parse(words, NAME, description, LISTINGS)

    def show(verdicts: list[Verdict], _: Path) -> str:
        report = import_module(f".reports.{given.format}", __package__)
        text: str = report.listing(sorted(finding for verdict in verdicts for finding in verdict.findings))
        return text

    return run(given, NAME, (WORKSPACE,), show)


if __name__ == "__main__":
    sys.exit(main())
