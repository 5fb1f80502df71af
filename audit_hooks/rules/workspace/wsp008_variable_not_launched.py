"""WSP008: a variable that a code server has and the runs of its module do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmb.compose.service import environment

from ...facts.variables import DAGSTER, PLATFORM
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.compose.service import Service

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_LAUNCHER = "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n    env_vars: {}\n"
_SERVICE = (
    "services:\n  bar:\n    image: bar:1\n    command: dagster api grpc -h 0.0.0.0 -p 4000 -m bar_dagster\n"
    "    environment:\n      BAR_DB_HOST: bar-db\n      DAGSTER_CURRENT_IMAGE: bar:1\n"
)
_EMPTY = "load_from: []\n"


class VariableNotLaunched(Rule):
    """What a code server's environment has, DockerRunLauncher gives to the containers of runs."""

    code = "WSP008"
    title = "A variable that runs do not get"
    severity = "warning"
    tier = "standard"
    kinds = ("workspace",)
    what = (
        "A variable in the `environment` of a code server in the Compose file that neither `env_vars` of "
        "DockerRunLauncher in dagster.yaml names nor the image's Dockerfile sets. Dagster's own variables, and "
        "services that have a DAGSTER_CONTAINER_CONTEXT, are not judged."
    )
    why = (
        "A run has a container of its own, which gets what the launcher lists and nothing of the code server's. The "
        "module loads, and its runs fail."
    )
    remedy = (
        "add the names to env_vars, and to the environment of webserver and daemon, from which the values are taken"
    )
    bad = (
        {
            "dagster.yaml": _LAUNCHER.format("[DAGSTER_POSTGRES_PASSWORD]"),
            "docker-compose.yml": _SERVICE,
            "workspace.yaml": _EMPTY,
        },
        {
            "dagster.yaml": "run_launcher: {module: dagster_docker, class: DockerRunLauncher}\n",
            "docker-compose.yml": _SERVICE.partition("    environment")[0] + "    environment: [BAR_DB_HOST=bar-db]\n",
            "workspace.yaml": _EMPTY,
        },
    )
    good = (
        {
            "dagster.yaml": _LAUNCHER.format("[DAGSTER_POSTGRES_PASSWORD, BAR_DB_HOST]"),
            "docker-compose.yml": _SERVICE,
            "workspace.yaml": _EMPTY,
        },
        {
            "dagster.yaml": _LAUNCHER.format("[BAR_DB_HOST=bar-db]"),
            "docker-compose.yml": _SERVICE,
            "workspace.yaml": _EMPTY,
        },
        {"dagster.yaml": "telemetry: {enabled: false}\n", "docker-compose.yml": _SERVICE, "workspace.yaml": _EMPTY},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each code server once, told at the launcher."""
        workspace = subject.workspace
        file = workspace.dagster_yaml or ""
        launcher = subject.files.yaml(file).get("run_launcher")
        if launcher.get("class").text != "DockerRunLauncher":
            return
        variables = launcher.get("config").get("env_vars")
        if any(item.kind != "scalar" for item in variables.items):
            return
        passed = {item.text.partition("=")[0] for item in variables.items}
        node = variables if variables.line else launcher.get("class")
        for service in workspace.services:
            if subject.containers.role(service) != "code":
                continue
            names = environment(service)
            if "DAGSTER_CONTAINER_CONTEXT" in names:
                continue
            baked = _baked(subject, service)
            missing = [
                name
                for name in names
                if name not in passed | baked and not (DAGSTER.fullmatch(name) or PLATFORM.fullmatch(name))
            ]
            if missing:
                message = f"the runs of {service.name} do not get {', '.join(missing)}"
                yield self.diagnosis(Spot.at(file, node), service.name, message)


def _baked(subject: Subject, service: Service) -> set[str]:
    """The variables that the service's image has by itself."""
    path, target = subject.containers.built_from(service)
    stages = subject.containers.lineage(path, target) if path else []
    steps = [step for stage in stages for step in stage.instructions if step.word == "ENV"]
    return {word.partition("=")[0] for step in steps for word in step.rest.split()}
