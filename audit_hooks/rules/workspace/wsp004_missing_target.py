"""WSP004: a location whose code is not there."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_WORDS = {"working_directory": "folder", "executable_path": "Python", "relative_path": "file"}


class MissingTarget(Rule):
    """Folders, files and interpreters that an item names are there."""

    code = "WSP004"
    title = "A code location whose code is not there"
    kinds = ("workspace",)
    what = (
        "`relative_path`, `working_directory` or `executable_path` names what is not there. In a commit only what "
        "stands in the repository counts; where the webserver runs in a container, paths are that container's and "
        "are not judged."
    )
    why = "The location does not load; the others do, so it is easily overlooked."
    remedy = "correct the path, make the environment (dmb workspace add MODULE_DIR), or take the item out"
    bad = (
        {"workspace.yaml": "load_from:\n  - python_file: gone.py\n"},
        {
            "workspace.yaml": "load_from:\n  - python_module:\n      module_name: bar\n      location_name: bar\n"
            "      working_directory: /no/such/folder\n"
        },
    )
    good = (
        {"workspace.yaml": "load_from:\n  - python_file: defs.py\n", "defs.py": ""},
        {"workspace.yaml": "load_from:\n  - python_module: {module_name: bar, working_directory: /}\n"},
        {
            "workspace.yaml": "load_from:\n  - python_module: {module_name: bar, working_directory: /app/bar}\n",
            "docker-compose.yml": "services:\n  dagster:\n    image: d:1\n    command: dagster dev -h 0.0.0.0\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Paths, where they are written literally. Dagster takes relative ones from the file only in python_file."""
        workspace = subject.workspace
        for location in workspace.locations:
            shorthand = {"relative_path": location.body} if location.target == "python_file" else {}
            for key, word in _WORDS.items():
                node = location.body.get(key) if location.body.kind == "mapping" else shorthand.get(key, location.body)
                if node.kind != "scalar" or (location.body.kind == "scalar" and key not in shorthand):
                    continue
                path = Path(node.text).expanduser()
                relative = not path.is_absolute()
                if relative and (key != "relative_path" or ".." in path.parts):
                    continue
                beside = (PurePosixPath(workspace.workspace_yaml).parent / path).as_posix()
                exists = subject.files.has(beside) if relative else subject.files.committed or path.exists()
                if not exists and not _in_container(subject):
                    spot = Spot.at(workspace.workspace_yaml, node)
                    yield self.diagnosis(spot, location.subject, f"there is no {word} {node.text}")


def _in_container(subject: Subject) -> bool:
    return any(subject.containers.role(service) == "webserver" for service in subject.workspace.services)
