"""RES007: values that stay in the container of the run that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.stored_values import kept_by_default
from ...facts.volumes import instances
from ...judging.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_LAUNCHERS = ("DockerRunLauncher", "K8sRunLauncher", "CeleryK8sRunLauncher", "EcsRunLauncher")
_HEAD = "import dagster as dg\n\n\n@dg.asset\ndef total() -> int:\n    return 1\n\n\n"
_DEFS = _HEAD + "defs = dg.Definitions(assets=[total])\n"
_DOCKER = "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n"


class ValuesInContainer(Rule):
    """Runs in containers hand values over by an IO manager."""

    code = "RES007"
    title = "Values that stay in a run's own container"
    severity = "info"
    tier = "standard"
    kinds = ("module",)
    requires = ("RES006",)
    what = (
        "An asset that returns a value, in a module that sets no `io_manager`, where a dagster.yaml of the repository "
        "starts each run in a container (Docker, Kubernetes, ECS) and gives it no volume. Told once a module."
    )
    why = (
        "Dagster then pickles the value to a folder in that container, which is gone when the run ends: a run of an "
        "asset that needs the value fails, and says that there is no such file."
    )
    remedy = 'set resources={"io_manager": …} with storage that all runs reach, or store the data and return None'
    bad = (
        {"src/bar/defs.py": _DEFS, "deploy/dagster.yaml": _DOCKER, "pyproject.toml": ""},
        {
            "src/bar/defs.py": _DEFS.replace("-> int", "").replace("return 1", "return dg.Output([1])"),
            "dagster.yaml": "run_launcher:\n  module: dagster_k8s\n  class: K8sRunLauncher\n  config: {image: bar}\n",
            "pyproject.toml": "",
        },
    )
    good = (
        {
            "src/bar/defs.py": _HEAD + "defs = dg.Definitions(resources={'io_manager': S3()})\n",
            "deploy/dagster.yaml": _DOCKER,
            "pyproject.toml": "",
        },
        {
            "src/bar/defs.py": _DEFS.replace("-> int", "-> None").replace("return 1", "return None"),
            "dagster.yaml": _DOCKER,
            "pyproject.toml": "",
        },
        {
            "src/bar/defs.py": _DEFS,
            "deploy/dagster.yaml": _DOCKER + "  config:\n    container_kwargs:\n      volumes: [a:/opt/dagster/home]\n",
            "pyproject.toml": "",
        },
        {"src/bar/defs.py": _DEFS, "deploy/dagster.yaml": "run_queue: {}\n", "pyproject.toml": ""},
        {
            "src/bar/defs.py": _DEFS.replace("-> int", "-> dg.MaterializeResult").replace("return 1", "return f()"),
            "deploy/dagster.yaml": _DOCKER,
            "pyproject.toml": "",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The first such asset."""
        launcher = next(filter(None, map(_launcher, instances(subject.repository))), "")
        for asset in kept_by_default(subject.package)[:1] if launcher else ():
            message = f"{asset.subject} returns a value, and {launcher} throws away the container that it is kept in"
            yield self.diagnosis(asset.spot, asset.subject, message)


def _launcher(instance: Node) -> str:
    """The launcher of a dagster.yaml that starts containers without a volume."""
    launcher = instance.get("run_launcher")
    keys = {key.text for node in launcher.walk() for key, _ in node.pairs}
    name = launcher.get("class").text
    return (
        name if name in _LAUNCHERS and not keys & {"volumes", "volume_mounts", "volumeMounts", "mount_points"} else ""
    )
