"""`dmb workspace up --dev` on a real engine: what is saved is served with no build, and runs go on meanwhile."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import run_dmb
from tests.support.engine import (
    ComposeProject,
    Webserver,
    container_workspace,
    docker,
    remove_images,
    removed_afterwards,
    wait_until,
)
from tests.support.paths import BIN

OWN = "dmb-test-dev-one"
JOB = """
import time
import dagster as dg

@dg.op
def waits_{name}():
    time.sleep({seconds})

@dg.job(executor_def=dg.in_process_executor)
def job_{name}():
    waits_{name}()
"""
JOBS = """query($selector: RepositorySelector!) { repositoryOrError(repositorySelector: $selector) {
  ... on Repository { jobs { name } } } }"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modules")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, modules: Path) -> Iterator[ComposeProject]:
    """A workspace with a module of its own image and one that shares the workspace's; built, not started."""
    folder = tmp_path_factory.mktemp("engine") / "dmb-test-dev"
    made = container_workspace(folder, modules, **{OWN: "isolated", "dmb-test-dev-shared": "shared"})
    with contextlib.ExitStack() as stack:
        stack.callback(remove_images, "dmb-test-dev-*", "dmb-context/dmb-test-dev-dagster/*")
        stack.enter_context(removed_afterwards(made))
        run_dmb("workspace", "build", cwd=folder)
        yield made


@pytest.fixture
def webserver(project: ComposeProject) -> Webserver:
    line = next(line for line in (project.folder / ".env").read_text().splitlines() if "WEBSERVER_PORT=" in line)
    return Webserver(int(line.partition("=")[2]))


@contextlib.contextmanager
def developing(project: ComposeProject, log: Path, *names: str) -> Iterator[None]:
    """`up --dev` while the block runs, stopped as by Ctrl-C."""
    words = [str(BIN / "dmb"), "workspace", "up", "--dev", *names, "--workspace", str(project.folder)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            words, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            wait_until(f"it watches:\n{log.read_text()}", lambda: "what is saved there is reloaded" in log.read_text())
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                code = process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert code == 0, log.read_text()


def jobs(webserver: Webserver, location: str) -> set[str]:
    selector = {"repositoryLocationName": location, "repositoryName": "__repository__"}
    repository = webserver.ask(JOBS, selector=selector)["repositoryOrError"]
    return {job["name"] for job in repository.get("jobs", [])}


def save(webserver: Webserver, module: Path, name: str, seconds: int = 0) -> float:
    """Save a job of that name in the module; after how many seconds it is served."""
    package = module.name.replace("-", "_") + "_dagster"
    start = time.monotonic()
    (module / "src" / package / "defs" / "saved.py").write_text(JOB.format(name=name, seconds=seconds))
    wait_until(f"job_{name} served", lambda: f"job_{name}" in jobs(webserver, module.name), 60, 0.25)
    return time.monotonic() - start


def test_what_is_saved_is_served_while_runs_go_on(
    project: ComposeProject, webserver: Webserver, modules: Path, tmp_path: Path
) -> None:
    own, shared = modules / OWN, modules / "dmb-test-dev-shared"
    before = {path: path.read_bytes() for path in (project.folder / "docker-compose.yml", project.folder / ".env")}
    with developing(project, tmp_path / "log"):
        webserver.wait_for(own.name, shared.name)
        took = [save(webserver, own, "first", seconds=20)]
        run = webserver.launch(own.name, "job_first")
        wait_until("the run started", lambda: webserver.status(run) == "STARTED")
        took.append(save(webserver, own, "second"))
        saved = own / "src" / f"{own.name.replace('-', '_')}_dagster" / "defs" / "saved.py"
        saved.write_text("def broken(:\n")
        error = wait_until("the error is served", lambda: webserver.locations()[own.name], 60)
        took += [save(webserver, own, "third"), save(webserver, shared, "fourth")]
        assert webserver.locations() == {own.name: "", shared.name: ""}
        assert webserver.wait_for_run(run) == "SUCCESS"
        (own / "uv.lock").write_text("")
        wait_until("the need of a build is said", lambda: f"dmb workspace build {own.name}" in log(tmp_path), 30)
        (own / "uv.lock").unlink()
    assert "SyntaxError" in log(tmp_path), error
    assert min(took) < 5, took
    assert {path: path.read_bytes() for path in before} == before
    assert not (project.folder / ".dmb" / "dev.compose.yml").exists()


def log(folder: Path) -> str:
    return (folder / "log").read_text()


def test_in_a_workspace_that_runs_only_the_module_is_replaced_and_then_put_back(
    project: ComposeProject, webserver: Webserver, modules: Path, tmp_path: Path
) -> None:
    project.compose("up", "--detach", "--no-build")
    webserver.wait_for(OWN)
    running = {name: service["ID"] for name, service in project.services().items()}
    with developing(project, tmp_path / "log", OWN):
        replaced = {name for name, service in project.services().items() if service["ID"] != running[name]}
        assert replaced == {OWN}
        webserver.wait_for(OWN)
        save(webserver, modules / OWN, "fifth")
    inspected = docker("inspect", "--format", "{{.Config.Cmd}} {{.HostConfig.Binds}}", project.services()[OWN]["ID"])
    assert ("api grpc" in inspected, "/modules/" in inspected) == (True, False)
    webserver.wait_for(OWN)
    wait_until("the image's code is back", lambda: "job_fifth" not in jobs(webserver, OWN), 60)
