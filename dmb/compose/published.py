"""The host ports that Compose files publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..databases import SERVERS
from ..formats.interpolation import interpolate
from ..formats.source import read
from ..formats.yaml_nodes import Node, documents
from ..ports.tables import Holder
from ..ports.variables import module_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ..formats.source import Source

_PATTERNS = ("compose*.yaml", "compose*.yml", "docker-compose*.yaml", "docker-compose*.yml")
_RANGE = re.compile(r"\+?([0-9]{1,5})(?:-([0-9]{1,5}))?")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_PORT_OPTION = re.compile(r"(?:^|\s)(?:-p|--port)(?:\s+|=)([0-9]{1,5})(?=\s|$)")
_KIND_OF_TARGET = {str(server.container_port): name for name, server in SERVERS.items()}


class Published(NamedTuple):
    """One item of `ports:`. Ports are a number or a range as text; `host` is "" when Docker picks a port itself."""

    host: str
    target: str
    protocol: str


def compose_holders(
    workspace: Path, named: Iterable[str], values: Mapping[str, str], notes: list[str]
) -> Iterator[Holder]:
    """Every TCP port that a Compose file of the workspace publishes on this host, on whichever address.

    All files in the folder that are named like Compose files count, the `named` ones, and what one of these includes or
    extends. `values` are put in for `${…}`. DmbError for a broken file; what cannot be known is noted.
    """
    waiting = [workspace / name for name in named]
    waiting += [path for pattern in _PATTERNS for path in sorted(workspace.glob(pattern))]
    seen = set()
    while waiting:
        path = waiting.pop(0)
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        source = read(path, notes)
        if source is None:
            notes.append(
                f"{path} is named in a Compose file or in COMPOSE_FILE and is not there: its ports are not seen"
            )
            continue
        file = ComposeFile(source, values, notes)
        for document in documents(source):
            yield from file.holders(document)
            waiting += file.other_files(document)


class ComposeFile:
    """One Compose file while it is read."""

    def __init__(self, source: Source, values: Mapping[str, str], notes: list[str]) -> None:
        self._source = source
        self._values = values
        self._notes = notes
        self._owners = source.owners()

    def holders(self, document: Node) -> Iterator[Holder]:
        """What all services publish."""
        for name, service in document.get("services").entries.items():
            yield from self.published_by(name, service)

    def published_by(self, name: str, service: Node) -> Iterator[Holder]:
        """What one service publishes."""
        if self._text(service.get("network_mode")) == "host":
            yield from self._on_the_hosts_network(name, service)
            return
        for item in self._port_items(service):
            published = self._published(item)
            if published.protocol == "tcp":
                node = item.entries.get("published", item)
                yield from self._claims(name, node, published.host, published.target)

    def other_files(self, document: Node) -> list[Path]:
        """The files that this one includes or extends. Those that are elsewhere are noted."""
        included = (item.entries.get("path", item) for item in document.get("include").items)
        extended = (service.get("extends").get("file") for service in document.get("services").entries.values())
        files = []
        for node in (*included, *extended):
            for item in node.scalars():
                name = self._text(item)
                if "://" in name or name.startswith(("git@", "oci:", "github.com/")):
                    self._note(item, f"{name} is not on this machine: the ports in it are not seen")
                elif name:
                    files.append(self._source.path.parent / name)
        return files

    def _port_items(self, service: Node) -> list[Node]:
        ports = service.get("ports")
        if ports.kind not in ("sequence", "null") and ports.tag != "!reset":
            raise self._source.broken("`ports` is no list", ports.line)
        return [] if ports.tag == "!reset" else ports.items

    def _published(self, item: Node) -> Published:
        """Both forms: `[[address:][host]:]target[/protocol]`, and the mapping."""
        if item.kind == "mapping":
            host, target, protocol = (self._text(item.get(key)) for key in ("published", "target", "protocol"))
            return Published(host, target, protocol or "tcp")
        value, _, protocol = self._text(item).partition("/")
        host, _, target = value.rpartition(":")
        return Published(host.rpartition(":")[2], target, protocol or "tcp")

    def _on_the_hosts_network(self, name: str, service: Node) -> Iterator[Holder]:
        """Nothing is published then: each port that the container listens on is the host's. Take every hint at one."""
        for item in self._port_items(service):
            yield from self._claims(name, item, self._published(item).target, "")
        for item in service.get("expose").items:
            port, _, protocol = self._text(item).partition("/")
            if protocol in ("", "tcp"):
                yield from self._claims(name, item, port, "")
        for key in ("entrypoint", "command"):
            words = service.get(key).scalars()
            for match in _PORT_OPTION.finditer(" ".join(self._text(word) for word in words)):
                yield from self._claims(name, words[0], match[1], "")

    def _claims(self, service: str, node: Node, ports: str, target: str) -> Iterator[Holder]:
        if ports in ("", "0"):
            return
        match = _RANGE.fullmatch(ports)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= 65535:
            raise self._source.broken(f"`{ports}` is no port", node.line)
        # The module, and the use, that a variable in the port is named for.
        variable = _VARIABLE.search(node.text)
        owner, kind = module_of(variable[1]) if variable else ("", "")
        who = self._owners.get(node.line) or owner or f"service {service}"
        for port in range(first, last + 1):
            yield Holder(port, _KIND_OF_TARGET.get(target, kind), who, self._source.place(node.line), "compose")

    def _text(self, node: Node) -> str:
        """A scalar with values put in; "" for none, and with a note for one that needs a variable that is not set."""
        try:
            return interpolate(node.text, self._values).strip()
        except KeyError as error:
            self._note(node, f"{error.args[0]} is not set: what depends on it is not seen")
        except ValueError as error:
            raise self._source.broken(f"Compose can put no values into `{node.text}`", node.line) from error
        return ""

    def _note(self, node: Node, sentence: str) -> None:
        self._notes.append(f"{self._source.place(node.line)}: {sentence}")
