"""A workspace that runs: a real webserver is asked, reloaded, and told about with what is wrong."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from dagster import DagsterEvent, DagsterInstance
from dagster._core.workspace.load import location_origins_from_config
from dotenv import dotenv_values

from dmb.layout import find
from dmb.workspace.live import runs
from dmb.workspace.live.inspection import location_lines
from dmb.workspace.runtimes.python_environment import find_uv
from tests.support.command import Dmb
from tests.support.databases import unavailable
from tests.support.free_ports import free_port
from tests.support.modules import isolated, make_module, make_runnable_module
from tests.support.paths import BIN
from tests.support.servers import PATIENCE, code_server, run_job, running, wait_for_locations

if TYPE_CHECKING:
    pass

OLDER = ("dagster==1.12.22", "dagster-webserver==1.12.22", "dagster-postgres==0.28.22")


@pytest.fixture
def live(dmb: Dmb, tmp_path: Path) -> Path:
    """A workspace with three modules, one of them broken, and three locations that were written by hand."""
    workspace = tmp_path / "ws"
    assert dmb("workspace", "init", workspace, "--no-install").code == 0
    (workspace / ".venv").symlink_to(sys.prefix)
    modules = [make_runnable_module(tmp_path, name) for name in ("bar-one", "bar-two", "bad")]
    (modules[2] / "bad_dagster" / "definitions.py").write_text("import no_such_library\n")
    assert dmb("workspace", "add", *modules, "--workspace", workspace, "--no-install").code == 0
    return workspace


@pytest.mark.end_to_end
def test_a_running_workspace_is_judged_and_reloaded(dmb: Dmb, live: Path, tmp_path: Path) -> None:
    port, grpc = free_port(), free_port()
    hand = make_runnable_module(tmp_path / "by-hand", "hand")
    # It defines what bar-one defines too.
    (hand / "repo.py").write_text('import dagster as dg\n\n@dg.asset(name="bar_one_dagster_seen")\ndef again(): ...\n')
    yaml = live / "workspace.yaml"
    yaml.write_text(
        yaml.read_text()
        + f"  - python_file: {{relative_path: {hand}/repo.py, location_name: file}}\n"
        + f"  - grpc_server: {{host: 127.0.0.1, port: {grpc}, location_name: hand}}\n"
        + f"  - grpc_server: {{host: localhost, port: {free_port()}, location_name: dead}}\n"
    )
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    assert dmb("workspace", "validate", "--workspace", live, "--live", url).code == 2  # it does not run yet
    command = f"cd {live} && exec {BIN}/dagster-webserver -h 127.0.0.1 -p {port} -w workspace.yaml"
    with code_server("hand_dagster", hand, grpc, tmp_path / "hand.log"), running(command, log) as process:
        wait_for_locations(port, {"bar-one", "bar-two", "file", "hand"}, process, log)

        done = dmb("workspace", "validate", "--workspace", live, "--live", url, "--json")
        assert done.code == 1, done.err
        assert done.json["schema"] == "dmb.findings/1"
        found = {(each["rule"], each["subject"]): each for each in done.json["findings"]}
        assert set(found) == {("WSP051", "bad"), ("WSP051", "dead"), ("WSP054", "file"), ("WSP056", "dead")}
        assert "No module named 'no_such_library'" in found["WSP051", "bad"]["message"]
        assert yaml.read_text().splitlines()[found["WSP051", "bad"]["line"] - 1].strip() == "- python_module:"
        assert "bar_one_dagster_seen" in found["WSP054", "file"]["message"]
        assert "bar-one" in found["WSP054", "file"]["message"]
        loaded = {each["name"]: each["loaded"] for each in done.json["live"]["locations"]}
        assert loaded == {"bar-one": True, "bar-two": True, "file": True, "hand": True, "bad": False, "dead": False}

        # Two more come in without a restart; a broken one is named again.
        new = [make_runnable_module(tmp_path, name) for name in ("new-one", "new-two")]
        done = dmb("workspace", "add", *new, "--workspace", live, "--no-install", "--reload", url)
        assert done.code == 1
        assert "new-one: loaded, Dagster 1." in done.out
        assert "bad: error: ModuleNotFoundError: No module named 'no_such_library'" in done.out
        wait_for_locations(port, {"bar-one", "bar-two", "file", "hand", "new-one", "new-two"}, process, log)

        # And one goes.
        done = dmb("workspace", "remove", "new-one", "--workspace", live, "--yes", "--reload", url, "--json")
        assert done.code == 1  # because of the two that do not load
        assert {each["name"] for each in done.json["reloaded"]["locations"]} == {*loaded, "new-two"}

        # A second server on the port of the first: nothing fails, and calls go to either.
        other = make_runnable_module(tmp_path / "by-hand", "other")
        with code_server("other_dagster", other, grpc, tmp_path / "other.log"):
            done = dmb("workspace", "validate", "--workspace", live, "--live", url, "--json")
        (shared,) = [each for each in done.json["findings"] if each["rule"] == "WSP058"]
        assert shared["subject"] == "hand"
        assert "hand_dagster.definitions, other_dagster.definitions" in shared["message"]


@pytest.mark.slow
def test_a_code_server_of_another_module(dmb: Dmb, served: Path, tmp_path: Path) -> None:
    (served / ".venv").symlink_to(sys.prefix)
    mine, other = make_runnable_module(tmp_path, "bar-one"), make_runnable_module(tmp_path, "other")
    done = dmb("workspace", "add", mine, "--workspace", served, "--no-install", "--json")
    grpc, port, log = done.json["modules"][0]["ports"]["grpc"], free_port(), tmp_path / "log"
    command = f"cd {served} && exec {BIN}/dagster-webserver -h 127.0.0.1 -p {port} -w workspace.yaml"
    with code_server("other_dagster", other, grpc, tmp_path / "grpc.log"), running(command, log) as process:
        wait_for_locations(port, {"bar-one"}, process, log)  # all is well, says Dagster
        done = dmb("workspace", "validate", "--workspace", served, "--live", f"http://127.0.0.1:{port}", "--json")
        assert done.code == 1
        (found,) = done.json["findings"]
        assert (found["rule"], found["subject"]) == ("WSP057", "bar-one")
        assert f"127.0.0.1:{grpc} serves other_dagster.definitions, and bar-one is bar_one_dagster" in found["message"]
        told = dmb("workspace", "validate", "--workspace", served, "--live", f"http://127.0.0.1:{port}").out
        line = (served / "workspace.yaml").read_text().splitlines().index("  - grpc_server:") + 1
        assert f"workspace.yaml:{line}: error WSP057: " in told
        with code_server("bar_one_dagster", mine, grpc, tmp_path / "second.log"):
            done = dmb("workspace", "validate", "--workspace", served, "--live", f"http://127.0.0.1:{port}", "--json")
        assert {each["rule"] for each in done.json["findings"]} == {"WSP057", "WSP058"}


@pytest.mark.slow
def test_a_queue_without_a_daemon_and_a_run_that_nobody_executes(
    dmb: Dmb, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "FIRST_HEARTBEAT_SECONDS", 1)
    (served / ".venv").symlink_to(sys.prefix)
    mine = make_runnable_module(tmp_path, "bar-one")
    manifest = mine / "pyproject.toml"  # a port of its own: tests run side by side
    manifest.write_text(manifest.read_text().replace("grpc = 4001", f"grpc = {free_port()}"))
    done = dmb("workspace", "add", mine, "--workspace", served, "--no-install", "--json")
    grpc, port, log = done.json["modules"][0]["ports"]["grpc"], free_port(), tmp_path / "log"
    url = f"http://127.0.0.1:{port}"
    command = f"cd {served} && exec {BIN}/dagster-webserver -h 127.0.0.1 -p {port} -w workspace.yaml"
    with code_server("bar_one_dagster", mine, grpc, tmp_path / "grpc.log"), running(command, log) as process:
        wait_for_locations(port, {"bar-one"}, process, log)
        run = run_job(port, "bar-one", "bar_one_dagster_seen")
        (found,) = dmb("workspace", "validate", "--workspace", served, "--live", url, "--json").json["findings"]
        assert (found["rule"], f"the run {run[:8]} (__ASSET_JOB, QUEUED) waits" in found["message"]) == ("WSP060", True)
        assert "start it: dmb workspace up; or end it: curl" in found["remedy"]
        # As a code server that was killed leaves it.
        for key, value in dotenv_values(served / ".env").items():
            monkeypatch.setenv(key, value or "")
        with DagsterInstance.get() as instance:
            instance.report_dagster_event(DagsterEvent("PIPELINE_START", "__ASSET_JOB"), run)
        (found,) = dmb("workspace", "validate", "--workspace", served, "--live", url, "--json").json["findings"]
        assert (found["rule"], found["subject"], found["line"] > 0) == ("WSP059", "bar-one", True)
        assert f"no process executes the run {run[:8]} (__ASSET_JOB, STARTED)" in found["message"]
        _, _, end = str(found["remedy"]).partition("end it: ")
        subprocess.run(["/bin/sh", "-c", end], check=True, capture_output=True, timeout=60)
        assert dmb("workspace", "validate", "--workspace", served, "--live", url).out.endswith("no findings\n")


DOCKER = """\
#!{python}
# Where `docker compose exec` would run its command in the webserver's container, run it here.
import os, sys
words = sys.argv[1:]
assert words[:6] == ["compose", "--file", words[2], "exec", "-T", "dagster-webserver"], words
os.execvp(words[6], words[6:])
"""


@pytest.mark.slow
def test_code_servers_in_containers_are_asked_from_the_webservers(
    dmb: Dmb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, grpc, port, log = tmp_path / "ws", free_port(), free_port(), tmp_path / "log"
    assert dmb("workspace", "init", root, "--runtime", "docker").code == 0
    mine, other = isolated(tmp_path), make_runnable_module(tmp_path, "other")
    item = mine / "workspace" / "local" / "workspace.yaml"
    item.write_text(item.read_text().replace("host: bar-one", "host: 127.0.0.1").replace("4000", str(grpc)))
    assert dmb("workspace", "add", mine, "--workspace", root).code == 0
    url = f"http://127.0.0.1:{port}"
    shim = tmp_path / "bin" / "docker"
    shim.parent.mkdir()
    command = f"cd {root} && exec {BIN}/dagster-webserver -h 127.0.0.1 -p {port} -w home/workspace.yaml"
    with code_server("other_dagster", other, grpc, tmp_path / "grpc.log"), running(command, log) as process:
        wait_for_locations(port, {"bar-one"}, process, log)
        monkeypatch.setenv("PATH", str(shim.parent))
        done = dmb("workspace", "validate", "--workspace", root, "--live", url, "--json")
        (note,) = done.json["live"]["notes"]
        assert "were not checked: " in note
        assert "docker" in note
        shim.write_text(DOCKER.format(python=sys.executable))
        shim.chmod(0o755)
        monkeypatch.setenv("PATH", f"{shim.parent}:{BIN}")
        done = dmb("workspace", "validate", "--workspace", root, "--live", url, "--json")
    assert done.json["live"]["notes"] == []
    (found,) = [each for each in done.json["findings"] if each["rule"] > "WSP050"]
    assert (found["rule"], found["subject"]) == ("WSP057", "bar-one")
    assert "serves other_dagster.definitions, and bar-one is bar_one_dagster" in found["message"]


@pytest.mark.slow
def test_sync_has_a_webserver_take_it_in(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    (workspace / ".venv").symlink_to(sys.prefix)
    port, log, projects = free_port(), tmp_path / "log", tmp_path / "projects"
    url = f"http://127.0.0.1:{port}"
    code = make_runnable_module(projects, "bad") / "bad_dagster" / "definitions.py"
    code.write_text("import no_such_library\n")
    make_runnable_module(projects, "gone")
    words = ("workspace", "sync", projects, "--workspace", workspace, "--no-install", "--reload", url)
    done = dmb(*words, "--dry-run")
    assert (done.code, "+  # BEGIN: gone" in done.out) == (0, True)  # nothing is asked
    done = dmb(*words)
    assert (done.code, "Not reloaded: " in done.err, "gone: added" in done.out) == (2, True, True)
    command = f"cd {workspace} && exec {BIN}/dagster-webserver -h 127.0.0.1 -p {port} -w workspace.yaml"
    with running(command, log) as process:
        wait_for_locations(port, {"gone"}, process, log)
        (projects / "gone").rename(tmp_path / "gone")
        make_runnable_module(projects, "new")
        done = dmb(*words, "--prune")
        assert done.code == 1  # because of the one that does not load
        assert "new: loaded, Dagster 1." in done.out
        assert "bad: error: ModuleNotFoundError" in done.out
        assert "gone: its folder is missing; removed" in done.err
        wait_for_locations(port, {"new"}, process, log)
        code.write_text("import dagster as dg\n\ndefs = dg.Definitions()\n")
        done = dmb(*words, "--json")
        assert (done.code, {module["status"] for module in done.json["modules"]}) == (0, {"unchanged"})
        assert {each["name"]: each["loaded"] for each in done.json["reloaded"]["locations"]} == {
            "bad": True,
            "new": True,
        }


@pytest.mark.parametrize(
    "item",
    [
        "grpc_server: {host: h, port: 4000}",
        "grpc_server: {port: 4000}",
        "grpc_server: {host: h, socket: /s}",
        "grpc_server: {host: h, port: 4000, location_name: x y}",
        "python_file: b/a.py",
        "python_file: {relative_path: b/a.py}",
        "python_file: {relative_path: a.py, attribute: defs}",
        "python_file: {relative_path: a.py, attribute: defs, location_name: n}",
        "python_module: m.n",
        "python_module: {module_name: m, attribute: defs}",
        "python_package: p",
        "python_package: {package_name: p, attribute: x}",
    ],
)
def test_locations_are_known_by_the_names_that_dagster_gives_them(dmb: Dmb, workspace: Path, item: str) -> None:
    file = workspace / "workspace.yaml"
    file.write_text(f"# one\nload_from:\n- {item}\n")
    (named,) = location_origins_from_config(yaml.safe_load(file.read_text()), str(file))
    assert location_lines(find(workspace)) == {named: 3}


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "hello",
        '{"data": null}',
        '{"data": {}}',
        '{"data": {"version": null, "workspaceOrError": null, "reloadWorkspace": null}}',
        '{"data": {"version": "1", "workspaceOrError": {"__typename": "Workspace", "locationEntries": [{}]}}}',
    ],
)
def test_what_answers_and_is_no_webserver(dmb: Dmb, workspace: Path, tmp_path: Path, answer: str) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        new = make_runnable_module(tmp_path, "bar-one")
        try:
            asked = dmb("workspace", "validate", "--workspace", workspace, "--live", url)
            added = dmb("workspace", "add", new, "--workspace", workspace, "--no-install", "--reload", url)
        finally:
            server.shutdown()
            thread.join()
    assert (asked.code, url in asked.err, "\n  -> " in asked.err) == (2, True, True)
    assert (added.code, f"Not reloaded: {url}" in added.err, "bar-one: added" in added.out) == (2, True, True)


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with an older Dagster than the tests' own."""
    folder = tmp_path_factory.mktemp("older") / "venv"
    commands: list[list[str]] = [
        ["venv", "--python", sys.executable, str(folder)],
        ["pip", "install", "--python", str(folder), *OLDER],
    ]
    for command in commands:
        done = subprocess.run([str(find_uv()), *command], capture_output=True, text=True, check=False)
        if done.returncode:
            unavailable(f"an older Dagster cannot be installed: {done.stderr}")
    return folder


@pytest.mark.end_to_end
def test_libraries_that_are_newer_than_the_webservers(dmb: Dmb, tmp_path: Path, older: Path) -> None:
    workspace, port, log = tmp_path / "ws", free_port(), tmp_path / "log"
    assert dmb("workspace", "init", workspace, "--no-install").code == 0
    (workspace / ".venv").symlink_to(older)
    newer = make_runnable_module(tmp_path, "bar-one")
    code = newer / "bar_one_dagster" / "definitions.py"
    code.write_text("import dagster_postgres  # noqa: F401\n" + code.read_text())
    same = make_module(tmp_path, "same")
    (same / ".venv").symlink_to(older)
    assert dmb("workspace", "add", newer, same, "--workspace", workspace, "--no-install").code == 0
    url = f"http://127.0.0.1:{port}"
    command = f"cd {workspace} && exec {older}/bin/dagster-webserver -h 127.0.0.1 -p {port} -w workspace.yaml"
    with running(command, log) as process:
        wait_for_locations(port, {"bar-one", "same"}, process, log)
        done = dmb("workspace", "validate", "--workspace", workspace, "--live", url, "--json")
        assert done.code == 0, done.err  # a warning
        assert done.json["live"]["version"] == "1.12.22"
        (found,) = [each for each in done.json["findings"] if each["rule"] == "WSP055"]
        assert (found["subject"], found["severity"]) == ("bar-one", "warning")
        assert f"bar-one has dagster {version('dagster')}, dagster-postgres {version('dagster-postgres')}" in str(
            found["message"]
        )
        assert "the webserver has dagster 1.12.22, dagster-postgres 0.28.22" in found["message"]
        # Where the webserver's own environment is not known, its own version is.
        (workspace / ".venv").unlink()
        done = dmb("workspace", "validate", "--workspace", workspace, "--live", url, "--json")
        (found,) = [each for each in done.json["findings"] if each["rule"] == "WSP055"]
        assert str(found["message"]).endswith("and the webserver has dagster 1.12.22")


@pytest.mark.end_to_end
def test_up_starts_the_workspace_tells_what_loads_and_stops_all_of_it(dmb: Dmb, live: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = f"exec {sys.executable} -m dmb workspace up --workspace {live} --port {port}"
    with running(command, log) as process:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and "Ctrl-C stops it" not in log.read_text() and process.poll() is None:
            time.sleep(0.3)
        told = log.read_text()
        assert "bar-one: loaded" in told, told[-4000:]
        assert "error WSP051: bad does not load: ModuleNotFoundError" in told
        # What it starts here is plain `dagster dev`, which does not read the workspace's own file again.
        url, new = f"http://127.0.0.1:{port}", make_runnable_module(tmp_path, "new-one")
        done = dmb("workspace", "add", new, "--workspace", live, "--no-install", "--reload", url)
        assert done.code == 1
        assert "new-one: not loaded" in done.out
        assert ("reads a copy made when it started" in done.err, "The daemon reads" in done.err) == (True, False)
    assert process.returncode == 0, log.read_text()[-3000:]
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(live) not in left
