"""Modules go into workspaces of any shape with no edit by hand, and out again with every byte as it was."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from tests.support.command import Dmb
from tests.support.containers import compose
from tests.support.modules import isolated
from tests.support.workspaces import unmarked

PIECE = "workspace/local/docker-compose.yml"
STORE = """\
storage:
  postgres:
    postgres_db: {hostname: store, username: {env: STORE_USER}, password: {env: STORE_PASSWORD}, db_name: d}
"""
LAUNCHER = """\
run_launcher:
  module: dagster_docker
  class: DockerRunLauncher
  config:
    network: company
    env_vars: [STORE_USER, STORE_PASSWORD]
"""
QUEUE = "run_coordinator: {module: dagster.core.run_coordinator, class: QueuedRunCoordinator}\n"
COMPOSE = """\
services:
  store: {image: "postgres:17"}
  ui:
    image: dagster:1
    command: dagster-webserver -h 0.0.0.0 -w /opt/home/workspace.yaml
@given
  timer:
    image: dagster:1
    command: dagster-daemon run
@given
@rest"""
HOME = "    volumes: [./workspace.yaml:/opt/home/workspace.yaml, ./dagster.yaml:/opt/home/dagster.yaml]\n"
GIVEN = "    environment: {DAGSTER_HOME: /opt/home, STORE_USER: u, STORE_PASSWORD: '${STORE_PASSWORD:?}'}\n" + HOME


def made(root: Path, given: str = GIVEN, rest: str = "", dagster_yaml: str = STORE, name: str = "compose.yaml") -> Path:
    """A workspace that nobody made for dmb: `given` is what webserver and daemon have."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / "workspace.yaml").write_text("load_from: []")
    (root / "dagster.yaml").write_text(dagster_yaml)
    (root / name).write_text(COMPOSE.replace("@given\n", given).replace("@rest", rest))
    (root / name).with_name(".env").write_text("STORE_PASSWORD=p\nBOOK_TOKEN=t\n")
    return root


def module(folder: Path, name: str = "bar-one") -> Path:
    """A module that names what is its own alone."""
    path = isolated(folder, name)
    piece = path / PIECE
    text = piece.read_text().replace("    networks: [dagster]\n", "").replace("dagster_storage:", f"{name}-storage:")
    text = text.replace(f"\nvolumes:\n  {name}-db:\n", f"\nvolumes:\n  {name}-storage:\n  {name}-db:\n")
    piece.write_text(
        text.replace(
            "    environment:\n", "    environment:\n      DAGSTER_STORAGE_PATH: /var/lib/dagster/storage\n", 1
        )
    )
    return path


def files(root: Path) -> dict[str, bytes]:
    """Every file but dmb's own, and each folder."""
    paths = [path for path in root.rglob("*") if ".dmb" not in path.parts and ".git" not in path.parts]
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"" for path in paths}


def added(dmb: Dmb, root: Path, *modules: Path, given: tuple[str, ...] = ()) -> dict[str, Any]:
    """What Compose makes of the workspace with the modules in it; out again they leave nothing."""
    before = files(root)
    adopted = dmb("workspace", "adopt", "--workspace", root, "--yes", *(w for name in given for w in ("--file", name)))
    assert adopted.code == 0, adopted.err
    assert {name: unmarked(data) for name, data in files(root).items()} == {
        name: unmarked(data) for name, data in before.items()
    }
    taken = files(root)
    done = dmb("workspace", "add", *modules, "--workspace", root)
    assert done.code == 0, done.err
    state = files(root)
    again = dmb("workspace", "add", *modules, "--workspace", root)
    assert (files(root), "unchanged" in again.out) == (state, True)
    named = [root / name for name in given if "compose" in name or "stack" in name]
    model = compose((named[0] if named else root / "x").parent, *named)
    names = [path.name for path in modules]
    assert dmb("workspace", "remove", *names, "--workspace", root, "--yes").code == 0
    assert files(root) == taken
    return model


FORMS = {
    "mapping": GIVEN,
    "list": "    environment: [DAGSTER_HOME=/opt/home, STORE_USER=u, STORE_PASSWORD]\n" + HOME,
    "own .env": "    env_file: .env\n    environment: {DAGSTER_HOME: /opt/home, STORE_USER: u}\n" + HOME,
    "another file": "    env_file: [{path: vars/store.env}]\n    environment: {DAGSTER_HOME: /opt/home}\n" + HOME,
    "merged": "    environment:\n      <<: *store\n      DAGSTER_HOME: /opt/home\n" + HOME,
    "whole service merged": "    <<: *base\n",
    "extended": "    extends: {service: base}\n",
}
ANCHORS = (
    "x-store: &store {STORE_USER: u, STORE_PASSWORD: p}\n"
    "x-base: &base {environment: {DAGSTER_HOME: /opt/home, STORE_USER: u, STORE_PASSWORD: p}}\n"
)


@pytest.mark.parametrize("form", FORMS)
def test_a_code_server_gets_the_variables_of_the_storages_as_webserver_and_daemon_do(
    dmb: Dmb, tmp_path: Path, form: str
) -> None:
    root = made(tmp_path / "ws", FORMS[form])
    (root / "vars").mkdir()
    (root / "vars" / "store.env").write_text("STORE_USER=u\nSTORE_PASSWORD=p\n")
    path = root / "compose.yaml"
    base = (
        "  base:\n    image: dagster:1\n    environment: {DAGSTER_HOME: /opt/home, STORE_USER: u, STORE_PASSWORD: p}\n"
    )
    path.write_text(ANCHORS + path.read_text() + (base if form == "extended" else ""))
    services = added(dmb, root, module(tmp_path))["services"]
    environment = services["bar-one"]["environment"]
    assert (environment["STORE_USER"], environment["STORE_PASSWORD"]) == ("u", "p")
    assert "BOOK_TOKEN" not in environment  # of `.env` only what is named
    assert "STORE_PASSWORD" not in services["bar-one-db"]["environment"]
    assert not any("bar-one" in services[name].get("depends_on", {}) for name in ("ui", "timer"))


def test_what_the_image_says_counts(dmb: Dmb, tmp_path: Path) -> None:
    build = "    build: {context: ., dockerfile: dag.Dockerfile}\n"
    root = made(tmp_path / "ws", build)
    for name in ("workspace.yaml", "dagster.yaml"):
        (root / "deploy").mkdir(exist_ok=True)
        (root / name).rename(root / "deploy" / name)
    (root / "dagster.yaml").write_text("storage: {sqlite: {base_dir: /nowhere}}\n")  # for work on one machine
    (root / "workspace.yaml").write_text("load_from: [{python_module: {module_name: a}}]\n")
    (root / "dag.Dockerfile").write_text(
        "FROM dagster:1 AS base\nENV DAGSTER_HOME=/opt/home STORE_USER=u\nFROM base\nENV STORE_PASSWORD p\n"
        "WORKDIR $DAGSTER_HOME\nCOPY deploy/*.yaml ./\n"
    )
    environment = added(dmb, root, module(tmp_path))["services"]["bar-one"]["environment"]
    assert (environment["STORE_USER"], environment["STORE_PASSWORD"]) == ("u", "p")
    places = json.loads((root / ".dmb" / "registry.json").read_text())["places"]
    assert places["workspace.yaml"] == "deploy/workspace.yaml"
    assert (places["dagster.yaml"], places["Dockerfile"]) == ("deploy/dagster.yaml", "dag.Dockerfile")


@pytest.mark.parametrize("queue", [QUEUE, ""])
def test_runs_in_containers_get_their_own_variables_and_volumes(dmb: Dmb, tmp_path: Path, queue: str) -> None:
    config = LAUNCHER + "    container_kwargs: {volumes: [shared:/data, /data/io:/data/io]}\n"
    root = made(tmp_path / "ws", rest="networks: {default: {name: company}}\n", dagster_yaml=STORE + queue + config)
    model = added(dmb, root, module(tmp_path), module(tmp_path, "foo"))
    services, project = model["services"], model["name"]
    for name, prefix in (("bar-one", "BAR_ONE"), ("foo", "FOO")):
        context = json.loads(services[name]["environment"]["DAGSTER_CONTAINER_CONTEXT"])["docker"]
        assert context["env_vars"] == [f"{prefix}_DB_HOST", f"{prefix}_DB_PASSWORD"]
        storage = f"{project}_{name}-storage:/var/lib/dagster/storage"
        assert context["container_kwargs"]["volumes"] == ["shared:/data", "/data/io:/data/io", storage]
        assert "networks" not in context  # the launcher's is the same
        assert services["timer"]["environment"][f"{prefix}_DB_HOST"] == f"{name}-db"
        assert (f"{prefix}_DB_HOST" in services["ui"]["environment"]) is (not queue)


@pytest.mark.parametrize(
    "volumes", ["[all:/var/lib/dagster/storage]", "{all: {bind: /var/lib/dagster/storage}, b: {bind: /b}}"]
)
def test_the_modules_storage_comes_before_the_launchers(dmb: Dmb, tmp_path: Path, volumes: str) -> None:
    config = f"{LAUNCHER}    container_kwargs: {{volumes: {volumes}}}\n"
    model = added(dmb, made(tmp_path / "ws", dagster_yaml=STORE + config), module(tmp_path))
    context = json.loads(model["services"]["bar-one"]["environment"]["DAGSTER_CONTAINER_CONTEXT"])["docker"]
    storage = f"{model['name']}_bar-one-storage"
    if "bind" in volumes:
        bound = {"bind": "/var/lib/dagster/storage", "mode": "rw"}
        assert context["container_kwargs"]["volumes"] == {"b": {"bind": "/b"}, storage: bound}
    else:
        assert context["container_kwargs"]["volumes"] == [f"{storage}:/var/lib/dagster/storage"]


def test_runs_come_to_the_network_of_the_module(dmb: Dmb, tmp_path: Path) -> None:
    root = made(tmp_path / "ws", dagster_yaml=STORE + LAUNCHER)
    model = added(dmb, root, module(tmp_path))
    context = json.loads(model["services"]["bar-one"]["environment"]["DAGSTER_CONTAINER_CONTEXT"])["docker"]
    assert context["networks"] == [model["networks"]["default"]["name"]]


def test_what_a_run_writes_must_be_on_a_volume(dmb: Dmb, tmp_path: Path) -> None:
    root, path = made(tmp_path / "ws", dagster_yaml=STORE + LAUNCHER), module(tmp_path)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    piece = path / PIECE
    piece.write_text(
        piece.read_text().replace("bar-one-storage:/var/lib/dagster/storage", "bar-one-storage:/elsewhere")
    )
    before = files(root)
    done = dmb("workspace", "add", path, "--workspace", root)
    assert (done.code, "thrown away" in done.err, files(root)) == (2, True, before), done.err


def test_sqlite_in_a_container_is_refused_and_in_a_shared_folder_taken(dmb: Dmb, tmp_path: Path) -> None:
    sqlite = "storage: {sqlite: {base_dir: /opt/home/state}}\n"
    root, path = made(tmp_path / "ws", dagster_yaml=sqlite), module(tmp_path)
    assert dmb("workspace", "adopt", "--workspace", root, "--yes").code == 0
    before = files(root)
    done = dmb("workspace", "add", path, "--workspace", root)
    assert (done.code, "SQLite inside the container of ui" in done.err, files(root)) == (2, True, before), done.err
    shared = GIVEN.replace("volumes: [", "volumes: [./state:/opt/home/state, ")
    service = added(dmb, made(tmp_path / "two", shared, dagster_yaml=sqlite), path)["services"]["bar-one"]
    assert (service["user"], "/opt/home/state" in [mount["target"] for mount in service["volumes"]]) == ("0:0", True)


def test_the_folder_of_logs_is_mounted_as_in_the_webserver(dmb: Dmb, tmp_path: Path) -> None:
    logs = "compute_logs: {module: m, class: LocalComputeLogManager, config: {base_dir: /logs/of/runs}}\n"
    root = made(
        tmp_path / "ws", GIVEN.replace("volumes: [", "volumes: [logs:/logs, "), "volumes: {logs: }\n", STORE + logs
    )
    service = added(dmb, root, module(tmp_path))["services"]["bar-one"]
    assert {mount["target"]: mount["source"] for mount in service["volumes"]}["/logs"] == "logs"


@pytest.mark.parametrize("name", ["stack.yml", "deploy/compose.yaml"])
def test_compose_files_of_any_name_and_place(dmb: Dmb, tmp_path: Path, name: str) -> None:
    root = made(tmp_path / "ws", GIVEN.replace("./", "../") if "/" in name else GIVEN, name=name)
    if name == "stack.yml":
        (root / "compose.yaml").write_text("services: {other: {image: 'x:1'}}\n")
    model = added(dmb, root, module(tmp_path), given=(name,))
    assert "bar-one" in model["services"]


def test_several_compose_files_are_one_workspace(dmb: Dmb, tmp_path: Path) -> None:
    root = made(tmp_path / "ws", GIVEN + "    networks: [inner]\n", name="dagster.compose.yml")
    (root / "compose.yaml").write_text("services: {other: {image: 'x:1'}}\nnetworks: {inner: {name: company}}\n")
    path = module(tmp_path)
    names = ("compose.yaml", "dagster.compose.yml")
    given = [word for name in names for word in ("--file", name)]
    assert dmb("workspace", "adopt", "--workspace", root, "--yes", *given).code == 0
    before = files(root)
    assert dmb("workspace", "add", path, "--workspace", root).code == 0
    services = compose(root, *(root / name for name in names))["services"]
    assert {*services["bar-one"]["networks"]} == {"inner"}
    assert files(root)["compose.yaml"] == before["compose.yaml"]
    assert dmb("workspace", "remove", "bar-one", "--workspace", root, "--yes").code == 0
    assert files(root) == before


@pytest.mark.parametrize(
    ("command", "rest", "cause"),
    [
        ("dagster-webserver -m code.defs", "", "loads its code by `-m code.defs`"),
        (
            "dagster-webserver -w /w.yaml\n    configs: [{source: w, target: /w.yaml}]",
            "configs: {w: {content: 'load_from: [] # ${X}'}}\n",
            "has variables of Compose in it",
        ),
    ],
)
def test_a_webserver_that_reads_no_file_is_refused(
    dmb: Dmb, tmp_path: Path, command: str, rest: str, cause: str
) -> None:
    root = made(tmp_path / "ws", GIVEN.replace("./workspace.yaml:/opt/home/workspace.yaml, ", ""), rest)
    path = root / "compose.yaml"
    path.write_text(path.read_text().replace("dagster-webserver -h 0.0.0.0 -w /opt/home/workspace.yaml", command))
    (root / "workspace.yaml").unlink()
    before = files(root)
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (done.code, cause in done.err, files(root)) == (2, True, before), done.err


def test_files_within_the_compose_file_become_files(dmb: Dmb, tmp_path: Path) -> None:
    root = made(
        tmp_path / "ws",
        "    environment: {DAGSTER_HOME: /h, STORE_USER: u, STORE_PASSWORD: p}\n    configs: *files\n",
        "configs:\n  w:\n    content: |\n      load_from:\n        - python_module: a  # theirs\n\n"
        "  d:\n    # here\n    content: |\n" + "".join(f"      {line}\n" for line in (STORE + LAUNCHER).splitlines()),
    )
    (root / "workspace.yaml").unlink()
    (root / "dagster.yaml").unlink()
    path = root / "compose.yaml"
    text = path.read_text().replace("/opt/home/workspace.yaml", "/h/workspace.yaml")
    listed = "[{source: w, target: /h/workspace.yaml}, {source: d, target: /h/dagster.yaml}]"
    path.write_text(f"x-files: &files {listed}\n{text}")
    done = dmb("workspace", "adopt", "--workspace", root, "--yes")
    assert (done.code, "moves to" in done.err) == (0, True), done.err
    assert "- python_module: a  # theirs\n" in (root / "workspace.yaml").read_text()
    assert (root / "dagster.yaml").read_text() == STORE + LAUNCHER
    assert "    # here\n    file: ./dagster.yaml\n" in path.read_text()
    before = files(root)
    assert dmb("workspace", "add", module(tmp_path), "--workspace", root).code == 0
    model = compose(root)
    assert "DAGSTER_CONTAINER_CONTEXT" in model["services"]["bar-one"]["environment"]
    assert dmb("workspace", "remove", "bar-one", "--workspace", root, "--yes").code == 0
    assert files(root) == before


def test_add_says_the_one_command_or_does_it(dmb: Dmb, tmp_path: Path) -> None:
    root, path = made(tmp_path / "ws"), module(tmp_path)
    before = files(root)
    done = dmb("workspace", "add", path, "--workspace", root)
    assert (done.code, f"dmb workspace adopt --workspace {root}" in done.err, files(root)) == (3, True, before)
    assert dmb("workspace", "add", path, "--workspace", root, "--yes").code == 0
    assert "bar-one" in compose(root)["services"]


def test_a_kept_volume_keeps_its_password(dmb: Dmb, tmp_path: Path) -> None:
    root, path = made(tmp_path / "ws"), module(tmp_path)
    assert dmb("workspace", "add", path, "--workspace", root, "--yes").code == 0
    password = dotenv_values(root / ".env")["BAR_ONE_DB_PASSWORD"]
    kept = root / ".dmb" / "kept_passwords.json"
    assert dmb("workspace", "remove", "bar-one", "--workspace", root, "--yes").code == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert dmb("workspace", "add", path, "--workspace", root).code == 0
    assert (dotenv_values(root / ".env")["BAR_ONE_DB_PASSWORD"], kept.exists()) == (password, False)
    assert dmb("workspace", "remove", "bar-one", "--data", "--workspace", root, "--yes").code == 0
    assert dmb("workspace", "add", path, "--workspace", root).code == 0
    assert dotenv_values(root / ".env")["BAR_ONE_DB_PASSWORD"] != password


def test_two_workspaces_share_no_port(dmb: Dmb, tmp_path: Path) -> None:
    path = module(tmp_path)
    ports = []
    for name in ("one", "two"):
        root = made(tmp_path / name)
        assert dmb("workspace", "add", path, "--workspace", root, "--yes").code == 0
        ports.append(dotenv_values(root / ".env")["BAR_ONE_DB_PORT"])
    assert len(set(ports)) == 2


def test_secrets_that_git_would_take_are_told(dmb: Dmb, tmp_path: Path) -> None:
    root, path = made(tmp_path / "ws"), module(tmp_path)
    subprocess.run(("git", "init", "--quiet", str(root)), check=True)
    done = dmb("workspace", "add", path, "--workspace", root, "--yes")
    assert (done.code, "git does not ignore .env" in done.err) == (0, True), done.err
    (root / ".gitignore").write_text(".env\nauth/\n")
    assert "git does not ignore" not in dmb("workspace", "add", path, "--workspace", root).err
