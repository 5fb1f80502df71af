"""A folder whose `.git` was prepared to do harm: nothing runs, nothing outside is read or written, and it ends."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from audit_hooks.reading.git_files import tracked
from audit_hooks.rules.examples import MANIFEST
from tests.support.trees import git, repository, write

BIN = Path(sys.executable).parent
CODE = "import dagster as dg\n"
# What the audit tells at the standard tier, and mends: a location without a name (WSP003).
UNNAMED = "load_from:\n  - python_module: {module_name: a}\n"


def commit(root: Path) -> None:
    git(root, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x")


def program(root: Path) -> Path:
    """A program that leaves a file named `ran` beside the repository."""
    path = root.parent / "program"
    path.write_text(f"#!/bin/sh\ntouch '{root.parent / 'ran'}'\n")
    path.chmod(0o755)
    return path


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def missing_tree(root: Path) -> None:
    """A sparse index that names a tree which only a remote has, and the remote is a command."""
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "src")
    tree = git(root, "rev-parse", "HEAD:deep").strip()
    (root / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::sh -c {program(root)}",
        "protocol.ext.allow": "always",
    }.items():
        git(root, "config", name, value)


def programs(root: Path) -> None:
    """Every setting that names a program, as far as listing files could come to it."""
    path = program(root)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.alternateRefsCommand", "alias.ls-files"):
        git(root, "config", name, f"!{path}" if name.startswith("alias") else str(path))
    git(root, "config", "core.hooksPath", str(root / "hooks"))
    git(root, "config", "filter.x.clean", str(path))
    git(root, "config", "filter.x.process", str(path))
    git(root, "config", "diff.x.textconv", str(path))
    write(root, {".gitattributes": "* filter=x diff=x\n", "hooks/post-index-change": path.read_bytes()})
    (root / "hooks" / "post-index-change").chmod(0o755)


def by_a_file(root: Path) -> None:
    """`.git` is a file that names the prepared folder."""
    missing_tree(root)
    programs(root)
    (root / ".git").rename(root / "prepared")
    (root / ".git").write_text("gitdir: prepared\n")


def include_pipe(root: Path) -> None:
    pipe(root.parent / "pipe")
    git(root, "config", "include.path", str(root.parent / "pipe"))


def excludes_pipe(root: Path) -> None:
    """Git knows no file there, so it is asked which it would not ignore."""
    (root / ".git" / "index").unlink()
    pipe(root.parent / "pipe")
    git(root, "config", "core.excludesFile", str(root.parent / "pipe"))
    pipe(root / ".git" / "info" / "exclude")


def config_pipe(root: Path) -> None:
    pipe(root / ".git" / "config")


def head_pipe(root: Path) -> None:
    pipe(root / ".git" / "HEAD")


def index_pipe(root: Path) -> None:
    pipe(root / ".git" / "index")


def file_pipe(root: Path) -> None:
    (root / ".git").rename(root / "prepared")
    pipe(root / ".git")


def damaged(root: Path) -> None:
    index = root / ".git" / "index"
    index.write_bytes(index.read_bytes()[:-30])
    programs(root)


def split(root: Path) -> None:
    git(root, "update-index", "--split-index")
    programs(root)


def elsewhere(root: Path) -> None:
    other = repository(root.parent / "other", {"pyproject.toml": MANIFEST})
    git(root, "config", "core.worktree", str(other))


PREPARED: list[Callable[[Path], None]] = [
    missing_tree,
    programs,
    by_a_file,
    include_pipe,
    excludes_pipe,
    config_pipe,
    head_pipe,
    index_pipe,
    file_pipe,
    damaged,
    split,
    elsewhere,
]


def audited(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`dmb-audit` as a person starts it, ended with all that it started when it takes too long."""
    process = subprocess.Popen(
        [str(BIN / "dmb-audit"), "--tier", "standard", *words],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        pytest.fail("it does not end")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.mark.parametrize("where", ["top", "below", "above"])
@pytest.mark.parametrize("prepare", PREPARED, ids=lambda prepare: prepare.__name__)
def test_no_setting_of_a_repository_runs_anything_or_stops_the_audit(
    tmp_path: Path, prepare: Callable[[Path], None], where: str
) -> None:
    root = repository(tmp_path / "all" / "repository", {"src/workspace.yaml": UNNAMED, "deep/a.py": CODE})
    commit(root)
    prepare(root)
    (root.parent / "ran").unlink(missing_ok=True)  # what preparing it started
    done = audited({"top": root, "below": root / "src", "above": root.parent}[where], "--format", "json")
    assert not (root.parent / "ran").exists()
    assert done.returncode in (0, 1), done.stderr
    rules = {finding["rule"] for verdict in json.loads(done.stdout)["verdicts"] for finding in verdict["findings"]}
    if (prepare, where) != (by_a_file, "above"):  # below a folder only `.git` folders make repositories
        assert "WSP003" in rules
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("change", [damaged, split, index_pipe], ids=lambda change: change.__name__)
def test_an_index_that_cannot_be_read_is_told_and_the_folder_judged(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    files = {".gitignore": "ignored/\n", "workspace.yaml": UNNAMED, "ignored/workspace.yaml": UNNAMED}
    root = repository(tmp_path / "repository", files)
    commit(root)
    change(root)
    done = audited(root, "--format", "json")
    assert str(root / ".git" / "index") in done.stderr
    folders = {verdict["folder"] for verdict in json.loads(done.stdout)["verdicts"]}
    assert not any("ignored" in folder for folder in folders)


def test_a_sparse_index_has_the_files_that_are_there(tmp_path: Path) -> None:
    root = repository(tmp_path / "repository", {"a.py": "", "src/b.py": "", "deep/er/c.py": ""})
    commit(root)
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "src")
    assert tracked(root) == frozenset({"a.py", "src/b.py"})


def renamed(root: Path, names: dict[str, str]) -> None:
    """Write other names of the same length into the index, where git itself would refuse them."""
    index = root / ".git" / "index"
    data = index.read_bytes()[:-20]
    for old, new in names.items():
        assert len(old) == len(new)
        assert old.encode() in data
        data = data.replace(old.encode(), new.encode())
    index.write_bytes(data + hashlib.sha1(data, usedforsecurity=False).digest())


def test_names_that_lead_out_of_the_repository_are_no_files_of_it(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"workspace.yaml": "load_from: [unreadable-secret\n"})
    absolute = f"{outside}/workspace.yaml"
    names = {
        "xx/outside/workspace.yaml": "../outside/workspace.yaml",
        "a/x1/x2/outside/workspace.yaml": "a/../../outside/workspace.yaml",
        "x" * (len(absolute) - 15) + "/workspace.yaml": absolute,
        "xgit/workspace.yaml": ".git/workspace.yaml",
        "xGIT/workspace.yaml": ".GIT/workspace.yaml",
        "b/xx/workspace.yaml": "b//x/workspace.yaml",
        "c/x/workspace.yaml": "c/./workspace.yaml",
    }
    root = repository(tmp_path / "repository", {"pyproject.toml": MANIFEST, **dict.fromkeys(names, UNNAMED)})
    write(root / ".git", {"workspace.yaml": "load_from: [unreadable-secret\n"})
    renamed(root, names)
    assert tracked(root) == frozenset({"pyproject.toml"})
    done = audited(root, "--format", "json")
    assert [verdict["folder"] for verdict in json.loads(done.stdout)["verdicts"]] in ([""], ["."])
    assert "unreadable-secret" not in done.stdout


@pytest.mark.parametrize("command", ["dmb-audit", "dmb"])
def test_a_folder_that_became_a_link_is_neither_read_nor_mended(tmp_path: Path, command: str) -> None:
    """Git knows files in a folder; what stands there now is a link out of the repository."""
    files = {"workspace.yaml": UNNAMED, "deploy/workspace.yaml": UNNAMED, "deploy/in/a.py": CODE + "x = (secret\n"}
    root = repository(tmp_path / "repository", files)
    outside = tmp_path / "outside"
    (root / "deploy").rename(outside)
    (root / "deploy").symlink_to(outside)
    before = {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()}
    if command == "dmb-audit":
        done = audited(root, "--format", "json")
        paths = {finding["path"] for verdict in json.loads(done.stdout)["verdicts"] for finding in verdict["findings"]}
        assert paths == {"workspace.yaml"}
    else:
        words = [str(BIN / "dmb"), "audit", "--tier", "standard", "--fix", "--unsafe", str(root)]
        mended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert "deploy" not in mended.stdout
        assert "location_name" in (root / "workspace.yaml").read_text()
    assert {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()} == before


def test_a_new_file_is_not_made_through_a_link(tmp_path: Path) -> None:
    """A variable without a line in `.env.example` is given one, in a file that need not be there yet (WSP007)."""
    files = {"bar/pyproject.toml": MANIFEST, "bar/src/bar_dagster/x.py": "import os\nos.environ['BAR_URL']\n"}
    root = repository(tmp_path / "repository", files)
    outside = tmp_path / "outside"
    (root / "bar").rename(outside)
    (root / "bar").symlink_to(outside)
    before = sorted(outside.rglob("*"))
    words = [str(BIN / "dmb"), "audit", "--tier", "standard", "--fix", "--unsafe", str(root)]
    subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert sorted(outside.rglob("*")) == before


def test_a_folder_or_a_pipe_where_git_knows_a_file_is_no_finding(tmp_path: Path) -> None:
    """As a clone of the commit would not have it: nothing to tell, and nothing is waited for."""
    root = repository(tmp_path / "repository", {"workspace.yaml": UNNAMED, "a.yaml": "", "b.yaml": "", "c.yaml": ""})
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (root / name).unlink()
    (root / "a.yaml").mkdir()
    pipe(root / "b.yaml")
    (root / "c.yaml").symlink_to("/etc/passwd")
    done = audited(root, "--select", "WSP", "--format", "json")
    paths = {finding["path"] for verdict in json.loads(done.stdout)["verdicts"] for finding in verdict["findings"]}
    assert paths == {"workspace.yaml"}
