"""Each command that changes a workspace, killed before every system call it makes; and so is the recovery."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from dmb.errors import NothingToWorkOn
from dmb.layout import find
from dmb.transaction.transaction import recover
from dmb.workspace.changes.adopt import adopt
from dmb.workspace.state.status import listing
from tests.support import faults
from tests.support.changes import KINDS, Prepared, prepare, state
from tests.support.transactions import is_clean
from tests.support.workspace_shapes import CODE_SERVERS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")]


@pytest.fixture(scope="module")
def prepared(memory: Path) -> Prepared:
    return prepare(memory / "every-call")


@pytest.mark.parametrize("kind", KINDS)
def test_all_is_old_or_all_is_new(prepared: Prepared, memory: Path, kind: str) -> None:
    folder = memory / f"killed-{kind}"
    change, done = prepared.changes[kind], prepared.copied(folder / "done")
    old = state(done)
    change(done)
    new = state(done)
    shutil.rmtree(done)  # or it would be another workspace of this user's, whose ports are taken
    assert {name for name in new if new[name] != old.get(name)} >= {"docker-compose.yml", "home/workspace.yaml", ".env"}

    def killed(calls: int) -> tuple[Path, bool]:
        """A workspace in which the change was killed at that call, and whether it had been made before."""
        root = folder / "ws"
        shutil.rmtree(root, ignore_errors=True)
        prepared.copied(root)
        return root, faults.run_killed(lambda: change(root), calls) == 0

    outcomes = []
    for calls in range(500):
        root, ended = killed(calls)
        recover(root / ".dmb")
        assert is_clean(root)
        found = state(root)
        assert found in (old, new), calls
        outcomes.append(found == new)
        assert not any(one.drifted for one in listing(find(root)).modules)
        if ended:
            break
    commit = outcomes.index(True)
    assert outcomes == [False] * commit + [True] * (len(outcomes) - commit)
    assert 20 < commit < len(outcomes) - 5

    # A change half prepared, one just committed, and one half in place: each with its recovery killed at every call.
    for calls, wanted in ((commit // 2, old), (commit, new), ((commit + len(outcomes)) // 2, new)):
        root, _ = killed(calls)
        shutil.copytree(root, folder / "crashed", symlinks=True)
        for further in range(500):
            shutil.rmtree(root)
            shutil.copytree(folder / "crashed", root, symlinks=True)
            ended = faults.run_killed(lambda: recover(root / ".dmb"), further) == 0  # noqa: B023
            recover(root / ".dmb")
            assert state(root) == wanted, (calls, further)
            assert is_clean(root)
            if ended:
                break
        assert further > 2
        shutil.rmtree(folder / "crashed")
    shutil.rmtree(folder)


def test_a_first_adopt_killed_at_any_call_is_ended_by_the_next(memory: Path) -> None:
    """There is no registry yet that says that the folder is a workspace."""
    folder, done = memory / "first-adopt", []
    wanted = lay_out(folder / "wanted", CODE_SERVERS)
    first_adopt(wanted)
    for calls in range(500):
        root = lay_out(folder / str(calls), CODE_SERVERS)
        ended = faults.run_killed(lambda at=root: first_adopt(at), calls) == 0  # type: ignore[misc]
        try:
            first_adopt(root)
        except NothingToWorkOn:  # what was killed is finished
            done.append(True)
        else:
            done.append(False)
        assert is_clean(root)
        assert state(root) == state(wanted), calls
        assert (root / ".dmb/.gitignore").read_text() == (root / ".dmb/.dockerignore").read_text() == "*\n"
        assert len(list((root / ".dmb/backups").iterdir())) == 1
        shutil.rmtree(root)
        if ended:
            break
    commit = done.index(True)
    assert done == [False] * commit + [True] * (len(done) - commit)
    assert 20 < commit < len(done) - 5


def first_adopt(root: Path) -> None:
    adopt(root, (), mapped={}, given=(), commit=True)


def lay_out(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
