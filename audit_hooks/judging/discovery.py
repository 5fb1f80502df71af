"""What there is to judge below a folder: repositories, and in each its modules and workspaces."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from dmb.compose.names import COMPOSE_FILES
from dmb.module import PIECES

from ..facts.workspace import REGISTRY
from ..reading.git_files import tracked, unignored
from ..reading.sources import Sources
from .subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SET_ASIDE = re.compile(r"(^|/)(tests?|fixtures)/|\{\{|\{%")  # test data, and templates that are not rendered yet
_IMPORTS = re.compile(r"^[ \t]*(?:from|import)[ \t]+dagster", re.MULTILINE)
_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")
_DEEPEST = 4  # folders that are searched for repositories below one that is none


def repositories(root: Path) -> Iterator[Path]:
    """`root` where git knows it or nothing below does; else every repository in the folders below, sorted."""
    known = (root / ".git").exists() or tracked(root)
    folders = [] if known else sorted(_below(root, _DEEPEST))
    yield from folders or [root]


def _below(folder: Path, depth: int) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        below = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    if ".git" in below:
        yield folder
    elif depth:
        for name in below:
            if not name.startswith("."):
                yield from _below(folder / name, depth - 1)


def subjects(root: Path) -> Iterator[Subject]:
    """What is to be judged in one repository, outer folders first; as git knows it, or else all that is not ignored."""
    names = tracked(root) or frozenset(
        name for name in unignored(root) if name != REGISTRY and not name.endswith(".env")
    )
    files = Sources(root, names)
    modules = _modules(files)
    workspaces = _workspaces(files, modules)
    if not modules and not workspaces:
        return
    for folder in sorted({"", *modules, *workspaces}):
        nested = [
            other[len(folder) + 1 if folder else 0 :]
            for other in modules
            if other != folder and (not folder or other.startswith(f"{folder}/"))
        ]
        own = files.below(folder)
        if folder in modules:
            yield Subject("module", own, repository=files, folder=folder, nested=nested)
        if folder in workspaces:
            yield Subject("workspace", own, workspaces[folder], repository=files, folder=folder, nested=nested)
        if not folder and "" not in modules and "" not in workspaces:
            yield Subject("repository", own, repository=files, nested=[*nested, *filter(None, workspaces)])


def _modules(files: Sources) -> set[str]:
    """The folders of the Dagster projects: what the template made, what names itself one, and what imports Dagster.

    A file that imports Dagster belongs to the project in the nearest folder above it that has one, else to the
    repository.
    """
    projects: dict[str, bool] = {}  # by folder: whether it says of itself that it is Dagster's
    code: list[str] = []
    for name in files.names:
        if _SET_ASIDE.search(name):
            continue
        folder, _, file = name.rpartition("/")
        if file == "pyproject.toml":
            text = files.text(name) or ""
            projects[folder] = any(table in text for table in ("[tool.dmb]", "[tool.dg.project]", "[tool.dagster]"))
        elif file in _PROJECT:
            projects.setdefault(folder, False)
        elif name.endswith(".py"):
            code.append(name)
    folders = {folder for folder, named in projects.items() if named}
    for name in code:
        home = _home(name, projects)
        if home not in folders and _IMPORTS.search(files.text(name) or ""):
            folders.add(home)
    return folders


def _home(name: str, projects: dict[str, bool]) -> str:
    folder = name.rpartition("/")[0]
    while folder and folder not in projects:
        folder = folder.rpartition("/")[0]
    return folder


def _workspaces(files: Sources, modules: set[str]) -> dict[str, dict[str, str]]:
    """The folder of every workspace.yaml that is no module's piece, and the places of what stands elsewhere."""
    workspaces: dict[str, dict[str, str]] = {}
    pieces = {f"{folder}/{PIECES}".lstrip("/") for folder in modules}
    for name in files.names:
        folder, _, file = name.rpartition("/")
        if file == "workspace.yaml" and folder not in pieces and not _SET_ASIDE.search(name) and _loads(files, name):
            above, _, own = folder.rpartition("/")
            if own and not _composed(files, folder) and _composed(files, above):
                # Containers mount a folder of configuration that stands beside their Compose file.
                workspaces[above] = {file: f"{own}/{file}" for file in ("workspace.yaml", "dagster.yaml")}
            else:
                workspaces[folder] = {}
    return workspaces


def _composed(files: Sources, folder: str) -> bool:
    return any(files.has(f"{folder}/{name}".lstrip("/")) for name in COMPOSE_FILES)


def _loads(files: Sources, name: str) -> bool:
    """Whether a workspace.yaml is Dagster's, as far as one can see: a broken one may be."""
    text: Any = files.text(name)
    return bool(text) and "load_from" in text
