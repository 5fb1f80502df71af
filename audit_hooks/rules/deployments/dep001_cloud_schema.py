"""DEP001: a dagster_cloud.yaml that Dagster+ does not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.deployment_files import cloud_files
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_TEXTS = ("working_directory", "image", "executable_path", "agent_queue")
_DEFAULTS = {*_TEXTS, "build", "container_context"}
_LOCATION = {*_DEFAULTS, "location_name", "code_source", "attribute"}
_BUILD = {"directory", "registry"}
_SOURCES = ("package_name", "module_name", "python_file", "autoload_defs_module_name")
_BAR = "locations:\n  - location_name: bar\n"


class CloudSchema(Rule):
    """dagster_cloud.yaml is what Dagster+ reads."""

    code = "DEP001"
    title = "A dagster_cloud.yaml that breaks its schema"
    kinds = ("module", "workspace", "repository")
    what = (
        "In dagster_cloud.yaml: a key that Dagster+ does not know, a location without `location_name`, two of one "
        "name, a `code_source` that names none or several of "
        + ", ".join(f"`{name}`" for name in _SOURCES)
        + ". One that is "
        "a template (`{{ … }}`) is left out, and so are all other files: their tools have schemas of their own."
    )
    why = "Dagster+ refuses the whole file, and no location is deployed."
    remedy = "write it as Dagster+ has it: locations, each with location_name, code_source and build"
    bad = (
        {"dagster_cloud.yaml": "locations:\n  - code_source:\n      module_name: bar.definitions\n"},
        {"dagster_cloud.yaml": _BAR + "    code_source:\n      module_name: bar\n      package_name: bar\n"},
        {"dagster_cloud.yaml": _BAR + "    code_source: {}\n"},
        {"dagster_cloud.yaml": _BAR + "    module_name: bar\n"},
        {"dagster_cloud.yaml": _BAR + "  - location_name: bar\n"},
        {"dagster_cloud.yaml": _BAR + "    build:\n      dockerfile: Dockerfile\n"},
        {"dagster_cloud.yaml": _BAR + "    container_context: [k8s]\n"},
        {"dagster_cloud.yaml": "location:\n  location_name: bar\n"},
        {"dagster_cloud.yaml": _BAR + "defaults:\n  location_name: bar\n"},
    )
    good = (
        {
            "dagster_cloud.yaml": "defaults:\n  build: {registry: ghcr.io/bar}\n" + _BAR + "    code_source:\n"
            "      module_name: bar\n    build:\n      directory: .\n    container_context:\n      k8s: {}\n"
        },
        {"dagster_cloud.yaml": _BAR + "    image:\n    code_source:\n      python_file: bar.py\n      module_name:\n"},
        {"dagster_cloud.yaml": "locations: []\n"},
        {"dagster_cloud.yaml": "locations:\n  - location_name: {{ name }}\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Every such file; one that is no YAML is told by others."""
        for name, document in cloud_files(subject.files, subject.own):
            if document and document.kind == "mapping":
                for node, cause in _wrong(document):
                    yield self.diagnosis(Spot.at(name, node), name.rpartition("/")[2], cause)


def _wrong(document: Node) -> Iterator[tuple[Node, str]]:
    yield from _unknown(document, {"defaults", "locations"}, "the file")
    locations = document.get("locations")
    if locations.kind != "sequence":
        yield (locations if locations.line else document), "locations must be a list"
    if document.get("defaults").kind != "null":
        yield from _settings(document.get("defaults"), _DEFAULTS, "defaults")
    seen = set[str]()
    for location in locations.items:
        name = location.get("location_name").text
        if location.get("location_name").kind != "scalar":
            yield location, "a location has no location_name"
        elif name in seen:
            yield location, f"two locations are called {name}"
        seen.add(name)
        yield from _settings(location, _LOCATION, f"the location {name}".rstrip())
        source = location.get("code_source")
        if source.kind == "mapping":
            yield from _unknown(source, set(_SOURCES), "code_source")
            sources = [key for key in _SOURCES if source.get(key).text]
            if len(sources) != 1 and not source.entries.keys() - set(_SOURCES):
                yield source, f"code_source must name one of {', '.join(_SOURCES)}; it names {len(sources) or 'none'}"
        elif source.kind != "null":
            yield source, "code_source must be a mapping"


def _settings(node: Node, known: set[str], where: str) -> Iterator[tuple[Node, str]]:
    if node.kind != "mapping":
        yield node, f"{where} must be a mapping"
        return
    yield from _unknown(node, known, where)
    for key in ("build", "container_context"):
        if node.get(key).kind not in ("null", "mapping"):
            yield node.get(key), f"{key} must be a mapping"
    for key in _TEXTS:
        if node.get(key).kind not in ("null", "scalar"):
            yield node.get(key), f"{key} must be a text"
    yield from _unknown(node.get("build"), _BUILD, "build")


def _unknown(node: Node, known: set[str], where: str) -> Iterator[tuple[Node, str]]:
    for key, _ in node.pairs:
        if key.text not in known | {"<<"}:
            yield key, f"{where} has no {key.text}; there are: {', '.join(sorted(known))}"
