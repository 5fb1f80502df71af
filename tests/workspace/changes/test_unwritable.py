"""A full disk and read-only files: each change is refused in words, and no byte moves; links and modes stay."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from dmb.errors import DmbError
from dmb.transaction.backups import backups
from tests.support import faults
from tests.support.changes import KINDS, Prepared, prepare
from tests.support.transactions import is_clean
from tests.support.workspaces import contents


@pytest.fixture(scope="module")
def prepared(memory: Path) -> Prepared:
    return prepare(memory / "unwritable")


@pytest.fixture
def root(prepared: Prepared, memory: Path, tmp_path: Path) -> Path:
    return prepared.copied(tmp_path / "ws")


def refused(prepared: Prepared, root: Path, kind: str) -> str:
    """Why the change was refused."""
    with pytest.raises(DmbError) as caught:
        prepared.changes[kind](root)
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_full_disk(prepared: Prepared, root: Path, kind: str) -> None:
    limits = pytest.importorskip("resource")
    before, kept = contents(root), len(backups(root / ".dmb"))
    reader, writer = os.pipe()

    def limited(size: int) -> None:
        limits.setrlimit(limits.RLIMIT_FSIZE, (size, size))
        os.write(writer, refused(prepared, root, kind).encode())

    # For the journal, a file or two, the largest of them: each does not fit at another step.
    for size in (0, 2, 400, 1500, len(before["docker-compose.yml"]) // 2):
        assert faults.wait(faults.fork(partial(limited, size))) == 0
        said = os.read(reader, 2000).decode()
        assert "File too large" in said
        assert str(root) in said
        assert contents(root) == before
        assert is_clean(root)
    prepared.changes[kind](root)  # with room it works
    assert contents(root) != before
    assert len(backups(root / ".dmb")) == kept + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", ["docker-compose.yml", "home/workspace.yaml", ".env", ".dmb/registry.json"])
def test_on_a_file_that_is_read_only(prepared: Prepared, root: Path, kind: str, file: str) -> None:
    before = contents(root)
    (root / file).chmod(0o444)
    said = refused(prepared, root, kind)
    assert f"{root / file}: read-only" in said
    assert contents(root) == before
    assert is_clean(root)
    (root / file).chmod(0o640)
    prepared.changes[kind](root)
    assert (root / file).stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_elsewhere_is_changed_through_its_link(
    prepared: Prepared, root: Path, tmp_path: Path, kind: str
) -> None:
    """A folder of settings that several hosts share, say."""
    (tmp_path / "settings").mkdir()
    for file in ("docker-compose.yml", ".env"):
        (root / file).rename(tmp_path / "settings" / file)
        (root / file).symlink_to(tmp_path / "settings" / file)
    (tmp_path / "settings/.env").chmod(0o600)
    before = contents(tmp_path / "settings")
    prepared.changes[kind](root)
    after = contents(tmp_path / "settings")
    assert all(after[file] != before[file] for file in before)
    assert all((root / file).is_symlink() for file in before)
    assert set(after) == set(before)
    assert (tmp_path / "settings/.env").stat().st_mode & 0o777 == 0o600
