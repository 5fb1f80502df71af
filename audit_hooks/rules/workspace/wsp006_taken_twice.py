"""WSP006: an address or a name of this host that two things want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmb.ports.hosts import this_host

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.workspace import Workspace
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_ITEM = "  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: {name}}}\n"
_SERVICE = "  {name}:\n    image: db:1\n    container_name: {name}_{container}\n    ports: ['127.0.0.1:{port}:5432']\n"


class TakenTwice(Rule):
    """Host and port of gRPC servers, published ports and container names are unique."""

    code = "WSP006"
    title = "A port or a container name that is taken twice"
    what = "Two `grpc_server` items with one host and port; two services with one published port or one container name."
    why = (
        "Two code servers can share a port without an error, and calls for one module then reach the other; two "
        "containers cannot, and the second one does not start."
    )
    remedy = "give one of the two another"
    bad = (
        {"workspace.yaml": "load_from:\n" + _ITEM.format(port=4001, name="a") + _ITEM.format(port=4001, name="b")},
        {
            "docker-compose.yml": "services:\n"
            + _SERVICE.format(name="a", container=1, port=5440)
            + _SERVICE.format(name="b", container=1, port=5440),
            "workspace.yaml": "load_from: []\n",
        },
        {
            "docker-compose.yml": "services:\n  a: {image: 'x:1', container_name: c}\n"
            "  b: {image: 'x:1', container_name: c}\n",
            "workspace.yaml": "load_from: []\n",
        },
        {
            "workspace.yaml": "load_from:\n"
            "  - grpc_server: {host: '::', port: 4001, location_name: a}\n"
            "  - grpc_server: {host: localhost, port: 4001, location_name: b}\n"
        },
    )
    good = (
        {"workspace.yaml": "load_from:\n" + _ITEM.format(port=4001, name="a") + _ITEM.format(port=4002, name="b")},
        {
            "docker-compose.yml": "services:\n"
            + _SERVICE.format(name="a", container=1, port=5440)
            + _SERVICE.format(name="b", container=1, port=5441),
            "workspace.yaml": "load_from: []\n",
        },
        {
            "workspace.yaml": "load_from:\n"
            "  - grpc_server: {host: a, port: 4001, location_name: a}\n"
            "  - grpc_server: {host: b, port: 4001, location_name: b}\n"
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each claim against those above it."""
        yield from self._servers(subject.workspace)
        taken: dict[str, tuple[str, int]] = {}
        for service, ports in subject.workspace.published:
            node = service.node.get("container_name")
            claims = [(f"the container name {node.text}", Spot.at(service.file, node))] if node.text else []
            claims += [(f"the port {port.port} of this host", Spot(service.file, port.node.line)) for port in ports]
            for claim, spot in claims:
                holder, line = taken.setdefault(claim, (service.name, spot.line))
                if holder != service.name:
                    yield self.diagnosis(
                        spot, service.name, f"{claim} is taken already by the service {holder}, in line {line}"
                    )

    def _servers(self, workspace: Workspace) -> Iterator[Diagnosis]:
        taken: dict[tuple[str, str], tuple[str, int]] = {}
        for location in workspace.locations:
            host, port = (workspace.text(location.body.get(key)) for key in ("host", "port"))
            if location.target != "grpc_server" or not port or host is None:
                continue
            key = ("" if this_host(host) else host, port)
            holder, line = taken.setdefault(key, (location.subject, location.spot.line))
            if line != location.spot.line:
                message = f"{host or 'this host'}:{port} is taken already by {holder}, in line {line}"
                yield self.diagnosis(
                    Spot.at(workspace.workspace_yaml, location.body.get("port")), location.subject, message
                )
