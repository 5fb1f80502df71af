"""A backup brings back the files of the workspace that it was made in, and reaches no other file."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import Dmb
from tests.support.modules import make_module
from tests.support.workspaces import contents, own

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def changed(dmb: Dmb, workspace: Path, tmp_path: Path) -> Path:
    """The workspace with one change that can be undone."""
    add(dmb, workspace, tmp_path, "bar-one")
    return workspace


def add(dmb: Dmb, root: Path, parent: Path, name: str) -> None:
    module = make_module(parent, name, database="duckdb")
    assert dmb("workspace", "add", module, "--workspace", root, "--no-install").code == 0


def times(dmb: Dmb, root: Path) -> list[str]:
    """Of the changes that can be undone, newest first."""
    listed = dmb("workspace", "restore", "--workspace", root, "--json")
    assert listed.code == 0, listed.err
    return [backup["time"] for backup in listed.json["backups"]]


def journal_of(root: Path) -> Path:
    """What the newest backup says of itself."""
    return max((root / ".dmb/backups").glob("*/files.json"))


def rewrite(workspace: Path, entry: dict[str, Any], **head: str) -> None:
    """Plant an entry in place of the first one of the newest backup."""
    file = journal_of(workspace)
    journal = json.loads(file.read_bytes())
    journal["entries"][0] |= entry
    file.write_text(json.dumps(journal | head))


def refused(dmb: Dmb, root: Path, time: str) -> str:
    """Why nothing is restored, also in a dry run; not one byte is written."""
    before = contents(root.parent)
    preview = dmb("workspace", "restore", time, "--workspace", root, "--dry-run")
    done = dmb("workspace", "restore", time, "--workspace", root, "--yes")
    assert (preview.code, preview.err) == (2, done.err)
    assert done.code == 2
    assert contents(root.parent) == before
    assert "  -> " in done.err
    return done.err


@pytest.mark.parametrize("how", ["copied", "moved"])
def test_a_workspace_that_was_copied_or_moved_restores_itself_alone(
    dmb: Dmb, changed: Path, tmp_path: Path, how: str
) -> None:
    here = tmp_path / "elsewhere" / "ws"
    if how == "copied":
        shutil.copytree(changed, here, symlinks=True)
    else:
        here.parent.mkdir()
        changed.rename(here)
    before = contents(changed)
    (time,) = times(dmb, here)
    preview = dmb("workspace", "restore", time, "--workspace", here, "--dry-run")
    assert (preview.code, "-  # BEGIN: bar-one" in preview.out) == (0, True), preview.err
    assert dmb("workspace", "restore", time, "--workspace", here, "--yes").code == 0
    assert b"bar-one" not in b"".join(own(here).values())
    assert contents(changed) == before


def test_a_backup_with_paths_of_its_own_workspace_in_full_is_still_read(
    dmb: Dmb, changed: Path, tmp_path: Path
) -> None:
    file = journal_of(changed)
    journal = json.loads(file.read_bytes())
    for entry in journal["entries"]:
        entry["path"] = f"{changed}/{entry['path']}"
    file.write_text(json.dumps(journal))
    changed.rename(tmp_path / "moved")
    (time,) = times(dmb, tmp_path / "moved")
    assert dmb("workspace", "restore", time, "--workspace", tmp_path / "moved", "--yes").code == 0
    assert b"bar-one" not in b"".join(own(tmp_path / "moved").values())


@pytest.mark.parametrize("target", [None, "below", "the same"])
@pytest.mark.parametrize("path", ["{outside}", "../outside/known", "x/../../outside/known", "door/known", ".", ""])
def test_a_planted_backup_reaches_no_file_outside(
    dmb: Dmb, changed: Path, tmp_path: Path, path: str, target: str | None
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "known").write_bytes(b"known")
    (changed / "door").symlink_to(outside)
    (time,) = times(dmb, changed)
    path = path.format(outside=outside / "known")
    planted = {None: {}, "below": {"target": "workspace.yaml"}, "the same": {"target": path}}[target]
    for root in (str(changed), "/their/home"):
        rewrite(changed, {"path": path, **planted}, root=root)
        said = refused(dmb, changed, time)
        assert "is not a backup of this workspace" in said
        listed = dmb("workspace", "restore", "--workspace", changed)
        assert (listed.code, listed.out) == (0, "")
        assert "is not a backup of this workspace" in listed.err
        assert (outside / "known").read_bytes() == b"known"


@pytest.mark.parametrize("name", ["../secret", "{outside}", "..", ".", "", "link", "0-x\0y"])
def test_a_planted_backup_takes_no_content_from_outside(dmb: Dmb, changed: Path, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (changed / ".dmb/backups/secret").write_bytes(b"secret")
    (time,) = times(dmb, changed)
    (journal_of(changed).parent / "link").symlink_to(secret)
    rewrite(changed, {"backup": name.format(outside=secret)})
    assert "cannot be restored" in refused(dmb, changed, time)
    assert times(dmb, changed) == []


@pytest.mark.parametrize(
    "planted",
    [b"", b"[]", b"null", b'{"entries": 1}', b"[" * 100_000, b"\xff", b'{"stamp": "..", "root": "/", "entries": []}'],
)
def test_a_list_is_not_stopped_by_what_is_no_backup(dmb: Dmb, changed: Path, planted: bytes) -> None:
    before = times(dmb, changed)
    folder = changed / ".dmb/backups/20990101T000000.000000Z-999999-abcdef"
    folder.mkdir()
    (changed / ".dmb/backups/no-time").mkdir()
    (changed / ".dmb/backups/a-file").touch()
    assert times(dmb, changed) == before
    (folder / "files.json").write_bytes(planted)
    assert times(dmb, changed) == before
    said = refused(dmb, changed, before[0])
    assert f"{folder}: the backup of 2099-01-01T00:00:00.000000Z cannot be restored: its files.json is damaged" in said
    shutil.rmtree(folder)  # as it says
    assert dmb("workspace", "restore", before[0], "--workspace", changed, "--yes").code == 0


def test_going_back_past_a_backup_of_elsewhere_is_refused(dmb: Dmb, changed: Path, tmp_path: Path) -> None:
    add(dmb, changed, tmp_path, "foo")
    newer, older = times(dmb, changed)
    rewrite(changed, {"path": "/their/.env"}, root="/other")
    assert times(dmb, changed) == [older]
    said = refused(dmb, changed, older)
    assert newer in said
    folder = journal_of(changed).parent
    assert str(folder) in said
    shutil.rmtree(folder)  # as it says
    assert dmb("workspace", "restore", older, "--workspace", changed, "--yes").code == 0


def test_a_backup_that_is_not_complete_is_refused(dmb: Dmb, changed: Path) -> None:
    (time,) = times(dmb, changed)
    next(journal_of(changed).parent.glob("0-*")).unlink()
    assert "this backup is incomplete: No such file" in refused(dmb, changed, time)


@pytest.fixture
def linked(dmb: Dmb, workspace: Path, tmp_path: Path) -> Path:
    """A workspace whose workspace.yaml stands elsewhere, behind a link, and one change of it."""
    (tmp_path / "settings").mkdir()
    (workspace / "workspace.yaml").rename(tmp_path / "settings/workspace.yaml")
    (workspace / "workspace.yaml").symlink_to(tmp_path / "settings/workspace.yaml")
    add(dmb, workspace, tmp_path, "bar-one")
    return workspace


def test_a_file_elsewhere_is_restored_through_its_own_link(dmb: Dmb, linked: Path, tmp_path: Path) -> None:
    (time,) = times(dmb, linked)
    preview = dmb("workspace", "restore", time, "--workspace", linked, "--dry-run")
    assert (preview.code, "-  # BEGIN: bar-one" in preview.out) == (0, True), preview.err
    assert dmb("workspace", "restore", time, "--workspace", linked, "--yes").code == 0
    assert (linked / "workspace.yaml").is_symlink()
    assert "bar-one" not in (tmp_path / "settings/workspace.yaml").read_text()


def test_a_link_that_leads_to_another_file_now_is_refused(dmb: Dmb, linked: Path, tmp_path: Path) -> None:
    (time,) = times(dmb, linked)
    shutil.copy(tmp_path / "settings/workspace.yaml", tmp_path / "other.yaml")
    (linked / "workspace.yaml").unlink()
    (linked / "workspace.yaml").symlink_to(tmp_path / "other.yaml")
    said = refused(dmb, linked, time)
    assert f"{linked / 'workspace.yaml'} leads to {tmp_path / 'other.yaml'}" in said


@pytest.mark.parametrize("how", ["copied", "moved"])
def test_a_copy_does_not_undo_through_a_link_of_the_original(dmb: Dmb, linked: Path, tmp_path: Path, how: str) -> None:
    here = tmp_path / "elsewhere" / "ws"
    here.parent.mkdir()
    shutil.copytree(linked, here, symlinks=True) if how == "copied" else linked.rename(here)
    before = contents(tmp_path)
    listed = dmb("workspace", "restore", "--workspace", here)
    assert (listed.code, listed.out) == (0, "")
    assert listed.err.count("the backup of ") == 1
    time = listed.err.split("the backup of ")[1].partition(" ")[0]
    said = refused(dmb, here, time)
    assert f"{here / 'workspace.yaml'} leads to {tmp_path / 'settings/workspace.yaml'}" in said
    assert contents(tmp_path) == before
    add(dmb, here, tmp_path, "foo")  # what is changed from here on can be undone
    (time,) = times(dmb, here)
    assert dmb("workspace", "restore", time, "--workspace", here, "--yes").code == 0
    assert contents(tmp_path / "settings") == {
        name.removeprefix("settings/"): data for name, data in before.items() if name.startswith("settings/")
    }
