"""WSP005: a gRPC server that nothing listens for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmb.compose.service import LISTENS, words

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.compose.service import Service
    from dmb.formats.yaml_nodes import Node

    from ...facts.locations import Location
    from ...facts.workspace import Workspace
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_ELSEWHERE = {"localhost", "host.docker.internal", "host.containers.internal"}
_COMPOSE = "services:\n  bar:\n    image: bar:1\n    command: dagster api grpc -h 0.0.0.0 -p {port} -m bar\n"
_ENTRY = "load_from:\n  - grpc_server: {{host: {host}, port: 4000, location_name: bar}}\n"


class UnknownHost(Rule):
    """The host of a gRPC server is a service of the Compose file, and its port the one of the service's command."""

    code = "WSP005"
    title = "A gRPC server that is no service"
    what = (
        "The `host` of a `grpc_server` names no service, container or alias of the Compose file, or its `port` is not "
        "the one that the service's command listens on. Addresses, names with a dot and this machine's own are not "
        "judged; neither are hosts where the Compose file joins an external network."
    )
    why = "Webserver and daemon cannot reach the code, which shows only when they run."
    remedy = "write the name of the service and the port of its command"
    bad = (
        {"workspace.yaml": _ENTRY.format(host="barr"), "docker-compose.yml": _COMPOSE.format(port=4000)},
        {"workspace.yaml": _ENTRY.format(host="bar"), "docker-compose.yml": _COMPOSE.format(port=4001)},
    )
    good = (
        {"workspace.yaml": _ENTRY.format(host="bar"), "docker-compose.yml": _COMPOSE.format(port=4000)},
        {"workspace.yaml": _ENTRY.format(host="10.0.0.4"), "docker-compose.yml": _COMPOSE.format(port=4000)},
        {"workspace.yaml": _ENTRY.format(host="anything")},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Only with a Compose file to compare with."""
        workspace = subject.workspace
        if not workspace.services:
            return
        known = {name: service for service in workspace.services for name in _names(service, workspace)}
        for location in workspace.locations:
            if location.target != "grpc_server":
                continue
            node = location.body.get("host")
            host = workspace.text(node)
            if not host or "." in host or ":" in host or host in _ELSEWHERE:
                continue
            if host in known:
                yield from self._port(workspace, location, known[host])
            elif not _joins_others(subject):
                message = f"the host {host} is no service of {workspace.compose_files[0]}"
                yield self.diagnosis(Spot.at(workspace.workspace_yaml, node), location.subject, message)

    def _port(self, workspace: Workspace, location: Location, service: Service) -> Iterator[Diagnosis]:
        node = location.body.get("port")
        listens = LISTENS.search(words(service.node, "command"))
        port = workspace.text(node)
        if listens and port and port.isdecimal() and int(port) != int(listens[1]):
            message = f"the port is {port}, and the service {service.name} listens on {listens[1]}"
            yield self.diagnosis(Spot.at(workspace.workspace_yaml, node), location.subject, message)


def _names(service: Service, workspace: Workspace) -> Iterator[str]:
    """What other containers can call a service."""
    yield service.name
    for key in ("container_name", "hostname"):
        if name := workspace.text(service.node.get(key)):
            yield name
    for network in service.node.get("networks").entries.values():
        yield from (alias.text for alias in network.get("aliases").items)


def _joins_others(subject: Subject) -> bool:
    networks: list[Node] = []
    for name in subject.workspace.compose_files:
        networks += subject.files.yaml(name).get("networks").entries.values()
    return any(network.get("external").kind != "null" for network in networks)
