"""One look at a workspace, or one change of it: under its lock, with what a crash left undone brought to an end."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import DmbError, NothingToWorkOn
from ...transaction.transaction import transaction
from .files import Files
from .registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...transaction.transaction import Change, Recovery, Transaction
    from .layout import Layout


@dataclass
class Session:
    """The workspace as it is. `notes` are sentences for the user."""

    tx: Transaction
    files: Files
    registry: Registry
    notes: tuple[str, ...]
    now: str  # UTC, ISO 8601 to the second

    def finish(self, registry: Registry, *, commit: bool) -> tuple[Change, ...]:
        """Plan the new registry too, and make all changes or, without `commit`, none; what they are."""
        if registry != self.registry or self.tx.changes:
            self.tx.write(self.files.layout.registry, registry.text().encode(), mode=0o600)
        changes = tuple(self.tx.changes)
        if commit:
            self.tx.commit()
        return changes

    def known(self, names: Iterable[str]) -> list[str]:
        """The names, each once; NothingToWorkOn for one that is no module's, with those that come close."""
        asked = list(dict.fromkeys(names))
        for name in asked:
            if name not in self.registry.modules:
                raise unknown(name, self.registry.modules, str(self.files.layout.root))
        return asked


@contextlib.contextmanager
def session(layout: Layout) -> Iterator[Session]:
    """Open the workspace; see `transaction` for what is refused."""
    with transaction(layout.state) as tx:
        yield opened(tx, layout)


def opened(tx: Transaction, layout: Layout) -> Session:
    """The workspace as a transaction sees it."""
    data = tx.read(layout.registry)
    if data is None:
        raise DmbError("the registry is gone", place=str(layout.registry), remedy="restore it, or run init again")
    return Session(tx, Files(tx, layout), Registry.parse(data, layout.registry), tuple(recovered(tx.recovery)), now())


def now() -> str:
    """As a session and the registry have it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def recovered(recovery: Recovery) -> Iterator[str]:
    """What became of a change that had been interrupted, as sentences."""
    if recovery.finished:
        yield f"finished a change that had been interrupted: {', '.join(map(str, recovery.finished))}"
    if recovery.discarded:
        yield "took back a change that had been interrupted before it was complete"


def unknown(name: str, modules: Iterable[str], place: str) -> NothingToWorkOn:
    """The refusal of a name that nothing has."""
    import difflib

    there = list(modules)
    near = difflib.get_close_matches(name, there, n=1)
    if near:
        remedy = f"did you mean {near[0]}?"
    else:
        remedy = f"there are: {', '.join(there)}" if there else "it holds no module yet: dmb workspace add MODULE_DIR"
    return NothingToWorkOn(f"the workspace has no module {name}", place=place, remedy=remedy)
