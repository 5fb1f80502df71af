from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from honcho.environ import parse_procfile

from dmb.ports.tables import KINDS
from tests.support.command import Dmb
from tests.support.free_ports import free_port
from tests.support.modules import make_module
from tests.support.paths import ROOT
from tests.support.workspaces import contents


def locations(workspace: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((workspace / "workspace.yaml").read_text())["load_from"]
    return loaded


def registry(workspace: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((workspace / ".dmb" / "registry.json").read_text())
    return loaded


def test_a_module_becomes_an_entry(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path / "a b é", "bar-one", database="duckdb")
    done = dmb("workspace", "add", module, "--workspace", workspace, "--no-install")
    assert (done.code, done.err) == (0, "")
    assert locations(workspace) == [
        {
            "python_module": {
                "module_name": "bar_one_dagster.definitions",
                "attribute": "defs",
                "working_directory": str(module),
                "executable_path": str(module / ".venv" / "bin" / "python"),
                "location_name": "bar-one",
            }
        }
    ]
    text = (workspace / "workspace.yaml").read_text()
    assert "# BEGIN: bar-one\n" in text
    assert text.endswith("# END: bar-one\n")
    assert dotenv_values(workspace / ".env")["BAR_ONE_DUCKDB_PATH"] == str(workspace / "storage" / "bar-one.duckdb")
    entry = registry(workspace)["modules"]["bar-one"]
    assert (entry["path"], entry["package"], entry["ports"]) == (str(module), "bar_one_dagster", {})


def test_code_servers_bring_a_port_and_a_process(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    port = free_port()
    module = make_module(tmp_path / "with space", "bar-one", port=port)
    assert dmb("workspace", "add", module, "--workspace", served, "--no-install").code == 0
    assert locations(served) == [{"grpc_server": {"host": "127.0.0.1", "port": port, "location_name": "bar-one"}}]
    assert dotenv_values(served / ".env")["BAR_ONE_GRPC_PORT"] == str(port)
    assert registry(served)["modules"]["bar-one"]["ports"] == {"grpc": port}
    line = parse_procfile((served / "Procfile").read_text()).processes["bar-one"]
    words = shlex.split(line.partition("; done; ")[2])
    assert words[:3] == ["exec", str(module / ".venv" / "bin" / "python"), "-m"]
    assert words[words.index("--port") + 1] == str(port)
    assert words[words.index("--working-directory") + 1] == str(module)


def test_a_folder_for_credential_files_is_made_where_env_says(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    (workspace / "auth").rmdir()
    assert dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install").code == 0
    folder = workspace / "auth" / "bar-one"
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(folder.parent.stat().st_mode)) == (0o700, 0o700)
    assert dmb("workspace", "remove", "bar-one", "--workspace", workspace, "--yes").code == 0
    assert not folder.exists()
    env = workspace / ".env"
    env.write_text(f"{env.read_text()}# BEGIN: bar-one\nBAR_ONE_AUTH_DIR=/etc/bar-one\n# END: bar-one\n")
    assert dmb("workspace", "add", tmp_path / "bar-one", "--workspace", workspace, "--no-install").code == 0
    assert not folder.exists()


def test_the_result_as_json(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    port = free_port()
    module = make_module(tmp_path, port=port)
    done = dmb("workspace", "add", module, "--workspace", served, "--no-install", "--json")
    assert (done.code, done.err) == (0, "")
    data = done.json
    assert data["schema"] == "dmb.workspace.add/1"
    assert data["modules"] == [
        {
            "name": "bar-one",
            "location_name": "bar-one",
            "path": str(module),
            "status": "added",
            "ports": {"grpc": port},
            "preferred_ports": {"grpc": port},
            "environment": "skipped",
            "notes": [f"gRPC port {port}"],
        }
    ]
    files = {Path(entry["path"]).name: (entry["made"], entry["lines_added"]) for entry in data["files"]}
    assert files["Procfile"] == (False, 3)
    assert files[".env"] == (False, 4)
    assert data["next"][0].startswith(f"cd {module} && python3 -m venv")
    assert data["next"][-1] == f"cd {served} && .venv/bin/honcho start"


def test_a_second_time_changes_nothing(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    modules = [make_module(tmp_path, name, database="duckdb", port=free_port()) for name in ("bar-one", "foo")]
    assert dmb("workspace", "add", *modules, "--workspace", served, "--no-install").code == 0
    before = contents(served)
    done = dmb("workspace", "add", *modules, "--workspace", served, "--no-install", "--json")
    assert [module["status"] for module in done.json["modules"]] == ["unchanged", "unchanged"]
    assert done.json["files"] == []
    assert contents(served) == before
    assert "bar-one: unchanged" in dmb("workspace", "add", *modules, "--workspace", served, "--no-install").out


def test_a_module_that_is_named_twice_is_put_in_once(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path)
    done = dmb("workspace", "add", module, module / ".", "--workspace", workspace, "--no-install", "--json")
    assert [placed["name"] for placed in done.json["modules"]] == ["bar-one"]
    assert len(locations(workspace)) == 1


def test_what_to_do_while_it_runs_is_said(dmb: Dmb, served: Path, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path, port=free_port())
    told = {
        place: dmb("workspace", "add", module, "--workspace", place, "--no-install").out
        for place in (served, workspace)
    }
    assert ".venv/bin/honcho start bar-one" in told[served]
    assert "stop it and start it again" in told[workspace]
    assert "running" not in dmb("workspace", "add", module, "--workspace", served, "--no-install").out


def test_a_port_that_is_taken_is_passed_over_and_said_why(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    port = free_port()
    first, second = (make_module(tmp_path, name, port=port) for name in ("bar-one", "foo"))
    done = dmb("workspace", "add", first, second, "--workspace", served, "--no-install", "--json")
    given = {module["name"]: module for module in done.json["modules"]}
    assert given["bar-one"]["ports"] == {"grpc": port}
    assert given["foo"]["ports"]["grpc"] in KINDS["grpc"]
    assert f"the preferred port {port} is held by bar-one" in given["foo"]["notes"][0]


def test_a_port_that_a_person_wrote_into_the_block_is_taken(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    module = make_module(tmp_path, port=port)
    assert dmb("workspace", "add", module, "--workspace", served, "--no-install").code == 0
    env = (served / ".env").read_text().replace(str(port), str(other))
    (served / ".env").write_text(env)
    done = dmb("workspace", "add", module, "--workspace", served, "--no-install", "--json")
    assert done.json["modules"][0]["status"] == "changed"
    assert locations(served)[0]["grpc_server"]["port"] == other
    assert f"--port {other} " in parse_procfile((served / "Procfile").read_text()).processes["bar-one"]
    assert (served / ".env").read_text() == env
    (served / ".env").write_text(env.replace(str(other), "many"))
    before = contents(served)
    done = dmb("workspace", "add", module, "--workspace", served, "--no-install")
    assert (done.code, "BAR_ONE_GRPC_PORT is not a port number" in done.err) == (2, True)
    assert contents(served) == before


def test_what_changed_in_a_module_is_replaced_in_place(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    modules = [make_module(tmp_path, name) for name in ("bar-one", "foo")]
    assert dmb("workspace", "add", *modules, "--workspace", workspace, "--no-install").code == 0
    manifest = modules[0] / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace('location_name = "bar-one"', 'location_name = "Bar: 1"'))
    done = dmb("workspace", "add", modules[0], "--workspace", workspace, "--no-install", "--json")
    assert done.json["modules"][0]["status"] == "changed"
    assert [item["python_module"]["location_name"] for item in locations(workspace)] == ["Bar: 1", "foo"]


def test_a_module_that_moved_takes_its_place(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path)
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    moved = module.rename(tmp_path / "elsewhere")
    assert dmb("workspace", "add", moved, "--workspace", workspace, "--no-install").code == 0
    assert [item["python_module"]["working_directory"] for item in locations(workspace)] == [str(moved)]


def test_only_lines_of_ours_are_added(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    theirs = b"# ours\r\nload_from:\r\n- python_file: 'a.py'  # old\r\n\r\nother: {x: 1}"
    (workspace / "workspace.yaml").write_bytes(theirs)
    env = (workspace / ".env").read_bytes() + b"TOKEN='it # is'  # note"
    (workspace / ".env").write_bytes(env)
    module = make_module(tmp_path, database="duckdb")
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    for name, before in (("workspace.yaml", theirs), (".env", env)):
        after = (workspace / name).read_bytes()
        begin = after.index(b"# BEGIN: bar-one")
        end = after.index(b"# END: bar-one") + len(b"# END: bar-one")
        left, right = after[:begin].rstrip(b" \r\n"), after[end:].strip(b"\r\n")
        assert before.startswith(left)
        assert before.endswith(right)
        assert before[len(left) : len(before) - len(right)].strip() == b""


def test_a_dry_run_writes_nothing_and_shows_no_secret(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    with (served / ".env").open("a") as file:
        file.write("DB_PASSWORD=hunter2\n# old: hunter3\nKEY='-----\nhunter4\n-----'\n")
    port = free_port()
    module = make_module(tmp_path, port=port)
    before = contents(served)
    done = dmb("workspace", "add", module, "--workspace", served, "--dry-run")
    assert done.code == 0
    assert f"+BAR_ONE_GRPC_PORT={port}\n" in done.out
    assert "+bar-one: " in done.out
    assert "hunter" not in done.out
    assert contents(served) == before
    assert not (module / ".venv").exists()
    data = dmb("workspace", "add", module, "--workspace", served, "--dry-run", "--json")
    assert data.json["dry_run"] is True
    assert "hunter" not in data.out
    assert any("+load_from: # dmb was: []" in entry["diff"] for entry in data.json["files"])


def test_variables_that_all_modules_share_are_required_and_left_alone(
    dmb: Dmb, workspace: Path, tmp_path: Path
) -> None:
    module = make_module(tmp_path, requires=("API_TOKEN", "API_URL"))
    before = contents(workspace)
    done = dmb("workspace", "add", module, "--workspace", workspace, "--no-install")
    assert (done.code, "API_TOKEN, API_URL" in done.err) == (2, True)
    assert contents(workspace) == before
    with (workspace / ".env").open("a") as file:
        file.write("API_TOKEN=x\nAPI_URL=y\n")
    env = (workspace / ".env").read_bytes()
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    own = f"# BEGIN: bar-one\nBAR_ONE_AUTH_DIR={workspace / 'auth' / 'bar-one'}\n# END: bar-one\n"
    assert (workspace / ".env").read_bytes() == env + own.encode()


@pytest.mark.parametrize(
    ("name", "text", "cause", "line"),
    [
        ("workspace.yaml", "load_from: [\n", "not valid YAML", None),
        ("workspace.yaml", "load_from:\n- python_file: {relative_path: a.py, location_name: bar-one}\n", "bar-one", 2),
        (
            "workspace.yaml",
            "load_from:\n# BEGIN: bar-one\n- python_file: a.py\n# END: bar-one\n",
            "was not written by dmb",
            2,
        ),
        ("workspace.yaml", "load_from:\n# BEGIN: bar-one\n- python_file: a.py\n", "has no `# END", 2),
        ("workspace.yaml", "load_from: 3\n", "expected a list here", 1),
        ("workspace.yaml", "load_from: []\nload_from: []\n", "twice", 2),
        ("workspace.yaml", "\xff".encode("latin-1"), "not UTF-8", 1),
        ("Procfile", "# x\nbar-one: sleep 1\n", "the process bar-one already exists", 2),
        ("Procfile", "# END: bar-one\n", "has no `# BEGIN", 1),
        (".env", "BAR_ONE_DUCKDB_PATH=/x\n", "BAR_ONE_DUCKDB_PATH is already set", 1),
        (".env", "A='open\n", "quote", 1),
        (".dmb/registry.json", "{", "registry is broken", None),
        (".dmb/registry.json", '{"registry": 2}', "version 2", None),
        (".dmb/registry.json", '{"registry": 1, "runtime": "k8s", "modules": {}}', "runtime 'k8s'", None),
        (".dmb/registry.json", '{"registry": 1, "runtime": "local", "modules": {"x": 1}}', "is broken", None),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_is_written(
    dmb: Dmb, served: Path, tmp_path: Path, name: str, text: str | bytes, cause: str, line: int | None
) -> None:
    (served / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    module = make_module(tmp_path, database="duckdb", port=free_port())
    before = contents(served)
    done = dmb("workspace", "add", module, "--workspace", served)
    assert done.code == 2
    assert cause in done.err
    assert f"{served / name}{f':{line}' if line else ''}" in done.err
    assert "\n  -> " in done.err
    assert contents(served) == before
    assert not (module / ".venv").exists()


def test_a_block_that_a_person_changed_is_not_overwritten(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    module = make_module(tmp_path)
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    path = workspace / "workspace.yaml"
    written = path.read_text()
    path.write_text(written.replace("attribute: defs", "attribute: other"))
    before = contents(workspace)
    done = dmb("workspace", "add", module, "--workspace", workspace, "--no-install")
    assert (done.code, "changed by hand" in done.err, f"{path}:3" in done.err) == (2, True, True)
    assert contents(workspace) == before
    begin, end = written.index("  # BEGIN"), written.index("# END: bar-one\n") + len("# END: bar-one\n")
    gone = written[:begin] + "  []\n" + written[end:]
    for text, options in ((gone, ()), (path.read_text(), ("--force",))):
        path.write_text(text)
        done = dmb("workspace", "add", module, "--workspace", workspace, "--no-install", *options)
        assert (done.code, "bar-one: updated" in done.out) == (0, True)
        assert locations(workspace)[0]["python_module"]["attribute"] == "defs"
    assert "bar-one: unchanged" in dmb("workspace", "add", module, "--workspace", workspace, "--no-install").out


def test_a_module_is_refused_with_all_that_came_with_it(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    good, twin = make_module(tmp_path), make_module(tmp_path / "b")
    broken = make_module(tmp_path, "foo")
    (broken / "pyproject.toml").write_text("[tool.dmb\n")
    same_location = make_module(tmp_path, "foo-two", location="bar-one")
    before = contents(workspace)
    for other, code, cause in (
        (tmp_path / "nowhere", 3, "no such folder"),
        (tmp_path, 3, "not a module"),
        (broken, 2, "pyproject.toml:1: broken TOML"),
        (twin, 2, "two modules are named bar-one"),
        (same_location, 2, "same code_location_name"),
    ):
        done = dmb("workspace", "add", good, other, "--workspace", workspace, "--no-install")
        assert (done.code, cause in done.err, done.out) == (code, True, ""), done.err
        assert contents(workspace) == before


def test_a_name_that_another_folder_has_is_refused(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    assert dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install").code == 0
    before = contents(workspace)
    done = dmb("workspace", "add", make_module(tmp_path / "b"), "--workspace", workspace, "--no-install")
    assert (done.code, "already has a module bar-one" in done.err) == (2, True)
    assert contents(workspace) == before


def test_a_location_in_another_modules_block_is_refused(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    assert dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install").code == 0
    other = make_module(tmp_path, "foo", location="bar-one")
    done = dmb("workspace", "add", other, "--workspace", workspace, "--no-install")
    assert (done.code, "in the block of bar-one" in done.err) == (2, True)


def test_a_file_that_cannot_be_written_is_refused(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    workspace.chmod(0o500)
    try:
        if os.access(workspace, os.W_OK):
            pytest.skip("this user may write everywhere")
        before = contents(workspace)
        done = dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install")
        assert done.code == 2
        assert contents(workspace) == before
    finally:
        workspace.chmod(0o700)


def test_a_file_that_is_a_folder_is_refused(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    (workspace / "workspace.yaml").unlink()
    (workspace / "workspace.yaml").mkdir()
    done = dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install")
    assert (done.code, str(workspace / "workspace.yaml") in done.err) == (2, True), done.err


def test_a_file_that_is_gone_is_told(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    (workspace / "workspace.yaml").unlink()
    done = dmb("workspace", "add", make_module(tmp_path), "--workspace", workspace, "--no-install")
    assert (done.code, "dmb workspace init" in done.err) == (3, True)


def test_many_at_once_are_all_present(served: Path, tmp_path: Path) -> None:
    port = free_port()
    modules = [make_module(tmp_path, f"m-{letter}", port=port) for letter in "abcdef"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dmb", "workspace", "add", module, "--workspace", served, "--no-install"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for module in modules
    ]
    for process in running:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output
    assert sorted(registry(served)["modules"]) == [module.name for module in modules]
    servers = [item["grpc_server"] for item in locations(served)]
    assert sorted(server["location_name"] for server in servers) == [module.name for module in modules]
    ports = {server["port"] for server in servers}
    assert len(ports) == len(modules)
    values = dotenv_values(served / ".env")
    assert {int(values[f"M_{letter}_GRPC_PORT"] or 0) for letter in "ABCDEF"} == ports
    assert {name for name in parse_procfile((served / "Procfile").read_text()).processes if name.startswith("m-")} == {
        module.name for module in modules
    }
