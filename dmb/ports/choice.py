"""Who holds a port, and the next one that nobody holds: pure functions over tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import DmbError
from .sockets import is_bound

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

# The ranges do not meet, so that a port says what it is. All lie below the ports that kernels hand out to clients.
KINDS: Mapping[str, range] = {
    "grpc": range(4001, 5000),
    "postgresql": range(5440, 6000),
    "mysql": range(3307, 4000),
}

# Numbers within the ranges that other software is known by: free today, in somebody's way tomorrow.
WELL_KNOWN: Mapping[int, str] = {
    3310: "ClamAV",
    3389: "Remote Desktop",
    3478: "STUN",
    3690: "Subversion",
    4040: "Spark's UI",
    4150: "NSQ",
    4151: "NSQ",
    4160: "NSQ",
    4161: "NSQ",
    4190: "ManageSieve",
    4200: "Prefect",
    4222: "NATS",
    4317: "OpenTelemetry",
    4318: "OpenTelemetry",
    4369: "Erlang's port mapper",
    4443: "HTTPS, by habit",
    4444: "Selenium",
    4566: "LocalStack",
    4646: "Nomad",
    4647: "Nomad",
    4648: "Nomad",
    4840: "OPC UA",
    4848: "GlassFish",
    4873: "Verdaccio",
    5500: "VNC",
    5555: "Celery Flower",
    5601: "Kibana",
    5666: "Nagios",
    5671: "RabbitMQ",
    5672: "RabbitMQ",
    5701: "Hazelcast",
    5800: "VNC",
    5900: "VNC",
    5901: "VNC",
    5984: "CouchDB",
    5985: "WinRM",
    5986: "WinRM",
}

SOURCES: Mapping[str, str] = {
    "env": "a variable of the workspace",
    "compose": "published by a compose file",
    "workspace": "a gRPC server of workspace.yaml",
    "registry": "assigned by the workspace",
    "reservation": "reserved for a day",
    "manifest": "preferred by a module beside the new one",
    "socket": "in use on this host",
}


class Holder(NamedTuple):
    """One claim to one host port.

    `kind` is a key of KINDS, `database` for either server, or "" when the use is not known. `who` is the module's slug
    where that is known, else words (`service db`, `variable WEB_PORT`). `place` is `path:line`, `path`, or for a
    socket its address. `source` is a key of SOURCES.
    """

    port: int
    kind: str
    who: str
    place: str
    source: str


class Held:
    """All claims that were found, as a container of ports; sockets are asked at the moment of the question.

    `notes` are sentences about what could not be seen (a file of another user); show them.
    """

    def __init__(self, holders: Iterable[Holder] = (), notes: Iterable[str] = ()) -> None:
        self.notes = tuple(notes)
        self._by_port: dict[int, list[Holder]] = {}
        for holder in holders:
            self._by_port.setdefault(holder.port, []).append(holder)

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Every claim that was found in a file, by port."""
        return tuple(holder for _, claims in sorted(self._by_port.items()) for holder in claims)

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.holder(port) is not None

    def holder(self, port: int, *, besides: str = "") -> Holder | None:
        """Who holds the port, other than the module `besides`; None when nobody does.

        A server that listens on a port which is known to be the module's is taken to be the module's own.
        """
        claims = self._by_port.get(port, [])
        for claim in claims:
            if claim.who != besides:
                return claim
        if claims or not is_bound(port):
            return None
        return Holder(port, "", "a process of this host", f"port {port}", "socket")

    def own(self, slug: str, kind: str) -> Iterable[int]:
        """The ports that a module already holds for one use: assigned ones before reserved ones."""
        sources = ("registry", "reservation")
        claims = [holder for holder in self.holders if (holder.who, holder.kind) == (slug, kind)]
        return [holder.port for source in sources for holder in claims if holder.source == source]


def choose(kind: str, held: Container[int]) -> int:
    """The lowest port of a kind that is neither held nor well known. DmbError when the range is used up."""
    for port in KINDS[kind]:
        if port not in WELL_KNOWN and port not in held:
            return port
    ports = KINDS[kind]
    raise DmbError(
        f"no {kind} port is free between {ports[0]} and {ports[-1]}",
        remedy="`dmb ports` shows who holds them; take out what is no longer used, or name a port outside this range",
    )


def propose(
    slug: str, wanted: Mapping[str, int | None], held: Held, *, preferred: Mapping[str, int] | None = None
) -> dict[str, int]:
    """One port for each wanted kind, as `reserve` would give it; nothing is written.

    `wanted` maps a key of KINDS to a typed port or None, `preferred` to the port that is tried first for a None.
    DmbError when a typed port is impossible, taken by somebody else, or asked for twice.
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
    candidates = [*held.own(slug, kind), *([preferred] if preferred is not None else [])]
    for port in candidates:
        if port not in mine and held.holder(port, besides=slug) is None:
            return port
    return choose(kind, _Either(held, mine))


class _Either:
    """A port is in it when it is in one of the two."""

    def __init__(self, one: Container[int], other: Container[int]) -> None:
        self._parts = (one, other)

    def __contains__(self, port: object) -> bool:
        return any(port in part for part in self._parts)


def _refuse_unless_free(kind: str, port: int, slug: str, held: Held, typed: Mapping[str, int]) -> None:
    if not 1 <= port <= 65535:
        raise DmbError(f"{port} is no port", remedy="use a number from 1 to 65535")
    for other, number in typed.items():
        if number == port:
            raise DmbError(
                f"port {port} is asked for twice, as {other} and as {kind}", remedy="name two different ports"
            )
    holder = held.holder(port, besides=slug)
    if holder is not None:
        raise DmbError(
            f"port {port} is taken by {holder.who} ({SOURCES[holder.source]})",
            place=holder.place,
            remedy=f"take another one; the next free {kind} port is {choose(kind, held)}",
        )
