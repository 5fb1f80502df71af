"""One look at a workspace, or one change of it: under its lock, after recovering from an interrupted change."""

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

    from ...layout import Layout
    from ...transaction.recovery import Recovery
    from ...transaction.transaction import Change, Transaction


@dataclass
class Session:
    """The workspace as it is. `notes` are sentences for the user."""

    tx: Transaction
    files: Files
    registry: Registry
    notes: tuple[str, ...]
    now: str  # UTC, ISO 8601 to the second

    def finish(self, registry: Registry, *, commit: bool) -> tuple[Change, ...]:
        """Plan the new registry too, then commit all changes if `commit` is set. Returns the changes."""
        if registry != self.registry or self.tx.changes:
            self.tx.write(self.files.layout.registry, registry.text().encode(), mode=0o600)
        changes = tuple(self.tx.changes)
        if commit:
            self.tx.commit()
        return changes

    def checked(self, names: Iterable[str]) -> list[str]:
        """The names, each once. Raises NothingToWorkOn for one that no module has, with the closest match."""
        unique = list(dict.fromkeys(names))
        for name in unique:
            if name not in self.registry.modules:
                raise unknown_module(name, self.registry.modules, str(self.files.layout.root))
        return unique


@contextlib.contextmanager
def open_workspace(layout: Layout) -> Iterator[Session]:
    """Lock and read the workspace; see `transaction` for what is refused."""
    with transaction(layout.state) as tx:
        yield read_workspace(tx, layout)


def read_workspace(tx: Transaction, layout: Layout) -> Session:
    """The workspace as a transaction sees it."""
    data = tx.read(layout.registry)
    if data is None:
        raise DmbError(
            "the registry is missing", place=str(layout.registry), remedy="restore it, or run dmb workspace init again"
        )
    registry = Registry.parse(data, layout.registry)
    return Session(tx, Files(tx, layout), registry, tuple(recovery_notes(tx.recovery)), timestamp())


def timestamp() -> str:
    """The time now, as a session and the registry write it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def recovery_notes(recovery: Recovery) -> Iterator[str]:
    """What happened to a change that had been interrupted, as sentences."""
    if recovery.finished:
        yield f"finished a change that had been interrupted: {', '.join(map(str, recovery.finished))}"
    if recovery.discarded:
        yield "undid a change that had been interrupted before it was complete"


def unknown_module(name: str, modules: Iterable[str], place: str) -> NothingToWorkOn:
    """The error for a name that no module has."""
    import difflib

    names = list(modules)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        remedy = f"did you mean {close[0]}?"
    else:
        remedy = f"it has: {', '.join(names)}" if names else "it has no module yet: dmb workspace add MODULE_DIR"
    return NothingToWorkOn(f"the workspace has no module {name}", place=place, remedy=remedy)
