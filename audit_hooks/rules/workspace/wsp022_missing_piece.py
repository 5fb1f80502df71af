"""WSP022: a file that a workspace takes from the module, and that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmb.module import PIECES

from ...judging.rule import Rule
from ...reading.sources import Spot
from ..examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_ENTRY = {
    "pyproject.toml": MANIFEST,
    f"{PIECES}/workspace.yaml": "load_from:\n  - grpc_server: {host: bar, port: 4000, location_name: bar}\n",
}
_SHARED = {
    "pyproject.toml": MANIFEST.replace("isolated", "shared"),
    f"{PIECES}/workspace.yaml": "load_from:\n  - python_module: {module_name: bar_dagster, location_name: bar}\n",
}
_SERVICE = {
    f"{PIECES}/docker-compose.yml": "services:\n  bar:\n    image: ${BAR_IMAGE}\n    healthcheck: {interval: 15s}\n"
}
_IMAGE = {"Dockerfile": 'FROM python:3.12-slim\nUSER 1000\nCMD ["dagster", "api", "grpc", "-m", "bar_dagster"]\n'}
_VARIABLES = {f"{PIECES}/.env.example": "BAR_IMAGE=bar:1\n"}


class MissingPiece(Rule):
    """A module has every file that its kind of code location needs in a workspace of containers."""

    code = "WSP022"
    title = "A piece of the module is missing"
    made = True
    kinds = ("module",)
    requires = ("WSP013", "WSP020")
    what = (
        "A module of its own image without `workspace/local/docker-compose.yml`, without a service there that its "
        "workspace.yaml names, or without a Dockerfile; a module that shares the workspace's image without "
        "`workspace/local/dockerfile.snippet`; either without `workspace/local/.env.example`."
    )
    why = "dmb workspace add refuses the module, or puts in a location that nothing serves."
    remedy = "restore it from the history, or bring the template's: cruft update"
    bad = (
        {**_ENTRY, **_SERVICE, **_VARIABLES},
        {**_ENTRY, **_IMAGE, **_VARIABLES},
        {**_SHARED, **_VARIABLES},
        {**_SHARED, f"{PIECES}/dockerfile.snippet": "RUN uv pip install /modules/bar\n"},
        {**_ENTRY, **_IMAGE, **_VARIABLES, f"{PIECES}/docker-compose.yml": "services: {}\n"},
    )
    good = (
        {**_ENTRY, **_SERVICE, **_IMAGE, **_VARIABLES},
        {**_SHARED, f"{PIECES}/dockerfile.snippet": "RUN uv pip install /modules/bar\n", **_VARIABLES},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """The files by name; WSP005 and WSP020 judge what they say."""
        workspace = subject.workspace
        module = subject.project.manifest
        if module is None:
            return
        isolated = module.code_location == "isolated"
        names = ("docker-compose.yml", ".env.example") if isolated else ("dockerfile.snippet", ".env.example")
        needed = [*(f"{workspace.home}{name}" for name in names), *(["Dockerfile"] if isolated else [])]
        for name in needed:
            if not subject.files.has(name):
                yield self.diagnosis(Spot(name), module.name, f"{name} is missing")
        if isolated and subject.files.has(needed[0]) and not workspace.services:
            message = f"{needed[0]} has no service, and workspace.yaml names one"
            yield self.diagnosis(Spot(needed[0], 1), module.name, message, "write the code server's service there")
