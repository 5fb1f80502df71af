"""WSP023: a `depends_on` of a service that is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_COMPOSE = "services:\n  ui:\n    image: ui:1\n    depends_on: {}\n  bar:\n    image: bar:1\n"
_EMPTY = {"workspace.yaml": "load_from: []\n"}
_MERGED = "x-all: &all\n  depends_on: [db]\n" + _COMPOSE.format("[bar]") + "    <<: *all\n"
_DATABASE = "services:\n  db:\n    image: postgres:17\n"


class UnknownDependency(Rule):
    """What services start after is a service too."""

    code = "WSP023"
    title = "A service that starts after one that is not there"
    kinds = ("module", "workspace", "repository")
    what = (
        "A `depends_on` that names no service of its Compose file, also with `required: false`. Silent where another "
        "YAML file of the repository has the name as a key, as an override file would, in a file with `include`, for "
        "services of a profile, and in the pieces of a module, which may name a service of the workspace."
    )
    why = "Compose refuses the whole file: nothing starts, and nothing that runs can be stopped by it."
    remedy = "take the name out, or write it as the service has it"
    bad = (
        {**_EMPTY, "docker-compose.yml": _COMPOSE.format("[bar, barr]")},
        {**_EMPTY, "docker-compose.yml": _COMPOSE.format("{barr: {condition: service_started, required: false}}")},
        {
            **_EMPTY,
            "docker-compose.yml": _MERGED,
        },
    )
    good = (
        {**_EMPTY, "docker-compose.yml": _COMPOSE.format("[bar]")},
        {**_EMPTY, "docker-compose.yml": _COMPOSE.format("{bar: {condition: service_started}}")},
        {**_EMPTY, "docker-compose.yml": _COMPOSE.format("[db]\n    profiles: [full]")},
        {
            **_EMPTY,
            "docker-compose.yml": "include: [more/db.yml]\n" + _COMPOSE.format("[db]"),
            "more/db.yml": _DATABASE,
        },
        {**_EMPTY, "docker-compose.yml": _COMPOSE.format("[db]"), "docker-compose.override.yml": _DATABASE},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Every Compose file; a name is looked for elsewhere only where it is not in its own."""
        workspace = subject.workspace
        files = dict.fromkeys((*workspace.compose_files, *subject.containers.compose_files))
        for file in files:
            if workspace.home and file.startswith(workspace.home):
                continue
            whole = subject.files.yaml(file)
            services = whole.get("services").entries
            for name, service in {} if whole.get("include").line else services.items():
                if service.get("profiles").line:
                    continue
                for needed, node in _needed(service.get("depends_on")):
                    if needed not in services and "$" not in needed and not _elsewhere(subject, file, needed):
                        message = f"{name} depends on {needed}, which is no service of {file}"
                        yield self.diagnosis(Spot.at(file, node), name, message)


def _needed(dependencies: Node) -> Iterator[tuple[str, Node]]:
    """The names that a `depends_on` has, in either form, and where they stand."""
    keys = {key.text: key for key, _ in dependencies.pairs}
    yield from ((name, keys.get(name, dependencies)) for name in dependencies.entries)
    yield from ((item.text, item) for item in dependencies.items if item.text)


def _elsewhere(subject: Subject, file: str, name: str) -> bool:
    """Whether another YAML file of the repository may define a service of this name."""
    repository, key = subject.repository, re.compile(rf"^[ \t]+[\"']?{re.escape(name)}[\"']?[ \t]*:", re.MULTILINE)
    path = f"{subject.folder}/{file}" if subject.folder else file
    others = (other for other in repository.names if other.endswith((".yml", ".yaml")) and other != path)
    return any(key.search(repository.glance(other)) for other in others)
