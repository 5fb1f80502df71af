"""What images and services are made of, on a real engine: runs end before what they need, errors show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_cookies.plugin import Cookies

from tests.support.command import run_dmb
from tests.support.engine import ComposeProject, Webserver, docker, removed_afterwards, wait_until
from tests.support.made_modules import Configuration, make

pytestmark = pytest.mark.needs_docker

SLOW = """\
import time

import dagster as dg


@dg.asset
def bar_one_slow_asset() -> None:
    time.sleep(15)


bar_one_slow_job = dg.define_asset_job("bar_one_slow", selection=[bar_one_slow_asset])
"""


def slow_module(cookies: Cookies, code_location: str) -> Path:
    """A module with a job that takes its time."""
    project = make(
        cookies, Configuration("none", "quick", code_location), __python_version="3.12", __requires=""
    ).project
    (project / "src/bar_one_dagster/defs/slow.py").write_text(SLOW)
    return project


def as_context(project: Path) -> None:
    """The module's folder as an image of its name: what `from=bar-one` means to a builder without named contexts."""
    context = project.parent / "context.Dockerfile"
    context.write_text("FROM scratch\nCOPY . /\n")
    docker("build", "--quiet", "--file", context, "--tag", project.name, project)


def workspace(root: Path, project: Path, *options: str) -> ComposeProject:
    """A workspace with the module in it; nothing is built or started."""
    run_dmb("workspace", "init", root, "--runtime", "docker", *options, cwd=root.parent)
    run_dmb("workspace", "add", project, "--workspace", root, cwd=root.parent)
    return ComposeProject(root)


def started(project: ComposeProject) -> Webserver:
    """The webserver of a workspace that has just been started, with its module loaded."""
    project.compose("up", "--detach")
    webserver = Webserver(int(project.compose("port", "dagster-webserver", "3000").rpartition(":")[2]))

    def loaded() -> bool:
        webserver.reload()  # it may have been faster than the code server
        return webserver.locations().get("bar-one") == ""

    wait_until("bar-one is loaded", loaded, pause=2)
    return webserver


def launched(webserver: Webserver) -> str:
    """A run of the slow job that has begun."""
    run = webserver.launch("bar-one", "bar_one_slow")
    wait_until("the run begins", lambda: webserver.status(run) == "STARTED", pause=0.2)
    return run


def test_the_code_of_an_image_is_not_its_users_own(cookies: Cookies) -> None:
    project = make(
        cookies, Configuration("none", "quick", "isolated"), __python_version="3.12", __system_packages="git"
    ).project
    docker("build", "--quiet", "--tag", "dmb-test-git", project)
    shell = ("run", "--rm", "--entrypoint", "sh", "dmb-test-git", "-c")
    assert docker(*shell, "id -u").strip() == "10001"
    assert docker(*shell, "git --version").startswith("git version")
    docker(*shell, "touch /opt/venv/x", expect=1)
    docker(*shell, 'touch "$HOME/x" && python -c "import bar_one_dagster.definitions"')
    docker("image", "rm", "--force", "dmb-test-git")


def test_runs_end_before_what_they_need_and_broken_code_says_why(cookies: Cookies, tmp_path: Path) -> None:
    module = slow_module(cookies, "isolated")
    docker("build", "--quiet", "--tag", "bar-one:0.1.0", module)
    project = workspace(tmp_path / "dmb-test-grace", module)
    # Telemetry that nobody turns off writes into DAGSTER_HOME.
    instance = project.folder / "home" / "dagster.yaml"
    instance.write_text(instance.read_text().replace("telemetry:\n  enabled: false\n", ""))
    docker("build", "--quiet", "--tag", f"{project.folder.name}-dagster", project.folder)
    with removed_afterwards(project):
        webserver = started(project)
        run = launched(webserver)
        project.compose("down")
        webserver = started(project)
        assert webserver.status(run) == "SUCCESS"

        environment = project.folder / ".env"
        environment.write_text(environment.read_text().replace("bar-one:0.1.0", "bar-one-is:nowhere"))
        missing = project.compose("up", "--detach", expect=1)
        assert "No such image: bar-one-is:nowhere" in missing

        broken = "dmb-test-broken"
        serve = ("dagster", "api", "grpc", "--host", "0.0.0.0", "--port", "4000", "--lazy-load-user-code")  # noqa: S104
        check = ("--health-interval", "2s", "--health-start-period", "1s")
        docker(
            "run", "--detach", "--name", broken, "--init", *check, "bar-one:0.1.0", *serve, "--module-name", "absent"
        )
        try:

            def state() -> Any:
                return json.loads(docker("inspect", "--format", "{{json .State}}", broken))

            wait_until("the check fails", lambda: state()["Health"]["Status"] == "unhealthy")
            assert "No module named 'absent'" in state()["Health"]["Log"][-1]["Output"]
            assert state()["Status"] == "running"
        finally:
            docker("rm", "--force", broken)


def test_a_shared_modules_run_has_a_container_and_fails_when_that_is_killed(cookies: Cookies, tmp_path: Path) -> None:
    module = slow_module(cookies, "shared")
    project = workspace(tmp_path / "dmb-test-shared", module, "--run-launcher", "docker")
    as_context(module)
    docker("build", "--quiet", "--tag", f"{project.folder.name}-dagster", project.folder)
    with removed_afterwards(project):
        webserver = started(project)
        assert webserver.wait_for_run(launched(webserver)) == "SUCCESS"
        run = launched(webserver)
        docker("kill", docker("ps", "--quiet", "--filter", f"label=dagster/run_id={run}").strip())
        assert webserver.wait_for_run(run) == "FAILURE"


def test_a_shared_module_cannot_change_dagster_under_the_webserver(cookies: Cookies, tmp_path: Path) -> None:
    module = slow_module(cookies, "shared")
    pyproject = module / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"dagster>=1.13,<1.14"', '"dagster==1.12.2"', 1))
    project = workspace(tmp_path / "dmb-test-older", module)
    as_context(module)
    built = docker("build", "--progress", "plain", project.folder, expect=1)
    assert "bar-one cannot share this image" in built
    assert "dagster==1.12.2" in built
