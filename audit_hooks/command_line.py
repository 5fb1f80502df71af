"""What the two hooks have in common: their options, what these ask for, and how a run ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dmb.errors import DmbError

from .judging.engine import audit
from .judging.findings import SEVERITIES, at_or_above
from .judging.policy import Options
from .judging.rule import TIERS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from .judging.verdict import Verdict

CLEAN, FOUND, REFUSED, NOTHING = 0, 1, 2, 3


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


def parse(words: Sequence[str], name: str, description: str, formats: Sequence[str]) -> Given:
    """The options of a hook."""
    if not words:
        return Given()  # a hook is given nothing, as a rule: no parser is loaded
    return _parser(name, description, formats).parse_args(words, Given())


def run(given: Given, name: str, areas: tuple[str, ...], show: Callable[[list[Verdict], Path], str]) -> int:
    """Judge a repository by the rules of some areas, print what `show` makes of it, and say how it went.

    0 clean, 1 findings at or above --fail-on, 2 refused, 3 no such folder. Where there is nothing to judge, or no rule
    to judge it by: 0 with a note, since a hook may run in any repository.
    """
    if not given.root.is_dir():
        print(f"Error: {given.root}: there is no such folder", file=sys.stderr)  # noqa: T201
        return NOTHING
    root = given.root.resolve()
    try:
        verdicts = audit(root, _options(given)._replace(areas=areas))
    except DmbError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        return REFUSED
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    if findings or given.format != "text":
        sys.stdout.write(show(verdicts, root))
    if not verdicts:
        print(f"{name}: no Dagster project and no workspace here, nothing to judge", file=sys.stderr)  # noqa: T201
    elif not any(verdict.checked for verdict in verdicts):
        print(f"{name}: the settings leave no rule to judge by", file=sys.stderr)  # noqa: T201
    return FOUND if at_or_above(findings, given.fail_on) else CLEAN


def _options(given: Given) -> Options:
    known = {}
    if given.baseline:
        from .judging.baseline import read

        known = read(given.baseline)
    advice = given.format == "checklist"
    return Options(given.tier, tuple(given.select), tuple(given.ignore), given.preview, known, advice)


def _parser(name: str, description: str, formats: Sequence[str]) -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(prog=name, description=description)
    parser.add_argument(
        "root", nargs="?", type=Path, default=Given.root, help="the repository (default: the working folder)"
    )
    parser.add_argument("--tier", choices=TIERS, help="what it is held to (default: its own settings)")
    parser.add_argument("--fail-on", choices=SEVERITIES, help="the least severity that fails (error)")
    parser.add_argument("--select", action="append", metavar="CODE", help="ask only these rules or areas")
    parser.add_argument("--ignore", action="append", metavar="CODE", help="do not ask these")
    parser.add_argument("--preview", action="store_true", help="ask the new rules too")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="findings that are known already")
    parser.add_argument("--format", choices=formats)
    return parser
