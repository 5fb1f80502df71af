"""WSP020: a module's pieces for a workspace that do not fit its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmb.module import PIECES

from ...judging.rule import Rule
from ...reading.sources import Spot
from ..examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.module import Module

    from ...facts.locations import Location
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_YAML = f"{PIECES}/workspace.yaml"
_SERVER = "load_from:\n  - grpc_server: {host: bar, port: 4000, location_name: bar}\n"
_SHARED = MANIFEST.replace("isolated", "shared")


class PiecesDiffer(Rule):
    """`workspace/local/workspace.yaml` has one location: the one that `[tool.dmb]` and `[tool.dg.project]` describe."""

    code = "WSP020"
    title = "The pieces of a module do not fit its manifest"
    made = True
    kinds = ("module",)
    requires = ("WSP001", "WSP002")
    what = (
        "`workspace/local/workspace.yaml` is missing, has another location name or package than pyproject.toml, or a "
        "`grpc_server` where `code_location` is shared, or none where it is isolated."
    )
    why = "A workspace of containers takes the pieces as they stand: it would look for the module where it is not."
    remedy = "make the two say the same"
    bad = (
        {"pyproject.toml": MANIFEST},
        {"pyproject.toml": MANIFEST, _YAML: _SERVER.replace("location_name: bar", "location_name: foo")},
        {"pyproject.toml": _SHARED, _YAML: _SERVER},
    )
    good = (
        {"pyproject.toml": MANIFEST, _YAML: _SERVER},
        {
            "pyproject.toml": _SHARED,
            _YAML: "load_from:\n  - python_module: {module_name: bar_dagster.definitions, location_name: bar}\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Only in a module repository."""
        workspace = subject.workspace
        module = subject.project.manifest
        if module is None:
            return
        name = workspace.workspace_yaml
        if not subject.files.has(name):
            yield self.diagnosis(
                Spot(name), module.name, f"{name} is missing", "restore it from the template or your history"
            )
            return
        if subject.files.yaml(name).kind != "mapping":
            return
        if len(workspace.locations) != 1:
            spot = Spot(name, workspace.locations[1].spot.line if workspace.locations else 1)
            yield self.diagnosis(
                spot, module.name, f"a module is one location, and here are {len(workspace.locations)}"
            )
        for location in workspace.locations[:1]:
            for key, message in _differences(location, module):
                node = location.body.get(key)
                spot = Spot.at(name, node) if node.line else location.spot
                yield self.diagnosis(spot, module.name, message)


def _differences(location: Location, module: Module) -> Iterator[tuple[str, str]]:
    wants_server = module.code_location == "isolated"
    if (location.target == "grpc_server") != wants_server:
        kind = "a grpc_server" if wants_server else "no grpc_server"
        yield "", f"code_location is {module.code_location} in [tool.dmb], so this should be {kind}"
        return
    if location.name != module.location_name:
        name = f"is {location.name} here and" if location.name else "has no location_name and is"
        yield "location_name", f"the location {name} {module.location_name} in pyproject.toml"
    target = location.body.get("module_name").text
    if target and target != module.package and not target.startswith(f"{module.package}."):
        yield "module_name", f"{target} is not in {module.package}, the root_module of pyproject.toml"
