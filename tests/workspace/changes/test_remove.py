"""Modules are taken out byte for byte, with their data only when that is asked for; `list` tells what is there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values

from tests.support.command import Dmb
from tests.support.free_ports import free_port
from tests.support.modules import make_module
from tests.support.workspaces import contents, own


def test_all_is_again_as_it_was(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    before = own(served)
    modules = [make_module(tmp_path, name, database="duckdb", port=free_port()) for name in ("bar-one", "foo", "baz")]
    assert dmb("workspace", "add", *modules, "--workspace", served, "--no-install").code == 0
    done = dmb("workspace", "remove", "foo", "bar-one", "--workspace", served, "--yes", "--json")
    assert (done.json["schema"], done.json["modules"]) == ("dmb.workspace.remove/1", ["foo", "bar-one"])
    assert {Path(entry["path"]).name: entry["lines_added"] for entry in done.json["files"]}["workspace.yaml"] == 0
    assert [item["grpc_server"]["location_name"] for item in _locations(served)] == ["baz"]
    assert dmb("workspace", "remove", "baz", "--workspace", served, "--yes").code == 0
    assert own(served) == before


def _locations(root: Path) -> list[dict[str, dict[str, str]]]:
    loaded: list[dict[str, dict[str, str]]] = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    return loaded


def test_later_edits_of_people_stay(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path, database="duckdb")
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    for name in ("workspace.yaml", ".env"):
        text = (workspace / name).read_text()
        (workspace / name).write_text("# above\n" + text + "# below\n")
    assert dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes").code == 0
    assert (workspace / "workspace.yaml").read_text().startswith("# above\n")
    assert (workspace / "workspace.yaml").read_text().endswith("load_from: []\n# below\n")
    assert set(dotenv_values(workspace / ".env")) == {"DAGSTER_HOME", "DAGSTER_STORAGE_PATH"}


def test_a_folder_that_is_gone_does_not_hinder(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    before = own(workspace)
    module = make_module(tmp_path)
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    module.rename(tmp_path / "elsewhere")
    listed = dmb("workspace", "list", "--workspace", workspace)
    assert "(missing)" in listed.out
    assert dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes").code == 0
    assert own(workspace) == before


@pytest.mark.parametrize("file", ["workspace.yaml", ".env"])
def test_a_block_that_a_person_changed_is_kept_without_force(
    dmb: Dmb, workspace: Path, tmp_path: Path, file: str
) -> None:
    before = own(workspace)
    assert dmb(
        "workspace", "add", make_module(tmp_path, database="duckdb"), "--workspace", workspace, "--no-install"
    ).code == 0  # fmt: skip
    path = workspace / file
    path.write_text(path.read_text().replace("bar-one.duckdb", "b.duckdb").replace("attribute: defs", "attribute: d"))
    changed = own(workspace)
    listed = dmb("workspace", "list", "--workspace", workspace, "--json").json["modules"][0]
    line = path.read_text().splitlines().index(next(x for x in path.read_text().splitlines() if "BEGIN" in x)) + 1
    assert (listed["in_sync"], listed["drifted"]) == (False, [{"file": file, "line": line}])
    done = dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes")
    assert (done.code, "changed by hand" in done.err, f"{path}:{line}" in done.err) == (2, True, True)
    assert own(workspace) == changed
    assert dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes", "--force").code == 0
    assert own(workspace) == before


def test_it_asks_and_names_what_comes_close(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    assert dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install").code == 0
    before = contents(workspace)
    asked = dmb("workspace", "remove", "bar-one", "--workspace", workspace)
    assert (asked.code, "--yes" in asked.err) == (2, True)
    for name, hint in (("bar-on", "did you mean bar-one?"), ("quite-other", "it has: bar-one")):
        done = dmb("workspace", "remove", "bar-one", name, "--workspace", workspace, "--yes")
        assert (done.code, hint in done.err) == (3, True)
    preview = dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--dry-run")
    assert (preview.code, "-  # BEGIN: bar-one" in preview.out) == (0, True)
    assert contents(workspace) == before


def test_data_goes_only_when_asked_for(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path, database="duckdb")
    storage = workspace / "storage"
    for keep in (True, False):
        assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
        (storage / "bar-one.duckdb").write_bytes(b"12345")
        (storage / "bar-one").mkdir(exist_ok=True)
        (storage / "bar-one" / "x.pkl").write_bytes(b"1")
        (storage / "foo.duckdb").touch()
        option = [] if keep else ["--data"]
        done = dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes", "--json", *option)
        assert done.code == 0
        assert (storage / "bar-one.duckdb").exists() is keep
        assert (storage / "bar-one").exists() is keep
        assert (storage / "foo.duckdb").exists()
    assert {Path(entry["path"]).name: entry["bytes"] for entry in done.json["data"]} == {
        "bar-one.duckdb": 5,
        "bar-one": 1,
    }


@pytest.mark.parametrize("way", ["file", "folder", "variable"])
def test_data_outside_of_the_storage_is_never_deleted(dmb: Dmb, workspace: Path, tmp_path: Path, way: str) -> None:
    module = make_module(tmp_path, database="duckdb")
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    storage = workspace / "storage"
    if way == "file":
        (storage / "bar-one.duckdb").symlink_to(outside / "precious")
    elif way == "folder":
        (storage / "bar-one").symlink_to(outside)
    else:
        env = workspace / ".env"
        env.write_text(
            env.read_text().replace(
                str(storage / "bar-one.duckdb"), str(storage / ".." / ".." / "outside" / "precious")
            )
        )
    before = contents(workspace)
    done = dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes", "--data", "--force")
    assert (done.code, "outside the storage" in done.err) == (2, True)
    assert (outside / "precious").exists()
    assert contents(workspace) == before


def test_links_within_the_data_go_and_what_they_lead_to_stays(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    assert dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install").code == 0
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    folder = workspace / "storage" / "bar-one"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "precious")
    assert dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes", "--data").code == 0
    assert not os.path.lexists(folder)
    assert (tmp_path / "precious" / "file").exists()


def test_the_list_has_all_that_is_known_of_a_module(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    port = free_port()
    modules = [
        make_module(tmp_path, "bar-one", database="duckdb", port=port, location="Bar 1"),
        make_module(tmp_path, "gone", port=free_port()),
        make_module(tmp_path, "foo", port=free_port()),
    ]
    assert dmb("workspace", "add", *modules, "--workspace", served, "--no-install").code == 0
    modules[1].rename(tmp_path / "elsewhere")
    path = served / "workspace.yaml"
    path.write_text(path.read_text().replace("location_name: foo", "location_name: foo  # mine"))
    (served / "Procfile").unlink()
    done = dmb("workspace", "list", "--workspace", served)
    head, *rows = [re.split(r"  +", line) for line in done.out.splitlines()]
    assert head == ["MODULE", "LOCATION", "OWNER", "RUNTIME", "DATABASE", "PORTS", "ADDED", "STATE", "PATH"]
    name, location, *kind, added, state, folder = rows[0]
    assert (name, location, kind) == ("bar-one", "Bar 1", ["-", "local", "duckdb", f"grpc:{port}"])
    assert (state, folder) == ("drifted", str(modules[0]))
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", added)
    assert (rows[1][0], rows[1][-1]) == ("gone", f"{modules[1]} (missing)")
    assert f"foo: {path}:{_line(path, '# BEGIN: foo')}: changed by hand" in done.out
    assert f"bar-one: {served / 'Procfile'}: missing" in done.out
    listed = {each["name"]: each for each in dmb("workspace", "list", "--workspace", served, "--json").json["modules"]}
    assert (listed["gone"]["path_exists"], listed["foo"]["path_exists"]) == (False, True)


def _line(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_the_list_of_an_empty_workspace(dmb: Dmb, workspace: Path) -> None:
    done = dmb("workspace", "list", "--workspace", workspace)
    assert (done.code, done.out, "has no modules yet" in done.err) == (0, "", True)
    assert dmb("workspace", "list", "--workspace", workspace, "--json").json["modules"] == []
