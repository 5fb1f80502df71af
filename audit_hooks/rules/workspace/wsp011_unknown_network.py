"""WSP011: a network for runs that Compose calls otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...facts.workspace import Workspace
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_LAUNCHER = "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n    network: {}\n"
_SERVICES = "services:\n  db:\n    image: postgres:17\n    networks: [dagster]\n"
_EMPTY = {"workspace.yaml": "load_from: []\n"}


class UnknownNetwork(Rule):
    """DockerRunLauncher's network is one of the Compose file, by the name that Docker knows."""

    code = "WSP011"
    title = "A network for runs that there is not"
    severity = "warning"
    tier = "standard"
    kinds = ("workspace",)
    what = (
        "`network` or `networks` of DockerRunLauncher names no network of the Compose file as Docker knows it: by its "
        "`name`, else as PROJECT_KEY. A name in a variable that is not set is not judged."
    )
    why = (
        "Docker refuses to start the container of any run, or starts it where it reaches neither database nor Dagster."
    )
    remedy = "give the network in the Compose file a name, and write that name in dagster.yaml"
    bad = (
        {
            "docker-compose.yml": _SERVICES + "networks:\n  dagster:\n    driver: bridge\n",
            "dagster.yaml": _LAUNCHER.format("dagster"),
            **_EMPTY,
        },
        {
            "docker-compose.yml": _SERVICES + "networks:\n  dagster: {name: lake_dagster}\n",
            "dagster.yaml": _LAUNCHER.format("lake_dagstr").replace("network: lake_dagstr", "networks: [lake_dagstr]"),
            **_EMPTY,
        },
    )
    good = (
        {
            "docker-compose.yml": _SERVICES + "networks:\n  dagster:\n    name: dagster\n",
            "dagster.yaml": _LAUNCHER.format("dagster"),
            **_EMPTY,
        },
        {
            "docker-compose.yml": "name: lake\n" + _SERVICES + "networks:\n  dagster:\n  out: {external: true}\n",
            "dagster.yaml": _LAUNCHER.format("lake_dagster").replace(
                "network: lake_dagster", "networks: [lake_dagster, out]"
            ),
            **_EMPTY,
        },
        {
            "docker-compose.yml": _SERVICES + "networks:\n  dagster:\n",
            "dagster.yaml": _LAUNCHER.format("folder_dagster"),
            **_EMPTY,
        },
        {
            "docker-compose.yml": _SERVICES + "networks: {dagster: }\n",
            "dagster.yaml": _LAUNCHER.format("host"),
            **_EMPTY,
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Only with a Compose file to compare with."""
        workspace = subject.workspace
        file = workspace.dagster_yaml or ""
        launcher = subject.files.yaml(file).get("run_launcher")
        if launcher.get("class").text != "DockerRunLauncher" or not workspace.compose_files:
            return
        compose = subject.files.yaml(workspace.compose_files[0])
        known = _names(workspace, compose)
        if known is None:
            return
        config = launcher.get("config")
        for node in [*config.get("network").scalars(), *config.get("networks").scalars()]:
            name = workspace.text(node)
            if not name or name in known or name in ("host", "bridge", "none"):
                continue
            keys = [*compose.get("networks").entries, "default"]
            project = compose.get("name").text
            # Without `name:` the project is called after its folder, or by a variable.
            if any(name.endswith(f"_{key}") for key in keys) and not project:
                continue
            hint = f": Docker calls it {project or 'PROJECT'}_{name}" if name in keys else ""
            message = f"{workspace.compose_files[0]} has no network of the name {name}{hint}"
            yield self.diagnosis(Spot.at(file, node), "run_launcher", message)


def _names(workspace: Workspace, compose: Node) -> set[str] | None:
    """The names that Docker knows; None where a variable that is not set holds one."""
    project = workspace.text(compose.get("name"))
    names = {f"{project}_default"}
    for key, network in compose.get("networks").entries.items():
        external = network.get("external")
        name_node = network.get("name") if network.get("name").line else external.get("name")
        if name_node.line:
            name = workspace.text(name_node)
            if name is None:
                return None
            names.add(name)
        else:
            names.add(key if external.text.lower() == "true" else f"{project}_{key}")
    return names
