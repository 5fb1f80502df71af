"""Modules that `add` put into workspaces: their jobs succeed, and what they keep is on volumes afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmb.workspace.changes.init import init_docker
from tests.support.command import Dmb
from tests.support.engine import BuiltModule, ComposeProject, Webserver, docker, removed_afterwards
from tests.support.free_ports import free_port

CLASSIC = {
    "docker-compose.yml": """\
version: "3.7"
services:
  store:
    image: postgres:17
    environment: {POSTGRES_USER: u, POSTGRES_PASSWORD: p, POSTGRES_DB: d}
    networks: [classic_network]
    healthcheck: {test: [CMD, pg_isready, --host=127.0.0.1], interval: 2s, retries: 30}
  classic_webserver:
    build: {context: ., dockerfile: ./Dockerfile_dagster}
    image: classic-dagster
    entrypoint: [dagster-webserver, -h, 0.0.0.0, -p, "3000", -w, workspace.yaml]
    ports: ["127.0.0.1:@port:3000"]
    environment: &variables
      DAGSTER_POSTGRES_USER: u
      DAGSTER_POSTGRES_PASSWORD: p
      DAGSTER_POSTGRES_DB: d
    volumes: [/var/run/docker.sock:/var/run/docker.sock, /tmp/io_manager_storage:/tmp/io_manager_storage]
    networks: [classic_network]
    depends_on: {store: {condition: service_healthy}}
  classic_daemon:
    build: {context: ., dockerfile: ./Dockerfile_dagster}
    image: classic-dagster
    entrypoint: [dagster-daemon, run]
    environment:
      DAGSTER_POSTGRES_USER: u
      DAGSTER_POSTGRES_PASSWORD: p
      DAGSTER_POSTGRES_DB: d
    volumes: [/var/run/docker.sock:/var/run/docker.sock, /tmp/io_manager_storage:/tmp/io_manager_storage]
    networks: [classic_network]
    depends_on: {store: {condition: service_healthy}}
networks:
  classic_network: {driver: bridge, name: @project_classic}
""",
    "Dockerfile_dagster": """\
FROM @base
USER root
ENV DAGSTER_HOME=/opt/dagster/dagster_home/
RUN mkdir -p $DAGSTER_HOME
COPY dagster.yaml workspace.yaml $DAGSTER_HOME
WORKDIR $DAGSTER_HOME
""",
    "workspace.yaml": "load_from: []\n",
    "dagster.yaml": """\
run_coordinator: {module: dagster.core.run_coordinator, class: QueuedRunCoordinator}
run_launcher:
  module: dagster_docker
  class: DockerRunLauncher
  config:
    env_vars: [DAGSTER_POSTGRES_USER, DAGSTER_POSTGRES_PASSWORD, DAGSTER_POSTGRES_DB]
    network: @project_classic
    container_kwargs:
      volumes: [/var/run/docker.sock:/var/run/docker.sock, /tmp/io_manager_storage:/tmp/io_manager_storage]
"""
    + "".join(
        f"""\
{key}:
  module: dagster_postgres.{module}
  class: Postgres{name}Storage
  config:
    postgres_db:
      hostname: store
      username: {{env: DAGSTER_POSTGRES_USER}}
      password: {{env: DAGSTER_POSTGRES_PASSWORD}}
      db_name: {{env: DAGSTER_POSTGRES_DB}}
      scheme: postgresql+psycopg2
"""
        for key, module, name in (
            ("run_storage", "run_storage", "Run"),
            ("schedule_storage", "schedule_storage", "Schedule"),
            ("event_log_storage", "event_log", "EventLog"),
        )
    ),
}


@pytest.fixture(scope="module")
def base(engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image of webserver and daemon."""
    folder = tmp_path_factory.mktemp("base") / "ws"
    init_docker(folder, run_launcher="default", dry_run=False)
    docker("build", "--quiet", "--tag", "dmb-test-add-base", folder)
    return "dmb-test-add-base"


def by_hand(folder: Path, base: str, port: int) -> None:
    """The workspace of Dagster's own example."""
    folder.mkdir()
    for name, text in CLASSIC.items():
        filled = text.replace("@base", base).replace("@port", str(port)).replace("@project", folder.name)
        (folder / name).write_text(filled)


@pytest.fixture(params=["default", "docker", "by hand"])
def project(
    request: pytest.FixtureRequest, base: str, built_modules: dict[str, BuiltModule], tmp_path: Path, dmb: Dmb
) -> Iterator[tuple[ComposeProject, Webserver]]:
    """A workspace with two modules put in, running."""
    folder = tmp_path / f"dmb-test-add-{request.param.replace(' ', '-')}"
    if request.param == "by hand":
        port = free_port()
        by_hand(folder, base, port)
        done = dmb("workspace", "adopt", "--workspace", folder, "--yes")
        assert done.code == 0, done.err
    else:
        init_docker(folder, run_launcher=request.param, dry_run=False)
        docker("tag", base, f"{folder.name}-dagster")
        (folder / ".env").write_text(
            (folder / ".env").read_text().replace("DAGSTER_WEBSERVER_PORT=", f"DAGSTER_WEBSERVER_PORT={free_port()} #")
        )
    done = dmb("workspace", "add", *(module.path for module in built_modules.values()), "--workspace", folder)
    assert done.code == 0, done.err
    with removed_afterwards(ComposeProject(folder)) as started:
        started.compose("up", "--detach")
        service = "classic_webserver" if request.param == "by hand" else "dagster-webserver"
        port = int(started.compose("port", service, "3000").rpartition(":")[2])
        yield started, Webserver(port)


def storage_of(project: ComposeProject, service: str) -> str:
    """The volume that a service has its storage on, as Docker knows it."""
    printed = project.compose("config", "--format", "json")
    config = json.loads(printed[printed.index("{") :])  # a warning may come first
    mounted = {mount["target"]: mount["source"] for mount in config["services"][service]["volumes"]}
    return str(config["volumes"][mounted["/var/lib/dagster/storage"]]["name"])


def files_in(volume: str) -> list[str]:
    """The files in a volume."""
    listed = docker("run", "--rm", "--volume", f"{volume}:/v", "python:3.12-slim-bookworm", "find", "/v", "-type", "f")
    return listed.split()


def test_the_jobs_of_added_modules_succeed_and_their_data_stays(
    project: tuple[ComposeProject, Webserver], built_modules: dict[str, BuiltModule]
) -> None:
    started, webserver = project
    with_server, plain = built_modules["postgresql"], built_modules["none"]
    webserver.wait_for(with_server.name, plain.name)
    tables = webserver.launch(with_server.name, f"{with_server.name.replace('-', '_')}_make_tables")
    assert webserver.wait_for_run(tables) == "SUCCESS", "\n".join(webserver.events(tables))
    runs = [webserver.launch(module.name, module.job) for module in (with_server, plain)]
    for run in runs:
        assert webserver.wait_for_run(run) == "SUCCESS", "\n".join(webserver.events(run))
    assert files_in(storage_of(started, plain.name))
    dumped = started.compose(
        "exec",
        "-T",
        f"{with_server.name}-db",
        "sh",
        "-c",
        "PGPASSWORD=$POSTGRES_PASSWORD pg_dump --host=127.0.0.1 --username=$POSTGRES_USER --inserts $POSTGRES_DB",
    )
    assert "INSERT INTO" in dumped
    # The runs table says by which name a password reaches a run, and never which it is.
    password = next(
        line.partition("=")[2]
        for line in (started.folder / ".env").read_text().splitlines()
        if line.startswith("DMB_TEST_POSTGRESQL_DB_PASSWORD=")
    )
    store, user, database = (
        ("store", "u", "d") if "by-hand" in started.folder.name else ("dagster-postgresql", "dagster", "dagster")
    )
    words = ("pg_dump", "--host=127.0.0.1", f"--username={user}", database)
    dumped = started.compose("exec", "-T", store, "sh", "-c", f"PGPASSWORD=$POSTGRES_PASSWORD {' '.join(words)}")
    assert (with_server.name in dumped, password in dumped) == (True, False)
