"""SEC004: a database that other machines can reach."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from dmb.compose.published import short_port
from dmb.formats.interpolation import with_defaults
from dmb.formats.source import offset
from dmb.formats.yaml_entries import before_first

from ...judging.rule import SAFE, Rule
from ...reading.edits import Edit
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject
    from ...reading.sources import Sources

_SERVERS = {
    "5432": "PostgreSQL",
    "3306": "MySQL",
    "1433": "SQL Server",
    "1521": "Oracle",
    "27017": "MongoDB",
    "6379": "Redis",
    "9042": "Cassandra",
}
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_EVERYWHERE = ("", "0.0.0.0", "*", "::", "[::]")  # noqa: S104 - read, not bound to
_LOCAL = "127.0.0.1"
_FILE = "services:\n  db:\n    image: postgres:17\n    ports:\n{}"
_EMPTY = {"workspace.yaml": "load_from: []\n"}


class Port(NamedTuple):
    """One item of `ports:` for a database: the address, and the port in the container, with defaults put in."""

    service: str
    spot: Spot
    node: Node
    address: str
    target: str


class PublishedDatabase(Rule):
    """Databases are published on 127.0.0.1, or not at all."""

    code = "SEC004"
    title = "A database that is open to other machines"
    kinds = ("module", "workspace", "repository")
    mends = SAFE
    what = (
        f"An item of `ports:` in a Compose file for the port of a database ({', '.join(_SERVERS.values())}) with no "
        "address before it, or `0.0.0.0`. An address that somebody chose, and one in a variable, are not judged."
    )
    why = (
        "Docker publishes on all addresses of the host and writes its own rules into the firewall, so that ufw and its "
        "like do not stop anybody. Programs that try passwords find an open database in hours."
    )
    remedy = "write 127.0.0.1: before it; containers reach the database by the name of its service without any port"
    bad = (
        {"docker-compose.yml": _FILE.format('      - "5432:5432"\n'), **_EMPTY},
        {
            "docker-compose.yml": _FILE.format("      - ${BAR_DB_PORT:-5440}:5432\n      - 0.0.0.0:6379:6379/tcp\n"),
            **_EMPTY,
        },
        {"docker-compose.yml": _FILE.format("      - target: 5432\n        published: 5432\n"), **_EMPTY},
        {"compose.yaml": _FILE.format("    - {target: 3306, published: '3306', host_ip: 0.0.0.0}\n"), **_EMPTY},
        {"compose.yaml": "services: {db: {image: 'postgres:17', ports: ['5432']}}\n", **_EMPTY},
    )
    good = (
        {"docker-compose.yml": _FILE.format('      - "127.0.0.1:5432:5432"\n'), **_EMPTY},
        {
            "docker-compose.yml": _FILE.format(
                '      - "${DB_ADDRESS:-127.0.0.1}:${DB_PORT:?the port}:5432"\n      - "[::1]:5432:5432"\n'
                "      - target: 5432\n        published: 5432\n        host_ip: 127.0.0.1\n"
                "      - 10.0.0.4:5432:5432\n"
            ),
            **_EMPTY,
        },
        {"docker-compose.yml": "services:\n  web:\n    image: dagster:1\n    ports: ['3000:3000']\n", **_EMPTY},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each item once, also where a merge key brings it to several services."""
        for port in _open(subject):
            message = f"the {_SERVERS[port.target]} of {port.service} is published on every address of the host"
            yield self.diagnosis(port.spot, port.service, message, edits=partial(_bound, subject.files, port))


def _open(subject: Subject) -> Iterator[Port]:
    seen = set[Spot]()
    for service in subject.containers.services:
        for item in service.node.get("ports").items:
            spot = Spot.at(service.file, item)
            address, target = _parts(item)
            if spot not in seen and target in _SERVERS and address in _EVERYWHERE:
                seen.add(spot)
                yield Port(service.name, spot, item, address, target)


def _parts(item: Node) -> tuple[str, str]:
    """(address, port in the container) of both forms; a variable's default counts, one without is left as it is."""
    if item.kind == "mapping":
        address, target = (with_defaults(item.get(key).text) for key in ("host_ip", "target"))
        return address, target
    port = short_port(with_defaults(item.text))
    return port.address, port.target


def _bound(files: Sources, port: Port) -> Iterator[Edit]:
    """127.0.0.1 in the form that the item has."""
    path, item = port.spot.path, port.node
    text = files.text(path) or ""
    if item.kind == "mapping":
        address = item.get("host_ip")
        if address.line:
            at = text.find(address.text, offset(text, address.line, address.column))
            yield Edit(path, at, at + len(address.text), _LOCAL)
        else:
            entry = before_first(text, item, f"host_ip: {_LOCAL}")
            yield Edit(path, entry.at, entry.at, entry.text)
        return
    start = files.offset(port.spot)
    at = text.find(item.text, start)
    if not 0 <= at <= start + 1:
        return  # written otherwise than it is read
    colons = _VARIABLE.sub("", item.text).count(":")
    if port.address and item.text.startswith(f"{port.address}:"):
        yield Edit(path, at, at + len(port.address), _LOCAL)
    elif colons < 2:
        yield Edit(path, at, at, f"{_LOCAL}:" if colons else f"{_LOCAL}::")  # "::": Docker picks the host's
