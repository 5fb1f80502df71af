"""Which files a folder has, as git says: what it knows, or what it would not ignore.

Git itself reads the settings of a repository, and many of them name a program: a file system monitor, a remote that is
a command, a hook, a filter. Whoever makes the repository makes its settings. So git is never started where it would
read them: the index is read here, and what is ignored is asked of git beside an empty repository.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .git_index import Unreadable, entries

if TYPE_CHECKING:
    from pathlib import Path

_PASSED_OVER = frozenset({"__pycache__", "node_modules", "build", "dist", "venv"})
_SECONDS = 60  # git may wait for ever: a `.gitignore` may be a pipe
_LARGEST = 4096  # bytes of a `.git` file
_noted: set[Path] = set()


def tracked(root: Path) -> frozenset[str] | None:
    """What git knows below `root`: the index, so that a commit is judged as it will be. None outside of git, and where
    the index cannot be read, which is noted.
    """
    repository = _repository(root)
    if repository is None:
        return None
    top, folder = repository
    # In a hook of `git commit FILE` the commit in the making has an index of its own.
    index = top / (os.environ.get("GIT_INDEX_FILE") or folder / "index")
    try:
        names = entries(index)
    except Unreadable as error:
        if index not in _noted:
            import sys

            _noted.add(index)
            sys.stderr.write(f"Note: {index}: {error}; all files that git would not ignore are judged\n")
        return None
    if top == root:
        return names
    head = f"{root.relative_to(top).as_posix()}/"
    return frozenset(name[len(head) :] for name in names if name.startswith(head))


def unignored(root: Path) -> frozenset[str]:
    """What git would not ignore below `root`, which it knows nothing of; without git what a walk finds."""
    repository = _repository(root)
    # A repository may ignore the whole folder: then only what the folder itself ignores counts.
    tops = (root,) if repository is None else dict.fromkeys((repository[0], root))
    names = next(filter(None, (_others(root, top) for top in tops)), None) or walk(root)
    return frozenset(name for name in names if _PASSED_OVER.isdisjoint(name.split("/")[:-1]))


def walk(root: Path) -> list[str]:
    """The files below `root`; hidden folders and environments are left out, links are not followed."""
    names = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _PASSED_OVER]
        names += [os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/") for name in files]  # noqa: PTH118
    return names


def _repository(root: Path) -> tuple[Path, Path] | None:
    """The top folder of the repository that holds `root`, and the folder where git keeps what it knows of it."""
    for top in (root, *root.parents):
        folder = top / ".git"
        if os.path.isfile(folder):  # noqa: PTH113 - `is_file` raises where a folder is barred
            folder = top / _linked(folder)
        if os.path.lexists(folder / "HEAD"):
            return top, folder
    return None


def _linked(file: Path) -> str:
    """The folder that the `.git` file of a linked work tree or a submodule names."""
    try:
        with file.open("rb") as opened:
            word, _, place = opened.read(_LARGEST).decode("utf-8", "surrogateescape").partition(": ")
    except OSError:
        return ""
    return place.rstrip("\r\n") if word == "gitdir" and "\0" not in place else ""


def _others(root: Path, top: Path) -> list[str]:
    """What `git ls-files --others` lists in `root`, with the .gitignore files from `top` down; nothing where git cannot
    tell. Git reads those for a repository only: an empty one beside stands in for it.
    """
    import subprocess
    import tempfile
    from pathlib import Path

    # A hook's environment names the repository that it runs in.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), "ls-files", "-z", "--others", "--exclude-standard"]
    try:
        with tempfile.TemporaryDirectory() as empty:
            (Path(empty) / "HEAD").write_text("ref: refs/heads/main\n")
            for name in ("objects", "refs"):
                (Path(empty) / name).mkdir()
            environment |= {"GIT_DIR": empty, "GIT_WORK_TREE": str(top)}
            done = subprocess.run(
                command, check=True, capture_output=True, stdin=subprocess.DEVNULL, env=environment, timeout=_SECONDS
            )
    except (OSError, subprocess.SubprocessError):
        return []
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [name for name in names if name and not name.endswith("/")]
