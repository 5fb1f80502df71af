"""Which files of a repository say how it is deployed. By names alone, and quickly: it may have thousands; what
Dagster+ reads also by what is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..reading.sources import GLANCED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dmb.formats.yaml_nodes import Node

    from ..reading.sources import Sources

_ASIDE = {"tests", "test", "fixtures", "testdata", "doc", "docs", "example", "examples", "samples"}
_ASIDE |= {"node_modules", "site-packages", "venv", ".venv"}
_PATTERNS = ("example", "sample", "template", ".tmpl", ".dist", "{{")  # of files that are filled in first
_FOLDERS = {"deploy", ".deploy", "deployment", "deployments", "ansible", "playbooks"}
_FOLDERS |= {"helm", ".helm", "chart", "charts", "k8s", ".k8s", "kubernetes"}
_CI = {".circleci", ".gitlab", ".woodpecker"}
_CI_FILES = (".gitlab-ci", "azure-pipelines", "bitbucket-pipelines", "cloudbuild", "buildspec", ".drone", ".travis")
_YAML = (".yml", ".yaml")
_RUN = (".sh", ".bash", ".zsh", ".mk", "akefile", "ustfile", "askfile.yml", "askfile.yaml", "ansible.cfg", "ssh_config")
_TEXT = (*_YAML, ".json", ".toml", ".cfg", ".conf", ".ini", ".env", ".sh", ".bash", ".service", ".tf", ".tfvars", ".py")


class Line(NamedTuple):
    """A line of a script, those that it goes on in put to it: 1-based number of its first one, and its text."""

    number: int
    text: str


def pipelines(names: Iterable[str]) -> list[str]:
    """Those of some files that tell a CI server what to do."""
    return [name for name in names if _pipeline(name.split("/"))]


def scripts(names: Iterable[str]) -> list[str]:
    """Those of some files whose lines are run: scripts, pipelines, what ssh and Ansible read, a deployment's folder."""
    return [
        name
        for name, parts in _standing(names)
        if name.endswith((*_RUN, ".ssh/config")) or _pipeline(parts) or _in_folder(parts)
    ]


def deployments(names: Iterable[str]) -> list[str]:
    """Those that say where to and with what it is deployed: folders of deployments, what Dagster+ and Helm read,
    pipelines and scripts that are named for it.
    """
    return [
        name
        for name, parts in _standing(names)
        if _in_folder(parts)
        or parts[-1].startswith(("dagster_cloud.y", "container_context.y", "values.y", "values-", "values_"))
        or ((_pipeline(parts) or parts[-1].endswith(_RUN)) and _named_for_it(parts[-1]))
    ]


def cloud_files(files: Sources, names: Iterable[str]) -> Iterator[tuple[str, Node | None]]:
    """Those of some files in which Dagster+ reads what it deploys, and what is in each; None in a template."""
    for name in names:
        if name.rpartition("/")[2] in ("dagster_cloud.yaml", "dagster_cloud.yml"):
            text = files.text(name) or ""
            yield name, None if "{{" in text or "{%" in text else files.yaml(name)


def _standing(names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """(path, its parts) of the files that are no tests, documents or patterns for others."""
    for name in names:
        parts = name.split("/")
        if _ASIDE.isdisjoint(parts[:-1]) and not any(word in parts[-1] for word in _PATTERNS):
            yield name, parts


def _pipeline(parts: list[str]) -> bool:
    if parts[-1] == "Jenkinsfile":
        return True
    return parts[-1].endswith(_YAML) and (
        parts[:2] in ([".github", "workflows"], [".github", "actions"])
        or not _CI.isdisjoint(parts[:1])
        or parts[-1].startswith(_CI_FILES)
    )


def _in_folder(parts: list[str]) -> bool:
    """Whether a file is a text in a folder of deployments; one below `src/` is code that has the name by chance."""
    file = parts[-1]
    text = file.endswith(_TEXT) or "." not in file
    return text and not _FOLDERS.isdisjoint(parts[:-1]) and "__init__.py" not in parts and "src" not in parts


def _named_for_it(file: str) -> bool:
    words = file.lower().replace(".", "-").replace("_", "-").split("-")
    return any(
        word.startswith("deploy") or word in ("release", "prod", "production", "staging", "cd") for word in words
    )


def lines(script: str) -> Iterator[Line]:
    """The lines of a script without comments."""
    begun: Line | None = None
    for number, text in enumerate(script.split("\n"), 1):
        code = "" if text.lstrip().startswith(("#", "//", ";")) else text.partition(" # ")[0].rstrip()
        line = Line(begun.number, f"{begun.text} {code.strip()}") if begun else Line(number, code)
        if code.endswith("\\") and len(line.text) < GLANCED:
            begun = line._replace(text=line.text[:-1])
        else:
            begun = None
            yield line
    if begun:
        yield begun
