"""`dmb-audit`: the pre-commit hook. It judges a repository as git knows it, and nothing beside it."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from .command_line import parse, run
from .reading.sources import Sources
from .reports import FORMATS
from .rules import AREAS, WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dmb.formats.yaml_nodes import Node

    from .judging.verdict import Verdict

NAME, OTHER = "dmb-audit", "dmb-workspace-validate"  # the two hooks
CONFIG = ".pre-commit-config.yaml"
_ITS_OWN = ("id", "name", "alias", "description", "entry")  # keys in which two hooks that run alike differ


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit the repository in the working folder. Exit codes: 0 clean, 1 findings at or above --fail-on, 2 refused,
    3 no such folder.

    The rules on the workspace are left to `dmb-workspace-validate` where both are run as hooks of this repository, and
    alike, so that no finding is told twice.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    given = parse(
        words, NAME, "Judge the Dagster projects and workspaces of a repository without running them.", FORMATS
    )

    def show(verdicts: list[Verdict], root: Path) -> str:
        text: str = import_module(f".reports.{given.format}", __package__).render(verdicts, Sources(root))
        return text

    others = tuple(area for area in AREAS if area != WORKSPACE)
    return run(given, NAME, others if _left_to_the_other(words) else ("",), show)


def _left_to_the_other(words: Sequence[str]) -> bool:
    """Whether this is run as a hook, and the configuration runs the other hook with the same arguments, on the same
    files, at the same stages. Both pre-commit and prek set PRE_COMMIT, and run hooks at the repository's top.
    """
    if "PRE_COMMIT" not in os.environ:
        return False
    document = Sources(Path.cwd(), frozenset({CONFIG})).yaml(CONFIG)
    hooks = [hook for repository in document.get("repos").items for hook in repository.get("hooks").items]
    others = [_settings(hook) for hook in hooks if hook.get("id").text == OTHER]
    return any(
        hook.get("id").text == NAME
        and [word.text for word in hook.get("args").items] == list(words)
        and _settings(hook) in others
        for hook in hooks
    )


def _settings(hook: Node) -> dict[str, list[str]]:
    """What decides when and how a hook runs."""
    return {key: [node.text for node in value.walk()] for key, value in hook.entries.items() if key not in _ITS_OWN}


if __name__ == "__main__":
    sys.exit(main())
