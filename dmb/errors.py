"""What went wrong, in the three parts that a user needs: cause, place, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class DmbError(Exception):
    """A refusal that a user can act on. Nothing was written when it is raised.

    `cause` is one sentence, `place` a path or `path:line` ("" when there is none), `remedy` what to do next.
    """

    exit_code = 2

    def __init__(self, cause: str, *, place: str = "", remedy: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.place}: {self.cause}" if self.place else self.cause
        return f"{head}\n  -> {self.remedy}" if self.remedy else head


class NothingToWorkOn(DmbError):
    """The named module, workspace or file does not exist."""

    exit_code = 3


def refuse(problems: Sequence[DmbError]) -> None:
    """Raise the problems, if any: several as one that lists each with its place and remedy."""
    if len(problems) > 1:
        each = "\n".join("  " + str(error).replace("\n", "\n  ") for error in problems)
        raise DmbError(f"{len(problems)} problems:\n{each}", remedy="fix all of them, then run again")
    for error in problems:
        raise error
