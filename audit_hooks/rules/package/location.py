"""Whether a project is a code location or a library that others install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definitions.loaded import loads, targets

if TYPE_CHECKING:
    from ...judging.subject import Subject


def is_location(subject: Subject) -> bool:
    """Whether Dagster is told to load the project: by its settings or, for a file of its own package, by what else
    stands in its repository. What a library's examples define makes it none.
    """
    if targets(subject):
        return True
    name = str(subject.setting("project", "name") or "").replace("-", "_")
    package = next((top for top in (f"src/{name}/", f"{name}/") if name and subject.files.has(top)), "")
    files = (code for code in subject.package.files if "dagster" in code.text and code.path.startswith(package))
    return bool(loads(subject, files))
