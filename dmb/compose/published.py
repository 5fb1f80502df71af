"""The ports of this host that services of Compose files publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..formats.interpolation import interpolate, parts
from .service import LISTENS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..formats.source import Source
    from ..formats.yaml_nodes import Node

_RANGE = re.compile(r"\+?([0-9]{1,5})(?:-([0-9]{1,5}))?")
_TARGET = re.compile(r"(.*?)(?:/(\w*|\$.*))?", re.DOTALL)


class Port(NamedTuple):
    """One item of `ports:`. Ports are a number or a range as text; `host` is "" when Docker picks a port itself."""

    address: str
    host: str
    target: str
    protocol: str


class Published(NamedTuple):
    """One TCP port of this host; `target` is the port in the container ("" if not given), `node` is its place."""

    port: int
    target: str
    node: Node


def long_port(address: str, host: str, target: str, protocol: str) -> Port:
    """An item of `ports:` that is a mapping."""
    return Port(address, host, target, protocol or "tcp")


def short_port(text: str) -> Port:
    """An item of `ports:` that is a text: `[[address:][host]:]target[/protocol]`."""
    *before, last = parts(text)
    match = _TARGET.fullmatch(last)
    target, protocol = match.groups() if match else (last, "")
    return Port(":".join(before[:-1]), before[-1] if before else "", target, protocol or "tcp")


class PortReader:
    """Reads what services of one Compose file publish, with variables replaced by `values`.

    DmbError, from `source`, for an invalid port; what cannot be known is added to `notes`.
    """

    def __init__(self, source: Source, values: Mapping[str, str], notes: list[str]) -> None:
        self._source = source
        self._values = values
        self._notes = notes

    def published_by(self, service: Node) -> Iterator[Published]:
        """What one service publishes, on whichever address."""
        if self.text(service.get("network_mode")) == "host":
            yield from self._on_the_hosts_network(service)
            return
        for item in self._items(service):
            port = self._port(item)
            if port.protocol == "tcp":
                yield from self._numbers(item.entries.get("published", item), port.host, port.target)

    def text(self, node: Node) -> str:
        """A scalar with its variables replaced; "" for none, and with a note when a variable is not set."""
        try:
            return interpolate(node.text, self._values).strip()
        except KeyError as error:
            self.note(node, f"{error.args[0]} is not set, so what depends on it is unknown")
        except ValueError as error:
            raise self._source.broken(f"Compose cannot interpolate `{node.text}`", node.line) from error
        return ""

    def note(self, node: Node, sentence: str) -> None:
        """Note what cannot be known, and where."""
        self._notes.append(f"{self._source.place(node.line)}: {sentence}")

    def _items(self, service: Node) -> Sequence[Node]:
        ports = service.get("ports")
        if ports.kind not in ("sequence", "null") and ports.tag != "!reset":
            raise self._source.broken("`ports` is not a list", ports.line)
        return () if ports.tag == "!reset" else ports.items

    def _port(self, item: Node) -> Port:
        if item.kind == "mapping":
            return long_port(*(self.text(item.get(key)) for key in ("host_ip", "published", "target", "protocol")))
        return short_port(self.text(item))

    def _on_the_hosts_network(self, service: Node) -> Iterator[Published]:
        """Nothing is published then: each port that the container listens on is the host's. Every hint counts."""
        for item in self._items(service):
            yield from self._numbers(item, self._port(item).target, "")
        for item in service.get("expose").items:
            port, _, protocol = self.text(item).partition("/")
            if protocol in ("", "tcp"):
                yield from self._numbers(item, port, "")
        for key in ("entrypoint", "command"):
            words = service.get(key).scalars()
            for match in LISTENS.finditer(" ".join(self.text(word) for word in words)):
                yield from self._numbers(words[0], match[1], "")

    def _numbers(self, node: Node, ports: str, target: str) -> Iterator[Published]:
        if ports in ("", "0"):
            return
        match = _RANGE.fullmatch(ports)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= 65535:
            raise self._source.broken(f"`{ports}` is not a port", node.line)
        for port in range(first, last + 1):
            yield Published(port, target, node)
