from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
import yaml
from dotenv import dotenv_values
from honcho.environ import parse, parse_procfile

from dmb.layout import Layout, find
from tests.support.command import Dmb
from tests.support.workspaces import contents

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"workspace.yaml", "dagster.yaml", ".env", "requirements.txt", ".gitignore"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_workspace_has_what_dagster_needs(workspace: Path) -> None:
    assert {name for name in contents(workspace) if not name.startswith(".dmb")} == FILES
    assert yaml.safe_load((workspace / "workspace.yaml").read_text()) == {"load_from": []}
    assert dict(dotenv_values(workspace / ".env")) == {
        "DAGSTER_HOME": str(workspace),
        "DAGSTER_STORAGE_PATH": str(workspace / "storage"),
    }
    instance = yaml.safe_load((workspace / "dagster.yaml").read_text())
    assert instance["telemetry"] == {"enabled": False}
    assert instance["storage"]["sqlite"]["base_dir"] == str(workspace / "instance")
    assert instance["compute_logs"]["config"]["base_dir"].startswith(str(workspace / "instance"))
    assert not (workspace / "Procfile").exists()


def test_what_may_hold_secrets_is_for_its_owner_alone(workspace: Path) -> None:
    assert mode(workspace / ".env") == 0o600
    assert mode(workspace / ".dmb") == 0o700
    assert mode(workspace / ".dmb" / "registry.json") == 0o600
    assert (workspace / ".dmb" / ".gitignore").read_text() == "*\n"
    assert ".env" in (workspace / ".gitignore").read_text().splitlines()


def test_code_servers_bring_a_procfile_and_honcho(served: Path) -> None:
    assert list(parse_procfile((served / "Procfile").read_text()).processes) == ["dagster"]
    assert "honcho" in (served / "requirements.txt").read_text()


def test_the_result_as_json(dmb: Dmb, tmp_path: Path) -> None:
    done = dmb("workspace", "init", tmp_path / "ws", "--no-install", "--json")
    assert (done.code, done.err) == (0, "")
    data = done.json
    assert data["schema"] == "dmb.workspace.init/1"
    assert (data["workspace"], data["runtime"], data["code_servers"]) == (str(tmp_path / "ws"), "local", False)
    assert (data["environment"], data["kept"], data["dry_run"]) == ("skipped", [], False)
    assert {entry["path"] for entry in data["files"]} >= {str(tmp_path / "ws" / name) for name in FILES}
    assert data["next"][-1] == f"cd {tmp_path / 'ws'} && .venv/bin/dagster dev -w workspace.yaml"


def test_a_second_time_changes_nothing(dmb: Dmb, workspace: Path) -> None:
    before = contents(workspace)
    done = dmb("workspace", "init", workspace, "--no-install", "--json")
    assert (done.code, done.json["files"]) == (0, [])
    assert contents(workspace) == before
    assert "unchanged" in dmb("workspace", "init", workspace, "--no-install").out


def test_a_file_that_is_gone_is_made_again(dmb: Dmb, workspace: Path) -> None:
    before = contents(workspace)
    (workspace / "dagster.yaml").unlink()
    assert "made dagster.yaml" in dmb("workspace", "init", workspace, "--no-install").out
    (workspace / "dagster.yaml").unlink()
    done = dmb("workspace", "init", workspace, "--no-install", "--json")
    assert [entry["path"] for entry in done.json["files"]] == [str(workspace / "dagster.yaml")]
    assert contents(workspace)["dagster.yaml"] == before["dagster.yaml"]


def test_files_of_people_stay_as_they_are(dmb: Dmb, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "workspace.yaml").write_bytes(b"# ours\r\nload_from:\r\n- python_file: a.py")
    env = f"TOKEN=s3cret\nDAGSTER_HOME={theirs}\nDAGSTER_STORAGE_PATH=/data\n".encode()
    (theirs / ".env").write_bytes(env)
    done = dmb("workspace", "init", theirs, "--no-install")
    assert done.code == 0
    assert (theirs / "workspace.yaml").read_bytes() == b"# ours\r\nload_from:\r\n- python_file: a.py"
    assert (theirs / ".env").read_bytes() == env
    assert "kept workspace.yaml" in done.out


def test_an_env_file_without_the_workspaces_variables_is_refused(dmb: Dmb, tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / ".env").write_text("TOKEN=s3cret\n")
    done = dmb("workspace", "init", tmp_path / "ws", "--no-install")
    assert done.code == 2
    assert f"DAGSTER_HOME={tmp_path / 'ws'}" in done.err
    assert "s3cret" not in done.err
    assert contents(tmp_path / "ws") == {".env": b"TOKEN=s3cret\n"}


def test_an_env_file_with_another_home_is_refused(dmb: Dmb, tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / ".env").write_text("# x\nDAGSTER_HOME=/elsewhere\nDAGSTER_STORAGE_PATH=/data\n")
    done = dmb("workspace", "init", tmp_path / "ws", "--no-install")
    assert (done.code, f"{tmp_path / 'ws' / '.env'}:2: DAGSTER_HOME" in done.err) == (2, True)
    assert [path.name for path in (tmp_path / "ws").iterdir()] == [".env"]


def test_a_dry_run_makes_nothing_and_shows_all(dmb: Dmb, tmp_path: Path) -> None:
    done = dmb("workspace", "init", tmp_path / "a" / "ws", "--code-servers", "--dry-run")
    assert done.code == 0
    assert "+++ b/workspace.yaml\n" in done.out
    assert "+load_from: []\n" in done.out
    assert not (tmp_path / "a").exists()


def test_another_kind_of_workspace_is_refused(dmb: Dmb, workspace: Path) -> None:
    done = dmb("workspace", "init", workspace, "--no-install", "--code-servers")
    assert done.code == 2
    assert "without --code-servers" in done.err


def test_a_folder_that_cannot_be_made_is_refused(dmb: Dmb, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = dmb("workspace", "init", tmp_path / "file" / "ws", "--no-install")
    assert done.code == 2
    assert "cannot be created" in done.err


@pytest.mark.parametrize("name", ["a\\b", "a\nb", "${HOME}", 'it\'s "x"', "a\u2028b"])
def test_a_folder_whose_name_cannot_be_written_down_is_refused(dmb: Dmb, tmp_path: Path, name: str) -> None:
    done = dmb("workspace", "init", tmp_path / name, "--no-install")
    assert done.code == 2
    assert "would be misread" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["with space", "ümläut 数据", "it's", "a#b", "$HOME", "100%", 'say "x"', "a`b", "-x"])
def test_every_reader_finds_the_same_folder(dmb: Dmb, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    assert dmb("workspace", "init", folder, "--no-install").code == 0
    text = (folder / ".env").read_text()
    assert dotenv_values(folder / ".env")["DAGSTER_HOME"] == str(folder)
    assert parse(text)["DAGSTER_HOME"] == str(folder)
    instance = yaml.safe_load((folder / "dagster.yaml").read_text())
    assert instance["storage"]["sqlite"]["base_dir"] == str(folder / "instance")


def test_a_workspace_is_found(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home" / "workspace" / "services" / "dagster"
    (home / ".dmb").mkdir(parents=True)
    (home / ".dmb" / "registry.json").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (workspace / "deep" / "er").mkdir(parents=True)
    assert find(start=tmp_path) == Layout(home)
    assert find(start=workspace / "deep" / "er") == Layout(workspace)
    monkeypatch.setenv("DMB_WORKSPACE", str(home))
    assert find(start=workspace) == Layout(home)
    assert find(workspace, start=home) == Layout(workspace)


def test_a_place_that_was_named_must_be_a_workspace(dmb: Dmb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = dmb("workspace", "add", tmp_path, "--workspace", tmp_path)
    assert (done.code, "not a workspace" in done.err) == (3, True)
    monkeypatch.setenv("DMB_WORKSPACE", str(tmp_path))
    done = dmb("workspace", "add", tmp_path)
    assert (done.code, "DMB_WORKSPACE" in done.err) == (3, True)
    monkeypatch.delenv("DMB_WORKSPACE")
    monkeypatch.chdir(tmp_path)
    done = dmb("workspace", "add", tmp_path)
    assert (done.code, "dmb workspace init" in done.err) == (3, True)
