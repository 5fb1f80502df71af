"""WSP021: a variable that a file uses and nothing defines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dmb.formats.interpolation import variables_in
from dmb.module import Module
from dmb.ports.port_variables import port_variable

from ...facts.variables import DOCUMENTED, PLATFORM
from ...judging.findings import Diagnosis
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.subject import Subject

_YAML = "load_from:\n  - grpc_server: {host: bar, port: {env: BAR_PORT}, location_name: bar}\n"


class UndefinedVariable(Rule):
    """Every variable that Compose or Dagster needs has a value."""

    code = "WSP021"
    title = "A variable that is used and not defined"
    requires = ("WSP013",)  # a broken .env defines nothing
    what = (
        "`${NAME}` in the Compose file or `env: NAME` in workspace.yaml or dagster.yaml, without a default, that "
        "`.env` does not set; or a variable that a module requires of the workspace. In a repository `.env.example` "
        "speaks for `.env`, and what is commented out there is known; without either nothing is judged, and in that of "
        "a workspace it is a warning."
    )
    why = "Compose puts nothing in its place or refuses to start; Dagster does not load the file."
    remedy = "set it in .env"
    bad = (
        {"workspace.yaml": _YAML, ".env": "# empty\n"},
        {
            "workspace.yaml": "load_from: []\n",
            "docker-compose.yml": "services:\n  a: {image: '${A}:1'}\n",
            ".env": "B=1\n",
        },
    )
    good = (
        {"workspace.yaml": _YAML, ".env": "BAR_PORT=4001\n"},
        {
            "workspace.yaml": "load_from: []\n",
            "docker-compose.yml": "services:\n  a: {image: '${A:-a}:1$$B'}\n",
            ".env": "B=1\n",
        },
        {
            "workspace.yaml": _YAML,
            "docker-compose.yml": "services:\n  a: {extends: b}\n  b: {image: 'a:1', env_file: [a.env]}\n",
            "a.env": "BAR_PORT=4001\n",
            ".env": "B=1\n",
        },
        {
            "workspace.yaml": _YAML,
            "docker-compose.yml": "services:\n  a: {extends: {file: elsewhere.yml, service: a}}\n",
            ".env": "B=1\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each variable once, where it is used first."""
        module = subject.project.manifest
        workspace = subject.workspace
        if workspace.env is None:
            return
        text = subject.files.text(workspace.env) or ""
        known = {*workspace.values, *(DOCUMENTED.findall(text) if subject.files.committed else ())}
        if module:
            # What a workspace assigns to the module, and what is its own, stands in no file of the repository.
            known |= set(module.requires)
            assigned = re.compile(rf"{port_variable(module.prefix, 'grpc')}|{module.prefix}_DB_\w+|DAGSTER_\w+")
        else:
            assigned = None
        for member_name, member in workspace.members.items():
            for variable in member.requires if isinstance(member, Module) else ():
                if variable not in known:
                    known.add(variable)
                    message = f"{member_name} requires {variable}, and {workspace.env} does not set it"
                    yield self.diagnosis(Spot(workspace.env), variable, message)
        for variable, spot in _uses(subject):
            if variable in known or PLATFORM.fullmatch(variable) or (assigned and assigned.fullmatch(variable)):
                continue
            known.add(variable)
            message = f"{variable} is used here, and {workspace.env} does not set it"
            diagnosis = self.diagnosis(spot, variable, message, f"set it in {workspace.env}")
            if subject.files.committed and not module:  # a commit cannot know what a shell or a CI sets
                diagnosis = Diagnosis(diagnosis.finding._replace(severity="warning"))
            yield diagnosis


def _uses(subject: Subject) -> Iterator[tuple[str, Spot]]:
    workspace = subject.workspace
    for name in workspace.compose_files:
        for node in subject.files.yaml(name).walk():
            for use in variables_in(node.text):
                if not use.may_be_unset:
                    yield use.name, Spot.at(name, node)
    inside = {"DAGSTER_HOME"}  # what Dagster's own files name is looked up in the containers' environment
    for service in workspace.services:
        variables = subject.containers.given(service)
        if variables is None:
            return
        inside |= variables
    for name in filter(None, (workspace.workspace_yaml, workspace.dagster_yaml)):
        for node in subject.files.yaml(name).walk():
            if len(node.pairs) == 1 and (variable := node.get("env").text) and variable not in inside:
                yield variable, Spot.at(name, node.get("env"))
