"""The docker runtime: Compose runs webserver, daemon and a code server for each module; PostgreSQL keeps their state.

workspace.yaml and dagster.yaml are in a folder of their own, which is mounted read-only in DAGSTER_HOME: a container
that mounts a single file goes on seeing the old one when it is replaced, and the workspace's own folder has secrets.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from ...answers import slug_from
from ...ports.choice import propose
from ...ports.survey import survey
from .local import env_lines

if TYPE_CHECKING:
    from ...layout import Layout

# Where files are that are not in their usual place; see `Registry`.
PLACES = {"workspace.yaml": "home/workspace.yaml", "dagster.yaml": "home/dagster.yaml"}
RUN_LAUNCHERS = ("default", "docker")
START = "docker compose up --detach"

# Dagster's packages move as one set: its libraries name the one dagster that they go with.
DAGSTER = "1.13.27"
SOCKET = Path("/var/run/docker.sock")


def files(layout: Layout, *, run_launcher: str) -> dict[Path, str]:
    """The files of a workspace with no module in it, `.env` with a new password and a free port."""
    docker = run_launcher == "docker"
    project = project_name(layout)
    return {
        layout.workspace_yaml: _WORKSPACE_YAML,
        layout.dagster_yaml: _DAGSTER_YAML + (_Text(_RUN_LAUNCHER).substitute(project=project) if docker else ""),
        layout.compose: _Text(_COMPOSE).substitute(
            project=project,
            group=_GROUP if docker else "",
            image=_Text(_IMAGE).substitute(project=project) if docker else "",
            socket=_SOCKET if docker else "",
        ),
        layout.dockerfile: _DOCKERFILE,
        layout.root / ".dockerignore": _DOCKERIGNORE,
        layout.env: _ENV + env_lines(variables(layout, run_launcher)),
        layout.gitignore: _GITIGNORE,
    }


def launches(dagster_yaml: str) -> str:
    """Which of RUN_LAUNCHERS a dagster.yaml has: one of another name is somebody's own, and counts as docker."""
    return "docker" if re.search(r"^run_launcher:", dagster_yaml, re.MULTILINE) else "default"


def project_name(layout: Layout) -> str:
    """What containers, the network and volumes are named after: the folder's name, as Compose takes it."""
    return slug_from(layout.root.name) or "dagster"


def variables(layout: Layout, run_launcher: str) -> dict[str, str]:
    """The variables without which Compose refuses to start the workspace: a new password, a port that is free now."""
    port = propose("dagster", {"webserver": None}, survey(layout.root))["webserver"]
    values = {"DAGSTER_POSTGRES_PASSWORD": secrets.token_urlsafe(24), "DAGSTER_WEBSERVER_PORT": str(port)}
    if run_launcher == "docker":
        values["DOCKER_GID"] = str(SOCKET.stat().st_gid) if SOCKET.exists() else ""
    return values


class _Text(Template):
    """Text with @names, since `$` is Compose's own."""

    delimiter = "@"


_WORKSPACE_YAML = """\
# The code locations of this workspace, one code server in a container each.
load_from: []
"""

_DAGSTER_YAML = """\
# Dagster's instance: runs, events and schedules in PostgreSQL; logs of runs on a volume that all containers mount.
storage:
  postgres:
    postgres_db:
      hostname: dagster-postgresql
      port: 5432
      username: dagster
      password:
        env: DAGSTER_POSTGRES_PASSWORD
      db_name: dagster
      # The driver that dagster-postgres brings; by itself, SQLAlchemy 2.1 would look for another one.
      scheme: postgresql+psycopg2
compute_logs:
  module: dagster._core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: /var/lib/dagster/instance/compute_logs
local_artifact_storage:
  module: dagster._core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: /var/lib/dagster/instance
# No location's runs fill the queue for the others: five of each at a time, twenty-five in all.
concurrency:
  runs:
    max_concurrent_runs: 25
    tag_concurrency_limits:
      - key: dagster/code_location
        value: {applyLimitPerUniqueValue: true}
        limit: 5
# Runs that do not start within three minutes, or do not end three minutes after they were told to, count as ended.
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
  # Runs that take longer than that fail, also those that nothing executes any more:
  # max_runtime_seconds: 86400
telemetry:
  enabled: false
"""

# The default launcher runs a job in its code server's container. This one starts a container for each run.
_RUN_LAUNCHER = """\
# Each run has a container, from the image of its code server. When it is gone, run_monitoring ends the run.
run_launcher:
  module: dagster_docker
  class: DockerRunLauncher
  config:
    network: @{project}_dagster
    # What a run's container gets: by name alone, with the value that the daemon's container has.
    env_vars:
      - DAGSTER_POSTGRES_PASSWORD
    container_kwargs:
      auto_remove: true
      init: true
      cap_drop: [ALL]
      security_opt: ["no-new-privileges:true"]
      volumes:
        - "@{project}_dagster_instance:/var/lib/dagster/instance"
        - "@{project}_dagster_storage:/var/lib/dagster/storage"
"""

_GROUP = """
  # To start runs in containers. Who can write to this socket is root on this host.
  group_add: ["${DOCKER_GID:?the group of /var/run/docker.sock: stat --format=%g /var/run/docker.sock}"]\
"""

_IMAGE = """
      # What a shared module's run is started from.
      DAGSTER_CURRENT_IMAGE: @{project}-dagster\
"""

_SOCKET = """
    - /var/run/docker.sock:/var/run/docker.sock\
"""

_COMPOSE = """\
# Dagster's webserver and daemon, and the PostgreSQL that keeps their state. A module's services come beside them.
name: "@project"

# What a container prints is kept up to 30 MB.
x-logging: &logging
  driver: json-file
  options: {max-size: 10m, max-file: "3"}

x-dagster: &dagster
  # It is built here; where it is missing no registry is asked.
  image: @project-dagster
  pull_policy: never
  init: true
  restart: unless-stopped
  logging: *logging
  # For each of the two:
  # mem_limit: 2g
  read_only: true
  tmpfs: [/tmp]
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]@group
  volumes:
    # Credential files of the modules that share this image.
    - ./auth:/run/auth:ro
    - ./home:/opt/dagster/home:ro
    # The logs of runs, which code servers and runs write.
    - dagster_instance:/var/lib/dagster/instance
    # What modules keep that share this image.
    - dagster_storage:/var/lib/dagster/storage@socket
  networks: [dagster]

services:
  dagster-webserver:
    <<: *dagster
    # The daemon's image too.
    build:
      context: .
    environment:
      DAGSTER_POSTGRES_PASSWORD: ${DAGSTER_POSTGRES_PASSWORD:?the password of the storage}@image
    command: [dagster-webserver, --host, 0.0.0.0, --port, "3000", --workspace, /opt/dagster/home/workspace.yaml]
    ports:
      # Only this host: whoever reaches the webserver can run code, and it asks for no password.
      - "127.0.0.1:${DAGSTER_WEBSERVER_PORT:?the port of the webserver on this host}:3000"
    depends_on:
      dagster-postgresql:
        condition: service_healthy
    healthcheck:
      test:
        - CMD
        - python
        - -c
        - import urllib.request; urllib.request.urlopen("http://127.0.0.1:3000/server_info", timeout=4)
      interval: 15s
      timeout: 5s
      start_period: 60s

  dagster-daemon:
    <<: *dagster
    environment:
      DAGSTER_POSTGRES_PASSWORD: ${DAGSTER_POSTGRES_PASSWORD:?the password of the storage}@image
    command: [dagster-daemon, run, --workspace, /opt/dagster/home/workspace.yaml]
    depends_on:
      dagster-postgresql:
        condition: service_healthy
    # It imports all of Dagster, so it is asked seldom.
    healthcheck:
      test: [CMD, dagster-daemon, liveness-check]
      interval: 60s
      timeout: 20s
      start_period: 90s

  dagster-postgresql:
    image: postgres:${DAGSTER_POSTGRES_VERSION:-17}
    restart: unless-stopped
    # It writes all that it holds to its files before it ends.
    stop_grace_period: 2m
    logging: *logging
    # mem_limit: 1g
    cap_drop: [ALL]
    # The image starts as root, makes its folders the server's own and goes on as the server's user.
    cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]
    security_opt: ["no-new-privileges:true"]
    environment:
      POSTGRES_DB: dagster
      POSTGRES_USER: dagster
      POSTGRES_PASSWORD: ${DAGSTER_POSTGRES_PASSWORD:?the password of the storage}
    volumes:
      - dagster_postgresql:/var/lib/postgresql/data
    networks: [dagster]
    # Over TCP: while the image makes the database, its server listens on a socket alone.
    healthcheck:
      test: [CMD, pg_isready, --host=127.0.0.1, --username=dagster, --dbname=dagster]
      interval: 10s
      timeout: 5s
      start_period: 60s

networks:
  dagster:
    name: @{project}_dagster

volumes:
  dagster_instance:
    name: @{project}_dagster_instance
  dagster_storage:
    name: @{project}_dagster_storage
  dagster_postgresql:
    name: @{project}_dagster_postgresql
"""

_DOCKERFILE = f"""\
# Dagster's webserver and daemon, with the modules that share this image. They must be at least as new as any module.
ARG PYTHON_VERSION=3.12
FROM python:${{PYTHON_VERSION}}-slim-bookworm
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_CACHE_DIR=/root/.cache/uv \\
    UV_COMPILE_BYTECODE=1 \\
    UV_LINK_MODE=copy \\
    UV_PYTHON_DOWNLOADS=never \\
    VIRTUAL_ENV=/opt/venv
# One set: dagster-postgres and dagster-docker name the one dagster that they go with.
ARG DAGSTER_VERSION={DAGSTER}
RUN --mount=type=cache,target=/root/.cache/uv \\
    uv venv /opt/venv \\
    && uv pip install "dagster==${{DAGSTER_VERSION}}" "dagster-webserver==${{DAGSTER_VERSION}}" \\
        dagster-postgres dagster-docker
LABEL org.opencontainers.image.title="dagster" \\
      org.opencontainers.image.version="${{DAGSTER_VERSION}}"
# What is installed belongs to root and the servers run as another user, so they cannot change what they run. They write
# to volumes, of which the storage is their home too. Where dagster.yaml does not turn telemetry off, Dagster writes it
# into DAGSTER_HOME, and ends where it cannot: that goes to /tmp.
RUN groupadd --gid 10001 dagster \\
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/dagster/storage \\
        --shell /usr/sbin/nologin dagster \\
    && install --directory --owner=dagster --group=dagster /var/lib/dagster/storage /var/lib/dagster/instance \\
    && mkdir -p /opt/dagster/home \\
    && ln -s home/dagster.yaml /opt/dagster/dagster.yaml \\
    && ln -s /tmp /opt/dagster/logs \\
    && ln -s /tmp /opt/dagster/.logs_queue \\
    && ln -s /tmp /opt/dagster/.telemetry \\
    && ln -s /tmp /opt/dagster/.nux
ENV PATH=/opt/venv/bin:${{PATH}} \\
    PYTHONUNBUFFERED=1 \\
    HOME=/var/lib/dagster/storage \\
    DAGSTER_HOME=/opt/dagster \\
    DAGSTER_DISABLE_TELEMETRY=yes \\
    DAGSTER_STORAGE_PATH=/var/lib/dagster/storage
WORKDIR /var/lib/dagster
USER 10001:10001
"""

_DOCKERIGNORE = """\
# The image is built from no file of this folder.
*
"""

_ENV = """\
# Read by Compose when it is started in this folder. Holds secrets: keep it out of git.
"""

_GITIGNORE = """\
.env
# credential files of the modules
auth/
"""
