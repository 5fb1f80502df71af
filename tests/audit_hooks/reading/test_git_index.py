"""The index as it is read here, against what `git ls-files` lists."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit_hooks.reading import git_index
from audit_hooks.reading.git_files import tracked
from tests.support.trees import git, repository, write

PARTS = st.text(st.sampled_from("ab-._ é\n\u4e16"), min_size=1, max_size=5) | st.sampled_from(["x" * 200, "bare"])
PATHS = st.lists(PARTS.filter(lambda part: part.strip(".") != ""), min_size=1, max_size=4).map("/".join)


def listed(root: Path) -> frozenset[str]:
    done = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], check=True, capture_output=True)
    return frozenset(filter(None, done.stdout.decode("utf-8", "surrogateescape").split("\0")))


def add(root: Path, names: list[str], *, mode: str = "100644") -> None:
    """Put names into the index, with no files for them."""
    entries = "".join(f"{mode} e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\t{name}\0" for name in names)
    command = ["git", "-C", str(root), "update-index", "-z", "--index-info"]
    subprocess.run(command, input=entries.encode("utf-8", "surrogateescape"), check=True, capture_output=True)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("index") / "repository", {})


@pytest.mark.parametrize("version", [2, 3, 4])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.lists(PATHS, max_size=30), links=st.lists(PATHS, max_size=3), noted=st.booleans())
def test_it_has_the_names_that_git_lists(
    empty: Path, version: int, paths: list[str], links: list[str], *, noted: bool
) -> None:
    (empty / ".git" / "index").unlink(missing_ok=True)
    git(empty, "config", "index.version", str(version))
    add(empty, paths)
    add(empty, links, mode="120000")
    git(empty, "update-index", "--force-write-index", "--index-version", str(version))
    known = sorted(listed(empty))
    if noted and known:
        git(empty, "update-index", "--skip-worktree", "--", known[0])  # brings more flags
        git(empty, "update-index", "--assume-unchanged", "--", known[-1])
    assert tracked(empty) == frozenset(known)


def intent(root: Path) -> None:
    write(root, {"c.py": ""})
    git(root, "add", "-N", "c.py")


def unmerged(root: Path) -> None:
    entries = "".join(f"100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 {stage}\ta.py\n" for stage in (1, 2, 3))
    git(root, "rm", "-q", "--cached", "a.py")
    subprocess.run(
        ["git", "-C", str(root), "update-index", "--index-info"],
        input=entries.encode(),
        check=True,
        capture_output=True,
    )


def cached_trees(root: Path) -> None:
    commit(root)
    git(root, "config", "core.untrackedCache", "true")
    git(root, "update-index", "--untracked-cache")
    git(root, "status")


def detached(root: Path) -> None:
    commit(root)
    git(root, "checkout", "-q", "--detach")


def commit(root: Path) -> None:
    git(root, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x")


def submodule(root: Path) -> None:
    add(root, ["sub"], mode="160000")


@pytest.mark.parametrize("change", [intent, unmerged, cached_trees, detached, submodule], ids=lambda one: one.__name__)
def test_what_an_index_may_hold_besides_files(tmp_path: Path, change: Callable[[Path], None]) -> None:
    root = repository(tmp_path / "repository", {"a.py": "", "b/c.py": ""})
    change(root)
    assert tracked(root) == listed(root)


def sha256(root: Path) -> None:
    git(root.parent, "init", "-q", "--object-format=sha256", str(root / "new"))
    (root / ".git").rename(root / "old")
    (root / "new" / ".git").rename(root / ".git")
    git(root, "add", "a.py")


def split(root: Path) -> None:
    git(root, "update-index", "--split-index")


def sparse(root: Path) -> None:
    commit(root)
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "a")


def worktree(root: Path) -> None:
    commit(root)
    git(root, "worktree", "add", "-q", "linked")


def elsewhere(root: Path) -> None:
    git(root, "config", "core.worktree", str(root / "b"))


def cut(root: Path) -> None:
    index = root / ".git" / "index"
    index.write_bytes(index.read_bytes()[:-30])


@pytest.mark.parametrize("change", [sha256, sparse, elsewhere], ids=lambda one: one.__name__)
def test_what_is_out_of_the_ordinary_is_read_too(tmp_path: Path, change: Callable[[Path], None]) -> None:
    root = repository(tmp_path / "repository", {"a.py": "", "b/c.py": "", "d/e/f.py": ""})
    change(root)
    assert tracked(root) == listed(root) - ({"b/c.py", "d/e/f.py"} if change is sparse else set())


@pytest.mark.parametrize("change", [split, cut], ids=lambda change: change.__name__)
def test_an_index_that_cannot_be_read_is_refused(tmp_path: Path, change: Callable[[Path], None]) -> None:
    root = repository(tmp_path / "repository", {"a.py": "", "b/c.py": ""})
    change(root)
    assert tracked(root) is None
    with pytest.raises(git_index.Unreadable):
        git_index.entries(root / ".git" / "index")


def test_folders_that_are_no_top_of_a_repository(tmp_path: Path) -> None:
    root = repository(tmp_path / "repository", {"a.py": "", "b/c.py": ""})
    worktree(root)
    (root / "b" / ".git").mkdir()  # none, and git goes up from there
    assert tracked(root / "b") == frozenset({"c.py"})
    assert tracked(root / "linked") == frozenset({"a.py", "b/c.py"})
    assert tracked(tmp_path) is None


@pytest.mark.parametrize("absolute", [True, False])
def test_the_index_of_a_commit_of_one_file_is_the_one_that_counts(tmp_path: Path, *, absolute: bool) -> None:
    """Asked by git itself, from a hook: `git commit FILE` leaves out what is added besides."""
    root = repository(tmp_path / "repository", {"a.py": ""})
    commit(root)
    write(root, {"b.py": "", "a.py": "1\n"})
    git(root, "add", "b.py")
    hook = root / ".git" / "hooks" / "pre-commit"
    where = '"$PWD/$GIT_INDEX_FILE"' if absolute else '"$GIT_INDEX_FILE"'
    asked = "from audit_hooks.reading.git_files import tracked; from pathlib import Path; print(tracked(Path()))"
    hook.write_text(
        f"#!/bin/sh\ncase $GIT_INDEX_FILE in /*) ;; *) export GIT_INDEX_FILE={where};; esac\n"
        f"{sys.executable} -c '{asked}' > told\n"
    )
    hook.chmod(0o755)
    git(root, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x", "a.py")
    assert (root / "told").read_text() == "frozenset({'a.py'})\n"
