"""Rules on an argument that a declaration lacks: one question for each, and perhaps one edit."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ..facts.assets import given_later
from ..facts.declarations import MISSING
from ..facts.python_edits import add_argument
from .findings import no_edits
from .rule import CodeRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..facts.code import Code
    from ..facts.declarations import Declared
    from ..reading.edits import Edit
    from .findings import Diagnosis
    from .subject import Subject


class MissingArgument(CodeRule):
    """Fires on each declaration that does not give `argument`."""

    argument: ClassVar[str]
    of_assets: ClassVar[bool] = False  # it may be given to assets that are declared already
    positions: ClassVar[tuple[int | None, int | None]] = (None, None)  # in a decorator's arguments, and in a class's
    empty: ClassVar[tuple[Any, ...]] = (MISSING,)  # the values that give nothing
    message: ClassVar[str]  # with {} for the declaration's name
    default: ClassVar[str] = ""  # what an edit adds: what Dagster takes without it; {dagster} is its name in the file

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """None where some other place may give it."""
        if not (self.of_assets and given_later(subject.package, self.argument)):
            yield from super().check(subject)

    @abstractmethod
    def declarations(self, code: Code) -> Iterable[tuple[Declared, str]]:
        """What is judged in a file, each with its name."""

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each of them."""
        for item, name in self.declarations(code):
            if item.value(self.argument, self.positions[0 if item.function else 1]) in self.empty:
                edits = partial(_added, item, f"{self.argument}={self.default}") if self.default else no_edits
                yield self.diagnosis(item.spot, name, self.message.format(name), edits=edits)


def _added(item: Declared, text: str) -> Iterator[Edit]:
    """The argument as it counts today; none where there are no parentheses, or Dagster has no name in the file."""
    dagster = next((name for name, origin in item.code.imports.items() if origin == "dagster"), None)
    if item.call and (dagster or "{dagster}" not in text):
        yield add_argument(item.code, item.call, text.format(dagster=dagster))
