"""Which host ports are taken, and which one a new module should prefer.

Two moments. The template *prefers* a port: `reserve` picks it under a lock and keeps it for a day. The workspace
*assigns* one: `propose` under its own lock, with the port that the module prefers as `preferred`. `propose` writes
nothing; before a question is asked it says what `reserve` would answer.

    held = survey(workspace, siblings=output_dir)  # who holds what
    propose("bar-one", {"grpc": None}, held)       # {"grpc": 4001}
    reserve("bar-one", {"grpc": None}, workspace=workspace, siblings=output_dir)
    confirm("bar-one", output_dir / "bar-one", workspace=workspace)

A wanted port is a number that a person typed (refused when somebody else holds it) or None (the module's own port if
it has one, else the preferred one if it is free, else the next free one). What a module itself holds is never in its
own way: asking twice gives the same answer.

PyYAML is imported only when there is a workspace file to read.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .choice import Held, choose, propose
    from .claims import survey
    from .reservations import Reserved, confirm, reserve
    from .sockets import listeners
    from .tables import KINDS, SOURCES, WELL_KNOWN, Holder

__all__ = [
    "KINDS",
    "SOURCES",
    "WELL_KNOWN",
    "Held",
    "Holder",
    "Reserved",
    "choose",
    "confirm",
    "listeners",
    "propose",
    "reserve",
    "survey",
]

_HOMES = {
    "choice": ("Held", "choose", "propose"),
    "reservations": ("Reserved", "confirm", "reserve"),
    "sockets": ("listeners",),
    "claims": ("survey",),
    "tables": ("KINDS", "SOURCES", "WELL_KNOWN", "Holder"),
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for first: who reads one kind of file here pays for that alone."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
