"""Judge folders: find what is to be judged below one, run the rules, give the findings in the order of the files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .sources import Sources, tracked
from .subject import COMPOSE, PIECES, REGISTRY, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .findings import Finding
    from .rule import Rule

_SET_ASIDE = re.compile(r"(^|/)(tests?|fixtures)/|\{\{|\{%")  # test data, and templates that are not rendered yet


def judge(subject: Subject, rules: Iterable[type[Rule]]) -> list[Finding]:
    """The findings of all rules in one subject."""
    return sorted({finding for rule in rules for finding in rule().check(subject)})


def workspace(root: Path) -> Subject:
    """The workspace in a folder as it is on this machine: registry, `.env` and module repositories count."""
    return Subject("workspace", Sources(root))


def judge_commit(root: Path, rules: Iterable[type[Rule]]) -> tuple[list[Finding], int]:
    """The findings in the repository `root` as git knows it, and how many subjects there were. No file of this machine
    alone counts, so that the same commit gets the same verdict everywhere; outside of git all files but those do.
    """
    names = tracked(root)
    if names is None:
        names = frozenset(name for name in Sources(root).names if name != REGISTRY and not name.endswith(".env"))
        names |= _hidden_examples(root, names)
    found: list[Finding] = []
    rules, count = tuple(rules), 0
    for folder, subject in _subjects(Sources(root, names)):
        count += 1
        head = f"{folder}/" if folder else ""
        found += (finding._replace(path=head + finding.path) for finding in judge(subject, rules))
    return sorted(found), count


def _hidden_examples(root: Path, names: frozenset[str]) -> set[str]:
    folders = {name.rpartition("/")[0] for name in names}
    examples = (f"{folder}/.env.example".lstrip("/") for folder in folders)
    return {name for name in examples if (root / name).is_file()}


def _subjects(files: Sources) -> Iterator[tuple[str, Subject]]:
    """(folder, subject): every module, and every workspace.yaml that is not a piece of one."""
    modules = []
    names = [name for name in files.names if not _SET_ASIDE.search(name)]
    for name in names:
        folder, _, file = name.rpartition("/")
        if file == "pyproject.toml" and "[tool.dmb]" in (files.text(name) or ""):
            modules.append(folder)
            yield folder, Subject("module", files.below(folder))
    pieces = {f"{folder}/{PIECES}".lstrip("/") for folder in modules}
    for name in names:
        folder, _, file = name.rpartition("/")
        if file == "workspace.yaml" and folder not in pieces and _loads(files, name):
            above, _, own = folder.rpartition("/")
            if own and not _composed(files, folder) and _composed(files, above):
                # Containers mount a folder of configuration that stands beside their Compose file.
                places = {file: f"{own}/{file}" for file in ("workspace.yaml", "dagster.yaml")}
                yield above, Subject("workspace", files.below(above), places)
            else:
                yield folder, Subject("workspace", files.below(folder))


def _composed(files: Sources, folder: str) -> bool:
    return any(files.has(f"{folder}/{name}".lstrip("/")) for name in COMPOSE)


def _loads(files: Sources, name: str) -> bool:
    """Whether a workspace.yaml is Dagster's, as far as one can see: a broken one may be."""
    text: Any = files.text(name)
    return bool(text) and "load_from" in text
