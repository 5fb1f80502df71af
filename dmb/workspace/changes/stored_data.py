"""Find and delete what a module keeps in the workspace's storage, and never anything outside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...databases import DATABASES, EMBEDDED
from ...errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..state.files import Files


class Kept(NamedTuple):
    """A file or folder of a module's below the storage `root`, and its size in bytes."""

    path: Path
    size: int
    root: Path


def stored(name: str) -> tuple[str, ...]:
    """What the storage may hold of a module: a folder of its assets' prefix or of its name, a database's file."""
    files = (f"{name}.{database}{end}" for database, kind in EMBEDDED.items() for end in ("", *kind.beside))
    return tuple(dict.fromkeys((name.replace("-", "_"), name, *files)))


def data_of(name: str, root: Path, files: Files) -> list[Kept]:
    """The data of a module in the storage `root`. Refuses what is outside it, or behind a link."""
    candidates = [
        Path(f"{variable.value}{end}")
        for variable in files.variables()
        for database, kind in EMBEDDED.items()
        if variable.owner == name and variable.key.endswith(f"_{DATABASES[database].file_variable}")
        for end in ("", *kind.beside)
    ]
    candidates += [root / file_name for file_name in stored(name)]
    data = []
    for path in dict.fromkeys(candidates):
        if os.path.lexists(path):
            _refuse_outside(path, root)
            data.append(Kept(path, sum(_sizes(path)), root))
    return data


def storage(files: Files) -> Path:
    """The folder of this host that all modules of a local workspace keep their data in."""
    for variable in files.variables():
        if variable.key == "DAGSTER_STORAGE_PATH" and variable.owner is None:
            return Path(variable.value)
    return files.layout.storage


def delete(kept: Kept) -> None:
    """Delete it; links within a folder are deleted, their targets stay. Checks again first, as time may have passed."""
    _refuse_outside(kept.path, kept.root)
    try:
        if kept.path.is_dir():
            shutil.rmtree(kept.path)
        else:
            kept.path.unlink(missing_ok=True)
    except OSError as error:
        raise DmbError(
            f"the module was removed from the workspace, but its data cannot be deleted: {error.strerror}",
            place=str(error.filename or kept.path),
            remedy="delete it by hand",
        ) from error


def _refuse_outside(path: Path, root: Path) -> None:
    """Refuse a path that does not lie below the root, links followed."""
    if path.resolve() != root.resolve() / os.path.relpath(path, root) or not path.resolve().is_relative_to(
        root.resolve()
    ):
        raise DmbError(
            f"this is outside the storage {root}, or behind a link",
            place=str(path),
            remedy="run without --data, and delete it by hand if you want to",
        )


def _sizes(path: Path) -> Iterator[int]:
    if path.is_dir():
        for folder, _, names in os.walk(path):
            yield from (os.lstat(os.path.join(folder, name)).st_size for name in names)  # noqa: PTH118
    else:
        yield path.stat().st_size
