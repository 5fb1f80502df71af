"""A workspace of containers: what is made, judged by real tools, and what is refused."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values

from dmb.layout import find
from dmb.workspace.runtimes.docker import SOCKET
from tests.support.command import Dmb
from tests.support.containers import compose, config, refuse_lint, refuse_schema
from tests.support.workspaces import contents

FILES = {
    ".dockerignore",
    ".env",
    ".gitignore",
    "Dockerfile",
    "docker-compose.yml",
    "home/dagster.yaml",
    "home/workspace.yaml",
}


@pytest.fixture(params=["default", "docker"])
def made(request: pytest.FixtureRequest, dmb: Dmb, tmp_path: Path) -> Path:
    done = dmb("workspace", "init", tmp_path / "Ws 1", "--runtime", "docker", "--run-launcher", request.param)
    assert (done.code, done.err) == (0, "")
    return tmp_path / "Ws 1"


def test_it_has_what_compose_and_dagster_need(made: Path) -> None:
    assert {name for name in contents(made) if not name.startswith(".dmb")} == FILES
    assert stat.S_IMODE((made / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((made / "auth").stat().st_mode) == 0o700
    assert {".env", "auth/"} <= set((made / ".gitignore").read_text().splitlines())
    refuse_lint(made / "Dockerfile")
    refuse_schema("compose-spec", made / "docker-compose.yml")


def test_it_is_found_with_its_files_where_they_are(made: Path) -> None:
    layout = find(made)
    assert layout.workspace_yaml == made / "home" / "workspace.yaml"
    assert layout.dagster_yaml == made / "home" / "dagster.yaml"
    assert (layout.workspace_yaml.is_file(), layout.dagster_yaml.is_file()) == (True, True)


def test_the_services_are_shut_off_as_far_as_they_can_be(made: Path) -> None:
    whole = compose(made, env={"DOCKER_GID": "998"})
    services = whole["services"]
    assert set(services) == {"dagster-webserver", "dagster-daemon", "dagster-postgresql"}
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "test" in service["healthcheck"], name
        assert list(service["networks"]) == ["dagster"], name
        assert service["logging"]["driver"] == "json-file", name
    for name in ("dagster-webserver", "dagster-daemon"):
        assert services[name]["read_only"] is True
        assert services[name]["pull_policy"] == "never"
        assert services[name]["depends_on"]["dagster-postgresql"]["condition"] == "service_healthy"
        mounts = {mount["target"]: mount for mount in services[name]["volumes"]}
        assert mounts["/opt/dagster/home"]["source"] == str(made / "home")
        assert mounts["/opt/dagster/home"]["read_only"] is True
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert [port["host_ip"] for ports in published.values() for port in ports] == ["127.0.0.1"]
    assert list(published) == ["dagster-webserver"]


def test_runs_in_containers_of_their_own_find_network_and_volume(dmb: Dmb, tmp_path: Path) -> None:
    ws = tmp_path / "Ws 1"
    assert dmb("workspace", "init", ws, "--runtime", "docker", "--run-launcher", "docker").code == 0
    launcher = yaml.safe_load((ws / "home" / "dagster.yaml").read_text())["run_launcher"]["config"]
    whole = compose(ws, env={"DOCKER_GID": "998"})
    assert launcher["network"] == whole["networks"]["dagster"]["name"]
    daemon = whole["services"]["dagster-daemon"]
    mounted = [volume.partition(":") for volume in launcher["container_kwargs"]["volumes"]]
    for (volume, _, target), name in zip(mounted, ("dagster_instance", "dagster_storage"), strict=True):
        assert volume == whole["volumes"][name]["name"]
        assert target in {mount["target"] for mount in daemon["volumes"]}
    assert daemon["environment"]["DAGSTER_CURRENT_IMAGE"] == daemon["image"]
    assert set(launcher["env_vars"]) <= set(daemon["environment"])
    assert daemon["group_add"] == ["998"]
    assert str(SOCKET) in {mount["source"] for mount in daemon["volumes"]}
    if not SOCKET.exists():  # nobody can know the group: Compose says what is missing
        assert "DOCKER_GID" in config(ws).stderr


def test_each_workspace_has_a_password_of_its_own_and_shows_it_to_nobody(dmb: Dmb, tmp_path: Path) -> None:
    first = dmb("workspace", "init", tmp_path / "a", "--runtime", "docker")
    shown = dmb("workspace", "init", tmp_path / "b", "--runtime", "docker", "--json")
    passwords = [dotenv_values(tmp_path / name / ".env")["DAGSTER_POSTGRES_PASSWORD"] for name in "ab"]
    assert passwords[0] != passwords[1]
    assert all(password and len(password) >= 24 for password in passwords)
    assert not any(str(password) in first.out + first.err + shown.out + shown.err for password in passwords)
    preview = dmb("workspace", "init", tmp_path / "c", "--runtime", "docker", "--dry-run")
    assert "+DAGSTER_POSTGRES_PASSWORD=*****\n" in preview.out
    assert not (tmp_path / "c").exists()


def test_the_webservers_port_is_one_that_nobody_has(dmb: Dmb, tmp_path: Path) -> None:
    with socket.socket() as taken:
        free = dmb("ports", "--json").json["free"]["webserver"]
        taken.bind(("127.0.0.1", free))
        taken.listen()
        assert dmb("workspace", "init", tmp_path / "ws", "--runtime", "docker").code == 0
        assert int(str(dotenv_values(tmp_path / "ws" / ".env")["DAGSTER_WEBSERVER_PORT"])) > free


def test_a_second_time_changes_nothing(dmb: Dmb, made: Path) -> None:
    launcher = "docker" if "run_launcher:" in (made / "home" / "dagster.yaml").read_text() else "default"
    before = contents(made)
    done = dmb("workspace", "init", made, "--runtime", "docker", "--run-launcher", launcher)
    assert (done.code, "unchanged" in done.out) == (0, True)
    assert contents(made) == before
    (made / "home" / "workspace.yaml").unlink()
    assert dmb("workspace", "init", made, "--runtime", "docker", "--run-launcher", launcher).code == 0
    assert {name: contents(made)[name] for name in FILES} == {name: before[name] for name in FILES}


def test_another_kind_of_workspace_is_refused(dmb: Dmb, tmp_path: Path) -> None:
    assert dmb("workspace", "init", tmp_path / "ws", "--runtime", "docker").code == 0
    before = contents(tmp_path / "ws")
    local = dmb("workspace", "init", tmp_path / "ws", "--no-install")
    assert (local.code, "made with --runtime docker" in local.err) == (2, True)
    other = dmb("workspace", "init", tmp_path / "ws", "--runtime", "docker", "--run-launcher", "docker")
    assert (other.code, "a run launcher other than" in other.err) == (2, True)
    assert contents(tmp_path / "ws") == before


@pytest.mark.parametrize(
    "options", [("--runtime", "docker", "--code-servers"), ("--run-launcher", "docker")], ids=" ".join
)
def test_options_of_the_other_runtime_are_refused(dmb: Dmb, tmp_path: Path, options: tuple[str, ...]) -> None:
    done = dmb("workspace", "init", tmp_path / "ws", *options)
    assert (done.code, "is for --runtime" in done.err) == (2, True)
    assert not (tmp_path / "ws").exists()


def test_an_env_file_that_lacks_the_password_is_refused_and_none_is_printed(dmb: Dmb, tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / ".env").write_text("TOKEN=s3cret\n")
    done = dmb("workspace", "init", tmp_path / "ws", "--runtime", "docker")
    assert done.code == 2
    assert "DAGSTER_POSTGRES_PASSWORD=\n" in done.err
    assert contents(tmp_path / "ws") == {".env": b"TOKEN=s3cret\n"}


@pytest.mark.parametrize(
    ("docker", "cause"),
    [("", "docker cannot be run: No such file"), ("#!/bin/sh\nexit 125\n", "docker has no Compose")],
    ids=["no docker", "docker without its plugin"],
)
def test_up_says_what_the_machine_lacks(
    made: Path, dmb: Dmb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker: str, cause: str
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    if docker:
        (programs / "docker").write_text(docker)
        (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    done = dmb("workspace", "up", "--workspace", made)
    assert (done.code, done.out) == (2, "")
    assert cause in done.err
    assert "Compose plugin" in done.err
