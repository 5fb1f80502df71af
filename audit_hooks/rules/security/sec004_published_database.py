"""SEC004: a database that other machines can reach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ...judging.rule import SAFE, Edit, Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Finding
    from ...judging.subject import Subject

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
_DEFAULT = re.compile(r"\$\{\w+:?-([^{}]*)\}")
_EVERYWHERE = ("", "0.0.0.0", "*", "::", "[::]")  # noqa: S104 - read, not bound to
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

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Each item once, also where a merge key brings it to several services."""
        for port in _open(subject):
            message = f"the {_SERVERS[port.target]} of {port.service} is published on every address of the host"
            yield self.finding(port.spot, port.service, message)

    def fix(self, subject: Subject, finding: Finding) -> Iterator[Edit]:
        """127.0.0.1 in the form that the item has."""
        for port in _open(subject):
            if port.spot == (finding.path, finding.line, finding.column):
                yield from _edit(subject, port)


def _open(subject: Subject) -> Iterator[Port]:
    seen = set[Spot]()
    for service in subject.containers.services:
        for item in service.node.get("ports").items:
            spot = subject.at(service.file, item)
            address, target = _parts(item)
            if spot not in seen and target in _SERVERS and address in _EVERYWHERE:
                seen.add(spot)
                yield Port(service.name, spot, item, address, target)


def _parts(item: Node) -> tuple[str, str]:
    """(address, port in the container) of both forms; a variable's default counts, one without is left as it is."""
    if item.kind == "mapping":
        return _known(item.get("host_ip").text), _known(item.get("target").text).partition("/")[0]
    names = _VARIABLE.findall(item.text)
    before, _, target = _VARIABLE.sub("\0", item.text).rpartition(":")
    address = before.rpartition(":")[0]
    for _ in range(address.count("\0")):
        address = address.replace("\0", _known(names.pop(0)), 1)
    if "\0" in target:
        target = target.replace("\0", _known(names[-1]))
    return address, target.partition("/")[0]


def _known(text: str) -> str:
    default = _DEFAULT.fullmatch(text)
    return default[1] if default else text


def _edit(subject: Subject, port: Port) -> Iterator[Edit]:
    text = subject.files.text(port.spot.path) or ""
    item, local = port.node, "127.0.0.1"
    if item.kind == "mapping":
        given = item.get("host_ip")
        if given.line:
            at = text.find(given.text, subject.files.offset(subject.at(port.spot.path, given)))
            yield Edit(port.spot.path, at, at + len(given.text), local)
            return
        flow = text[subject.files.offset(port.spot)] == "{"
        at = subject.files.offset(subject.at(port.spot.path, item.pairs[0][0]))
        yield Edit(port.spot.path, at, at, f"host_ip: {local}" + (", " if flow else "\n" + " " * (item.column - 1)))
        return
    at = text.find(item.text, subject.files.offset(port.spot))
    if not 0 <= at <= subject.files.offset(port.spot) + 1:
        return  # written otherwise than it is read
    colons = _VARIABLE.sub("", item.text).count(":")
    if port.address and item.text.startswith(f"{port.address}:"):
        yield Edit(port.spot.path, at, at + len(port.address), local)
    elif colons < 2:
        yield Edit(port.spot.path, at, at, f"{local}:" if colons else f"{local}::")  # "::": Docker picks the host's
