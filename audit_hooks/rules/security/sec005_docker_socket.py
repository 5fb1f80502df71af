"""SEC005: Docker's socket within reach of a module's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_SOCKET = "docker.sock"
_CODE = (
    "services:\n  bar:\n    image: bar:1.4\n    command: dagster api grpc -h 0.0.0.0 -p 4000 -m bar_dagster\n"
    "    volumes: {}\n"
)
_EMPTY = {"workspace.yaml": "load_from: []\n"}


class DockerSocket(Rule):
    """No code server and no run's container mounts Docker's socket."""

    code = "SEC005"
    title = "Docker's socket in a container that runs a module's code"
    severity = "warning"
    tier = "standard"
    kinds = ("module", "workspace", "repository")
    what = (
        "`docker.sock` among the volumes of a code server in a Compose file, or of the containers that "
        "DockerRunLauncher starts (`container_kwargs` in dagster.yaml). Webserver and daemon need it for that launcher "
        "and are not judged."
    )
    why = (
        "Who can write to the socket is root on the host: one package among the module's dependencies is enough. A "
        "code server answers questions and starts no containers."
    )
    remedy = "take the volume out; where assets start containers, give them a proxy that allows no more than that"
    bad = (
        {"docker-compose.yml": _CODE.format("['/var/run/docker.sock:/var/run/docker.sock']"), **_EMPTY},
        {
            "docker-compose.yml": _CODE.format(
                "[{type: bind, source: /var/run/docker.sock, target: /run/docker.sock}]"
            ),
            **_EMPTY,
        },
        {
            "dagster.yaml": "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n"
            "    container_kwargs:\n      volumes:\n        - /var/run/docker.sock:/var/run/docker.sock\n",
            **_EMPTY,
        },
    )
    good = (
        {"docker-compose.yml": _CODE.format("['dagster_storage:/var/lib/dagster/storage']"), **_EMPTY},
        {
            "docker-compose.yml": "services:\n  daemon:\n    image: dagster:1\n    command: dagster-daemon run\n"
            "    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n",
            **_EMPTY,
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Code servers, then what the launcher starts."""
        for service in subject.containers.code_servers():
            for node in _mounts(service.node.get("volumes")):
                message = f"the code server {service.name} can write to Docker's socket: its code is root on the host"
                yield self.diagnosis(Spot.at(service.file, node), service.name, message)
        if name := subject.workspace.dagster_yaml:
            launcher = subject.files.yaml(name).get("run_launcher")
            for node in _mounts(launcher.get("config").get("container_kwargs").get("volumes")):
                message = "every run can write to Docker's socket: its code is root on the host"
                yield self.diagnosis(Spot.at(name, node), "run_launcher", message)


def _mounts(volumes: Node) -> Iterator[Node]:
    for item in volumes.items:
        if _SOCKET in (item.get("source") if item.kind == "mapping" else item).text:
            yield item
    yield from (key for key, _ in volumes.pairs if _SOCKET in key.text)
