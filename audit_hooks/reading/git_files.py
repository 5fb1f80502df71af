"""Which files a folder has, as git says: what it knows, or what it would not ignore."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import git_index

if TYPE_CHECKING:
    from pathlib import Path

_PASSED_OVER = frozenset({"__pycache__", "node_modules", "build", "dist", "venv"})
_LEAVE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"}


def tracked(root: Path) -> frozenset[str] | None:
    """What git knows below `root`: the index, so that a commit is judged as it will be. None outside of git."""
    names = git_index.names(root)
    return _ls_files(root) if names is None else names


def unignored(root: Path) -> frozenset[str]:
    """What git would not ignore below `root`, which it knows nothing of; without git what a walk finds."""
    others = ("--others", "--exclude-standard")
    found = _ls_files(root, *others)
    if not found:  # no repository, or one that ignores the whole folder
        import subprocess
        import tempfile

        try:
            # Git reads .gitignore only for a repository: an empty one beside stands in for it.
            with tempfile.TemporaryDirectory() as empty:
                subprocess.run(["git", "init", "-q", "--bare", empty], check=True, capture_output=True)
                found = _ls_files(root, *others, outside=empty)
        except (OSError, subprocess.CalledProcessError):
            found = None
    if found is None:
        found = frozenset(walk(root))
    return frozenset(name for name in found if _PASSED_OVER.isdisjoint(name.split("/")[:-1]))


def walk(root: Path) -> list[str]:
    """The files below `root`; hidden folders and environments are left out, links are not followed."""
    names = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _PASSED_OVER]
        names += [os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/") for name in files]  # noqa: PTH118
    return names


def _ls_files(root: Path, *options: str, outside: str = "") -> frozenset[str] | None:
    """`git ls-files` in `root`. A hook's environment names the repository that it runs in, which may be another one;
    its index stays: that is the commit in the making. No program that the repository's settings name is started.
    """
    import subprocess

    environment = {name: value for name, value in os.environ.items() if name not in _LEAVE}
    if outside:
        environment |= {"GIT_DIR": outside, "GIT_WORK_TREE": str(root)}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), "ls-files", "-z", *options]
    try:
        done = subprocess.run(command, check=True, capture_output=True, env=environment)
    except (OSError, subprocess.CalledProcessError):
        return None
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return frozenset(name for name in names if name and not name.endswith("/"))
