"""Who holds a port, and the next one that nobody holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import DmbError
from .sockets import is_bound, listener
from .tables import KINDS, SOURCES, WELL_KNOWN, WISHES, Holder

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping


class Held:
    """All claims that were found, as a container of ports; sockets are checked at each question.

    `notes` are sentences about what could not be seen (a file of another user); show them.
    """

    def __init__(self, holders: Iterable[Holder] = (), notes: Iterable[str] = ()) -> None:
        self.notes = tuple(notes)
        self._by_port: dict[int, list[Holder]] = {}
        self._by_owner: dict[str, list[Holder]] = {}
        for holder in holders:
            self.add(holder)

    def add(self, holder: Holder) -> None:
        """Add one more claim."""
        self._by_port.setdefault(holder.port, []).append(holder)
        self._by_owner.setdefault(holder.who, []).append(holder)

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Every claim that was found in a file, by port."""
        return tuple(holder for _, claims in sorted(self._by_port.items()) for holder in claims)

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.holder(port) is not None

    def holder(self, port: int, *, besides: str = "") -> Holder | None:
        """Who holds the port, ignoring the module `besides`; None when nobody does.

        A server that listens on a port which is known to be the module's is taken to be the module's own.
        """
        claims = self._by_port.get(port, [])
        for claim in claims:
            if claim.who != besides:
                return claim
        if claims or not is_bound(port):
            return None
        return listener(port)

    def own(self, slug: str, kind: str) -> list[Holder]:
        """What a module already holds for one use, the most binding claim first."""
        sources = list(SOURCES)
        claims = [holder for holder in self._by_owner.get(slug, ()) if _serves(holder, kind)]
        return sorted(claims, key=lambda holder: (sources.index(holder.source), holder.port))


def _serves(holder: Holder, kind: str) -> bool:
    return holder.kind == kind or (holder.kind == "database" and holder.port in KINDS[kind])


def choose(kind: str, held: Container[int]) -> int:
    """The lowest port of a kind that is neither held nor well known. DmbError when the range is used up."""
    for port in KINDS[kind]:
        if port not in WELL_KNOWN and port not in held:
            return port
    ports = KINDS[kind]
    raise DmbError(
        f"no {kind} port is free between {ports[0]} and {ports[-1]}",
        remedy="run `dmb ports` to see who holds them; remove what is unused, or name a port outside this range",
    )


def propose(
    slug: str, wanted: Mapping[str, int | None], held: Held, *, preferred: Mapping[str, int] | None = None
) -> dict[str, int]:
    """One port for each wanted kind, as `reserve` would give it; nothing is written.

    `wanted` maps a key of KINDS to a typed port or None, `preferred` to the port that is tried first for a None.
    DmbError when a typed port is impossible, taken by somebody else, or requested twice.
    """
    ports: dict[str, int] = {}
    for kind, port in wanted.items():
        if port is not None:
            _refuse_unless_free(kind, port, slug, held, ports)
            ports[kind] = port
    for kind, port in wanted.items():
        if port is None:
            ports[kind] = _first_free(kind, slug, held, (preferred or {}).get(kind), set(ports.values()))
    return {kind: ports[kind] for kind in wanted}


def _first_free(kind: str, slug: str, held: Held, preferred: int | None, mine: set[int]) -> int:
    # What a workspace assigned binds. A reservation or a manifest is a wish, maybe a namesake's in another folder.
    own = held.own(slug, kind)
    assigned = [claim.port for claim in own if claim.source not in WISHES]
    wished = [claim.port for claim in own if claim.source in WISHES]
    for port in [*assigned, *([preferred] if preferred is not None else []), *wished]:
        if port not in mine and held.holder(port, besides=slug) is None:
            return port
    return choose(kind, _Either(held, mine))


class _Either:
    """A port is in it when it is in one of the two."""

    def __init__(self, first: Container[int], second: Container[int]) -> None:
        self._parts = (first, second)

    def __contains__(self, port: object) -> bool:
        return any(port in part for part in self._parts)


def _refuse_unless_free(kind: str, port: int, slug: str, held: Held, typed: Mapping[str, int]) -> None:
    if not 1 <= port <= 65535:
        raise DmbError(f"{port} is not a port", remedy="use a number from 1 to 65535")
    for other, number in typed.items():
        if number == port:
            raise DmbError(
                f"port {port} is requested twice, as {other} and as {kind}", remedy="name two different ports"
            )
    holder = held.holder(port, besides=slug)
    if holder is not None:
        raise DmbError(
            f"port {port} is taken by {holder.who} ({SOURCES[holder.source]})",
            place=holder.place,
            remedy=f"use another one; the next free {kind} port is {choose(kind, held)}",
        )
