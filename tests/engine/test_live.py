"""What dmb says of a running workspace of containers, and does to it: one workspace, tests in this order."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from dmb.databases import SERVERS
from dmb.workspace.changes.init import init_docker
from tests.support.command import Dmb, run_dmb
from tests.support.engine import ENVIRONMENT, ComposeProject, Webserver, docker, removed_afterwards, wait_until
from tests.support.free_ports import free_port

PLATFORM = ("dagster-webserver", "dagster-daemon")
CONFIG = {"ops": {"rest": {"config": {"seconds": 600}}}}
SLOW = """\
import time

import dagster as dg


@dg.op(config_schema={"seconds": int})
def rest(context) -> None:
    for _ in range(context.op_config["seconds"]):
        time.sleep(1)


@dg.job(executor_def=dg.in_process_executor)
def slow():
    rest()
"""


@pytest.fixture(autouse=True)
def client(dmb: Dmb, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's docker for dmb too, and Compose where it is although `dmb` has another HOME."""
    monkeypatch.setenv("PATH", ENVIRONMENT["PATH"])
    monkeypatch.setenv("DOCKER_CONFIG", ENVIRONMENT.get("DOCKER_CONFIG", f"{ENVIRONMENT['HOME']}/.docker"))


def new_module(folder: Path, name: str, database: str) -> Path:
    """A module with a job that takes its time, and its image."""
    run_dmb("new", name, "--output-dir", folder, "--database", database, "--no-input", cwd=folder)
    package = f"{name.replace('-', '_')}_dagster"
    (folder / name / "src" / package / "defs" / "slow.py").write_text(SLOW)
    docker("build", "--quiet", "--tag", f"{name}:0.1.0", folder / name)
    return folder / name


def free_ports(env: Path) -> None:
    """Ports that nobody has now: others may have started workspaces since these were chosen."""
    env.write_text(re.sub(r"(?m)_PORT=\d+$", lambda _: f"_PORT={free_port()}", env.read_text()))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeProject]:
    """A workspace with a container for each run, and a module on PostgreSQL in it, running."""
    folder = tmp_path_factory.mktemp("engine") / "dmb-test-live"
    init_docker(folder, run_launcher="docker", dry_run=False)
    module = new_module(folder.parent, "live-pg", "postgresql")
    run_dmb("workspace", "add", module, "--workspace", folder, cwd=folder)
    docker("build", "--quiet", "--tag", f"{folder.name}-dagster", folder)
    free_ports(folder / ".env")
    with removed_afterwards(ComposeProject(folder)) as project:
        project.compose("up", "--detach")
        project.healthy("dagster-webserver", "live-pg", "live-pg-db")
        yield project
        for run in docker("ps", "--quiet", "--filter", f"network={folder.name}_dagster").split():
            docker("kill", run, expect=None)


@pytest.fixture
def webserver(project: ComposeProject) -> Webserver:
    return Webserver(int(project.compose("port", "dagster-webserver", "3000").rpartition(":")[2]))


class Judge:
    """`validate --live`, asked for what only a running workspace shows."""

    def __init__(self, dmb: Dmb, project: ComposeProject, webserver: Webserver) -> None:
        self.dmb, self.folder, self.url = dmb, project.folder, f"http://127.0.0.1:{webserver.port}"

    def ask(self) -> dict[str, dict[str, Any]]:
        """The findings by rule, and what else is known under "live"."""
        done = self.dmb("workspace", "validate", "--workspace", self.folder, "--live", self.url, "--json")
        findings = {each["rule"]: each for each in done.json["findings"] if each["rule"] >= "WSP050"}
        assert len(findings) == len([each for each in done.json["findings"] if each["rule"] >= "WSP050"])
        assert done.json["live"]["notes"] == []
        return {**findings, "live": done.json["live"]}

    def rules(self) -> list[str]:
        return sorted(set(self.ask()) - {"live"})


@pytest.fixture
def judge(dmb: Dmb, project: ComposeProject, webserver: Webserver) -> Judge:
    return Judge(dmb, project, webserver)


def obey(remedy: str, at: str) -> None:
    """Run the command that a remedy has behind these words, as a person would."""
    _, _, command = remedy.partition(at)
    assert command, remedy
    shell(command.split("; or ")[0])


def shell(command: str) -> None:
    subprocess.run(["/bin/sh", "-e", "-c", command], env=ENVIRONMENT, check=True, timeout=120)


def started(webserver: Webserver) -> str:
    run = webserver.launch("live-pg", "slow", **CONFIG)
    wait_until("the run has started", lambda: webserver.status(run) == "STARTED")
    return run


def test_a_run_whose_container_is_gone(judge: Judge, webserver: Webserver) -> None:
    run = webserver.launch("live-pg", "slow", **CONFIG)
    assert judge.rules() == []  # it is about to start
    wait_until("the run has started", lambda: webserver.status(run) == "STARTED")
    assert judge.rules() == []
    docker("kill", docker("ps", "--quiet", "--filter", f"label=dagster/run_id={run}").strip())
    finding = judge.ask()["WSP059"]
    assert (finding["subject"], finding["severity"], finding["path"]) == ("live-pg", "error", "home/workspace.yaml")
    assert f"no process executes the run {run[:8]} (slow, STARTED)" in finding["message"]
    obey(finding["remedy"], "end it: ")
    assert (webserver.status(run), judge.rules()) == ("CANCELED", [])


def test_a_queue_without_a_daemon(judge: Judge, webserver: Webserver, project: ComposeProject) -> None:
    project.compose("kill", "dagster-daemon")
    runs = [webserver.launch("live-pg", "slow", **CONFIG) for _ in range(2)]
    finding = judge.ask()["WSP060"]
    assert f"2 runs ({runs[1][:8]} (slow, QUEUED), {runs[0][:8]} (slow, QUEUED)) wait for it" in finding["message"]
    obey(finding["remedy"], "end them: ")
    assert {webserver.status(run) for run in runs} == {"CANCELED"}
    assert judge.rules() == []  # nothing waits
    run = webserver.launch("live-pg", "slow", **CONFIG)
    obey(judge.ask()["WSP060"]["remedy"], "start it: ")
    assert judge.rules() == []  # it is about to take it up
    wait_until("the run has started", lambda: webserver.status(run) == "STARTED")
    docker("kill", docker("ps", "--quiet", "--filter", f"label=dagster/run_id={run}").strip())
    obey(judge.ask()["WSP059"]["remedy"], "end it: ")


def test_a_code_server_that_was_killed_with_a_run_in_it(
    judge: Judge, webserver: Webserver, project: ComposeProject, dmb: Dmb
) -> None:
    instance = project.folder / "home" / "dagster.yaml"
    before = instance.read_text()
    assert "run_launcher:" in before
    instance.write_text(before.partition("run_launcher:")[0])
    project.compose("up", "--detach", "--force-recreate", "--no-deps", "--timeout", "2", *PLATFORM)
    webserver.wait_for("live-pg")
    runs = [started(webserver), started(webserver)]
    assert judge.rules() == []
    project.compose("kill", "live-pg")
    found = judge.ask()
    assert set(found) - {"WSP051", "live"} == {"WSP056", "WSP059"}  # the webserver may not know yet that it is gone
    assert f"no process executes 2 runs ({runs[1][:8]} (slow, STARTED)" in found["WSP059"]["message"]
    assert "Started execution of step" in found["live"]["logs"]["live-pg"][-1]
    remedy = found["WSP056"]["remedy"]
    assert "its log ends with: " in remedy
    assert f"cd {project.folder} && docker compose logs --tail 100 live-pg" in remedy
    assert all(text.isprintable() and "[32m" not in text for text in found["live"]["logs"]["live-pg"])
    obey(remedy, "start it: ")
    assert "WSP059" in judge.rules()  # also while it starts
    project.healthy("live-pg")
    webserver.wait_for("live-pg")
    assert judge.rules() == ["WSP059"]
    again = started(webserver)
    finding = judge.ask()["WSP059"]
    assert again[:8] not in finding["message"]
    obey(finding["remedy"], "end them: ")
    assert judge.rules() == []
    assert [webserver.status(run) for run in (*runs, again)] == ["CANCELED", "CANCELED", "STARTED"]
    instance.write_text(before)
    project.compose("kill", "live-pg")
    obey(judge.ask()["WSP059"]["remedy"], "end it: ")
    project.compose("up", "--detach", "--no-deps", "live-pg")
    project.healthy("live-pg")
    webserver.wait_for("live-pg")


def test_a_module_that_is_added_comes_in_when_its_container_runs(
    judge: Judge, webserver: Webserver, project: ComposeProject, dmb: Dmb
) -> None:
    module = new_module(project.folder.parent, "live-my", "mysql")
    env = project.folder / ".env"
    done = dmb("workspace", "add", module, "--workspace", project.folder, "--reload", judge.url)
    assert done.code == 0, done
    assert "live-my: its container is not there yet; it comes in by itself" in done.out
    assert "live-pg: loaded" in done.out
    assert f"dmb workspace build live-my --workspace {project.folder}" in done.out
    # The webserver stays as it is, and takes it in.
    env.write_text(re.sub(r"(?m)^LIVE_MY_DB_PORT=\d+$", f"LIVE_MY_DB_PORT={free_port()}", env.read_text()))
    project.compose("up", "--detach", "--no-deps", "live-my-db", "live-my")
    webserver.wait_for("live-my", "live-pg")
    project.healthy("live-my-db")


def logs_in(project: ComposeProject, name: str, kind: str, password: str) -> bool:
    """Whether the module's user may log in with a password, by the address that other containers have too."""
    client = {
        "postgresql": 'exec psql --host="$(hostname -i)" --username="$POSTGRES_USER" --command="" "$POSTGRES_DB"',
        "mysql": 'exec mysql --host="$(hostname -i)" --user="$MYSQL_USER" --execute=""',
    }[kind]
    variable = f"{SERVERS[kind].password_variable}={password}"
    words = ["docker", "compose", "exec", "-T", "-e", variable, f"{name}-db", "sh", "-c", client]
    done = subprocess.run(words, cwd=project.folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or SERVERS[kind].refused in done.stderr, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize(("name", "kind"), [("live-pg", "postgresql"), ("live-my", "mysql")])
def test_a_new_password_is_on_the_server_and_nobody_is_locked_out(
    project: ComposeProject, dmb: Dmb, tmp_path: Path, name: str, kind: str
) -> None:
    folder, env = project.folder, project.folder / ".env"
    variable = f"{name.replace('-', '_').upper()}_DB_PASSWORD"
    old = str(dotenv_values(env)[variable])
    assert logs_in(project, name, kind, old)
    # Killed when the server has it, and .env not yet.
    killer = tmp_path / "bin" / "docker"
    killer.parent.mkdir()
    killer.write_text('#!/bin/sh\n/usr/bin/docker "$@" || exit\ncase "$*" in *" exec "*) kill -9 $PPID;; esac\n')
    killer.chmod(0o755)
    command = [sys.executable, "-m", "dmb", "workspace", "rotate", name, "--workspace", str(folder), "--yes"]
    environment = {**ENVIRONMENT, "PATH": f"{killer.parent}:{ENVIRONMENT['PATH']}"}
    before = env.read_bytes()
    killed = subprocess.run(command, env=environment, check=False, timeout=120, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed
    assert env.read_bytes() == before
    assert not logs_in(project, name, kind, old)
    for _ in range(2):  # it ends that one; and once more, with the containers as they are
        done = dmb("workspace", "rotate", name, "--workspace", folder, "--yes", "--json")
        assert (done.code, done.json["server_told"]) == (0, True), done.err
        new = str(dotenv_values(env)[variable])
        assert (logs_in(project, name, kind, new), logs_in(project, name, kind, old)) == (True, False)
        old = new
    project.compose("stop", f"{name}-db")
    before = env.read_bytes()
    done = dmb("workspace", "rotate", name, "--workspace", folder, "--yes")
    assert (done.code, env.read_bytes()) == (2, before)
    assert f"docker compose up --detach {name}-db" in done.err


def test_what_was_given_new_passwords_goes_on(project: ComposeProject, webserver: Webserver, judge: Judge) -> None:
    project.compose("up", "--detach")
    project.healthy("live-pg-db", "live-my-db", "live-pg", "live-my", "dagster-webserver")
    webserver.wait_for("live-pg", "live-my")
    for name in ("live-pg", "live-my"):
        run = webserver.launch(name, f"{name.replace('-', '_')}_make_tables")
        assert webserver.wait_for_run(run) == "SUCCESS"
    assert judge.rules() == []


def test_what_is_removed_is_stopped_by_what_is_printed(project: ComposeProject, webserver: Webserver, dmb: Dmb) -> None:
    done = dmb("workspace", "remove", "live-my", "--force", "--workspace", project.folder, "--yes", "--json")
    assert done.code == 0, done.err
    volumes = [f"{project.folder.name}_live-my-{name}" for name in ("storage", "db")]
    assert done.json["docker"] == {"live-my": {"image": "live-my:0.1.0", "volumes": volumes}}
    (stop,) = done.json["next"]
    assert "live-my" in project.services()
    shell(stop)
    assert {name for name in project.services() if name.startswith("live-my")} == set()
    webserver.wait_for("live-pg")
    assert docker("volume", "inspect", "--format", "{{.Name}}", *volumes).split() == volumes
    done = dmb("workspace", "remove", "live-pg", "--force", "--workspace", project.folder, "--yes", "--data")
    assert "the image of live-pg stays: docker image rm live-pg:0.1.0" in done.out
    obey(done.out, "Next:")
    assert not any(name.startswith("live-pg") for name in project.services())
    kept = docker("volume", "ls", "--quiet", "--filter", f"name={project.folder.name}_live").split()
    assert sorted(kept) == sorted(volumes)
    docker("volume", "rm", *volumes)


def test_containers_that_take_their_time_are_waited_for(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(
        "services:\n  slow:\n    image: python:3.12-slim-bookworm\n    stop_grace_period: 60s\n"
        "    command: [sh, -c, 'trap \"sleep 3; exit 0\" TERM; echo ready; while :; do sleep 0.1; done']\n"
    )
    code = (
        "import sys\nfrom pathlib import Path\nfrom dmb.workspace.live import up\n"
        "from dmb.layout import Layout\nup.PATIENCE = 1\n"
        "with up.running(Layout(Path('.').resolve()), up.Start(('docker', 'compose', 'up'), sys.argv[1])) as p:\n"
        "    try:\n        p.wait()\n    except KeyboardInterrupt:\n        pass\n"
    )
    with removed_afterwards(ComposeProject(tmp_path)) as project:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "http://127.0.0.1:9"],
            cwd=tmp_path,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout
            assert any("ready" in line for line in process.stdout)
            os.kill(process.pid, signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 0
        assert project.services()["slow"]["State"] == "exited"
        assert project.services()["slow"]["ExitCode"] == 0
