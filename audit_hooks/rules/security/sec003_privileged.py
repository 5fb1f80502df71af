"""SEC003: a container that is none: it has the rights, or the network, of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_SERVICE = "services:\n  bar:\n    image: bar:1.4\n    command: dagster api grpc -p 4000 -m bar_dagster\n"
_LAUNCHER = (
    "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n    container_kwargs:\n      {}\n"
)


class Privileged(Rule):
    """No service and no run is privileged or on the host's network."""

    code = "SEC003"
    title = "A container with the rights or the network of the host"
    kinds = ("module", "workspace", "repository")
    what = (
        "`privileged: true` or `network_mode: host` of a webserver, a daemon, a code server or a database in a Compose "
        "file, or in the `container_kwargs` of the run launcher in dagster.yaml. What else a Compose file starts for "
        "tests may need it, and is left out."
    )
    why = (
        "Code in a privileged container is root on the host. On the host's network it reaches every service that "
        "listens on 127.0.0.1 alone, and everything that it listens on is open to whoever reaches the host."
    )
    remedy = "take it out; give cap_add or devices for what is needed, and publish the ports that others need"
    bad = (
        {"docker-compose.yml": _SERVICE + "    privileged: true\n", "workspace.yaml": "load_from: []\n"},
        {"docker-compose.yml": _SERVICE + "    network_mode: host\n", "workspace.yaml": "load_from: []\n"},
        {"dagster.yaml": _LAUNCHER.format("privileged: true"), "workspace.yaml": "load_from: []\n"},
    )
    good = (
        {
            "docker-compose.yml": _SERVICE + "    cap_drop: [ALL]\n    networks: [dagster]\n",
            "workspace.yaml": "load_from: []\n",
        },
        {
            "docker-compose.yml": _SERVICE + "    privileged: false\n    network_mode: service:db\n",
            "workspace.yaml": "load_from: []\n",
        },
        {
            "docker-compose.yml": "services:\n  node:\n    image: slurm:23\n    privileged: true\n",
            "workspace.yaml": "load_from: []\n",
        },
        {"dagster.yaml": _LAUNCHER.format("auto_remove: true"), "workspace.yaml": "load_from: []\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Services that Dagster is made of, then the launcher; what a merge key brings to several is told once."""
        seen = set[Spot]()
        for service in filter(subject.containers.role, subject.containers.services):
            yield from self._of(service.file, service.name, service.node, seen)
        if name := subject.workspace.dagster_yaml:
            launcher = subject.files.yaml(name).get("run_launcher").get("config").get("container_kwargs")
            yield from self._of(name, "run_launcher", launcher, seen)

    def _of(self, file: str, owner: str, node: Node, seen: set[Spot]) -> Iterator[Diagnosis]:
        rights = (
            ("privileged", ("true", "yes", "on"), "is privileged"),
            ("network_mode", ("host",), "is on the host's network"),
        )
        for key, values, right in rights:
            spot = Spot.at(file, node.get(key))
            if node.get(key).text.lower() in values and spot not in seen:
                seen.add(spot)
                container = "the container of each run" if owner == "run_launcher" else f"the container of {owner}"
                yield self.diagnosis(spot, owner, f"{container} {right}")
