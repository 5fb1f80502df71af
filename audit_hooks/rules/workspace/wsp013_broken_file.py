"""WSP013: a file that cannot be understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.deployment_files import cloud_files
from ...facts.workspace import REGISTRY
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject


class BrokenFile(Rule):
    """What is read can be parsed: YAML, TOML, `.env`, the registry, markers, and no key stands twice."""

    code = "WSP013"
    title = "A file that cannot be understood"
    what = (
        "Broken YAML, TOML or `.env`, a key that stands twice in one mapping, a `# BEGIN:` without its `# END:`, a "
        "file that is not UTF-8 or cannot be read. What else the file says is then not judged."
    )
    why = "Dagster or Compose refuse it, or take the later of two keys in silence; dmb changes nothing in such a file."
    remedy = "mend the line"
    bad = (
        {"workspace.yaml": "load_from: [\n"},
        {"workspace.yaml": "load_from: []\nload_from: []\n"},
        {"workspace.yaml": "load_from:\n# BEGIN: bar\n"},
        {"workspace.yaml": "load_from: []\n", ".env": "A='x\n"},
    )
    good = (
        {"workspace.yaml": "load_from: []\n", ".env": "A='x'\n"},
        {"workspace.yaml": "load_from:\n# BEGIN: bar\n- python_module: bar\n# END: bar\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """All that is broken in what Dagster, Compose and dmb read, whichever rules read it before, or none."""
        files, names = subject.files, set(_read(subject))
        for name in _yaml_files(subject):
            for key in _doubled(files.yaml(name)):
                message = f"the key `{key.text}` stands twice in one mapping"
                yield self.diagnosis(Spot.at(name, key), key.text, message, "keep one of them")
        for broken in files.broken:
            if broken.spot.path in names:
                yield self.diagnosis(broken.spot, broken.spot.path, broken.cause, broken.remedy)


def _read(subject: Subject) -> Iterator[str]:
    """The files that Dagster, Compose and dmb read, each by all that read it: what these refuse they note in
    `files.broken`, and files that other rules read are none of these.
    """
    files, workspace = subject.files, subject.workspace
    for name in ("pyproject.toml", "dg.toml"):
        files.toml(name)
        yield name
    _ = subject.project.manifest  # of pyproject.toml
    _ = workspace.registry
    yield REGISTRY
    if workspace.env:
        _ = workspace.assignments
        yield workspace.env
    yield from workspace.marked
    for name in _yaml_files(subject):
        files.yaml(name)
        yield name
    _ = workspace.published  # by the Compose files among them
    for name in subject.containers.dockerfiles:
        files.dockerfile(name)
        yield name
    yield from (name for name, _ in cloud_files(files, subject.own))
    _ = subject.package.files  # what is no text; PKG007 tells what is no Python
    yield from subject.package.names


def _yaml_files(subject: Subject) -> list[str]:
    """The YAML files that Dagster and Compose read."""
    workspace = subject.workspace
    names = [
        workspace.workspace_yaml,
        *workspace.compose_files,
        workspace.dagster_yaml,
        *subject.containers.compose_files,
    ]
    return [name for name in dict.fromkeys(filter(None, names)) if subject.files.text(name) is not None]


def _doubled(root: Node) -> Iterator[Node]:
    for node in root.walk():
        seen = set[str]()
        for key, _ in node.pairs:
            if key.kind == "scalar" and key.text in seen and key.text != "<<":
                yield key
            seen.add(key.text)
