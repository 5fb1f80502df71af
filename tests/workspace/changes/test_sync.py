"""A workspace is brought into line with the modules on disk, in one change; and brought back from its backups."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.support.command import Dmb
from tests.support.free_ports import free_port
from tests.support.modules import make_module
from tests.support.workspaces import contents, own


def names(root: Path) -> list[str]:
    loaded = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    return [next(iter(item.values()))["location_name"] for item in loaded]


def test_new_changed_gone_and_broken(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    projects = tmp_path / "projects"
    modules = {name: make_module(projects, name) for name in ("bar-one", "foo", "gone")}
    (projects / "no-module").mkdir()
    (projects / "no-module" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    done = dmb("workspace", "sync", projects, "--workspace", workspace, "--no-install", "--json")
    assert (done.code, [module["status"] for module in done.json["modules"]]) == (0, ["added"] * 3)
    assert len([1 for path in contents(workspace) if path.endswith("files.json")]) == 2  # init, and one change for all
    make_module(projects, "new")
    manifest = modules["foo"] / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace('location_name = "foo"', 'location_name = "Foo 2"'))
    modules["gone"].rename(tmp_path / "gone")
    (projects / "broken").mkdir()
    (projects / "broken" / "pyproject.toml").write_text("[tool.dmb\n")
    done = dmb("workspace", "sync", projects, "--workspace", workspace, "--no-install", "--json")
    assert done.code == 1
    status = {module["name"]: module["status"] for module in done.json["modules"]}
    assert status == {"bar-one": "unchanged", "foo": "changed", "new": "added"}
    assert done.json["vanished"] == ["gone"]
    assert done.json["broken"][0]["place"] == f"{projects / 'broken' / 'pyproject.toml'}:1"
    assert names(workspace) == ["bar-one", "Foo 2", "gone", "new"]
    before = contents(workspace)
    again = dmb("workspace", "sync", projects, "--workspace", workspace, "--no-install")
    assert (again.code, contents(workspace)) == (1, before)
    assert "pass --prune to remove it" in again.err
    assert dmb("workspace", "sync", "--prune", "--workspace", workspace, "--no-install").code == 0
    assert names(workspace) == ["bar-one", "Foo 2", "new"]


def test_a_refusal_changes_nothing_of_all(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    projects = tmp_path / "projects"
    for name in ("bar-one", "foo"):
        make_module(projects, name, location="same")
    before = contents(workspace)
    done = dmb("workspace", "sync", projects, "--workspace", workspace, "--no-install")
    assert (done.code, "same code_location_name" in done.err) == (2, True)
    assert contents(workspace) == before
    nowhere = dmb("workspace", "sync", tmp_path / "nowhere", "--workspace", workspace)
    assert (nowhere.code, contents(workspace)) == (3, before)


def test_a_dry_run_writes_nothing(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    make_module(tmp_path / "projects")
    before = contents(workspace)
    done = dmb("workspace", "sync", tmp_path / "projects", "--workspace", workspace, "--dry-run")
    assert (done.code, "+  # BEGIN: bar-one" in done.out) == (0, True)
    assert contents(workspace) == before


def test_what_cannot_be_seen_is_said_in_a_dry_run_too(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    make_module(tmp_path / "projects", port=free_port())
    (served / ".env").write_text((served / ".env").read_text() + "COMPOSE_FILE=gone.yml\n")
    done = dmb("workspace", "sync", tmp_path / "projects", "--workspace", served, "--dry-run")
    assert (done.code, "gone.yml is named in" in done.err) == (0, True)


def test_changes_are_undone_from_their_backups(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    states = [own(workspace)]
    assert "No changes to undo" in dmb("workspace", "restore", "--workspace", workspace).err
    for name in ("bar-one", "foo", "baz"):
        module = make_module(tmp_path, name, database="duckdb")
        assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
        states.append(own(workspace))
    listed = dmb("workspace", "restore", "--workspace", workspace, "--json").json["backups"]
    times = [backup["time"] for backup in listed]
    assert (len(times), times) == (3, sorted(times, reverse=True))
    assert dmb("workspace", "restore", times[1], "--workspace", workspace).code == 2  # nobody to ask
    preview = dmb("workspace", "restore", times[1], "--workspace", workspace, "--dry-run")
    assert "-  # BEGIN: foo" in preview.out
    assert own(workspace) == states[3]
    assert dmb("workspace", "restore", times[1], "--workspace", workspace, "--yes").code == 0
    assert own(workspace) == states[1]
    newest = dmb("workspace", "restore", "--workspace", workspace, "--json").json["backups"][0]["time"]
    assert dmb("workspace", "restore", newest, "--workspace", workspace, "--yes").code == 0
    assert own(workspace) == states[3]  # an undoing can be undone
    assert dmb("workspace", "restore", "1999", "--workspace", workspace).code == 3
    assert "matches several backups" in dmb("workspace", "restore", "20", "--workspace", workspace).err
