"""A new password for a database, on real servers: what is in `.env` afterwards is what the server takes."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dotenv import dotenv_values
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.support.command import Dmb
from tests.support.databases import Server
from tests.support.docker_shim import docker_shim
from tests.support.free_ports import free_port
from tests.support.modules import isolated, make_module
from tests.support.workspaces import own

pytestmark = pytest.mark.needs_server
OLD = "old #1 pa$$ ü"


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@contextlib.contextmanager
def account(server: Server) -> Iterator[str]:
    """A user with the password OLD, and a database of the same name."""
    engine = server.engine()
    with server.database() as name, engine.connect() as connection:
        if server.kind == "postgresql":
            connection.exec_driver_sql(f"CREATE USER {name} PASSWORD '{OLD}'")
            connection.exec_driver_sql(f"GRANT ALL ON DATABASE {name} TO {name}")
        else:
            connection.exec_driver_sql(f"CREATE USER {name}@'%%' IDENTIFIED BY '{OLD}'")
            connection.exec_driver_sql(f"GRANT ALL ON {name}.* TO {name}@'%%'")
        try:
            yield name
        finally:
            if server.kind == "postgresql":
                connection.exec_driver_sql(f"REVOKE ALL ON DATABASE {name} FROM {name}")
            connection.execute(text(f"DROP USER {name}"))
    engine.dispose()


def takes(server: Server, name: str, password: str) -> bool:
    """Whether the server lets the user in."""
    options = {"password": password.encode()} if server.kind == "mysql" else {}
    url = URL.create(server.driver, name, password, "127.0.0.1", server.port, name)
    engine = create_engine(url, connect_args=options)
    try:
        with engine.connect():
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()


def module_on(server: Server, name: str, parent: Path) -> Path:
    module = make_module(parent, database=server.kind)
    (module / ".venv").symlink_to(sys.prefix)
    values = server.variables("BAR_ONE", name) | {"BAR_ONE_DB_USER": name, "BAR_ONE_DB_PASSWORD": OLD}
    (module / ".env").write_text("".join(f"{key}='{value}'\n" for key, value in values.items()), "utf-8")
    return module


def test_in_a_local_workspace_the_server_gets_it_too(dmb: Dmb, workspace: Path, tmp_path: Path, server: Server) -> None:
    with account(server) as name:
        module = module_on(server, name, tmp_path)
        assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
        before = dotenv_values(workspace / ".env")
        assert takes(server, name, str(before["BAR_ONE_DB_PASSWORD"]))
        preview = dmb("workspace", "rotate", "bar-one", "--workspace", workspace, "--dry-run")
        assert "BAR_ONE_DB_PASSWORD=*****" in preview.out
        assert takes(server, name, OLD)
        for _ in range(2):
            done = dmb("workspace", "rotate", "bar-one", "--workspace", workspace, "--yes", "--json")
            assert (done.code, done.json["server_told"]) == (0, True), done.err
            after = dotenv_values(workspace / ".env")
            assert {key for key in after if after[key] != before[key]} == {"BAR_ONE_DB_PASSWORD"}
            new = str(after["BAR_ONE_DB_PASSWORD"])
            assert (takes(server, name, new), takes(server, name, str(before["BAR_ONE_DB_PASSWORD"]))) == (True, False)
            assert new not in done.out + done.err
            before = after
        assert str(module / ".env") in done.json["next"][0]
        assert dmb("workspace", "list", "--workspace", workspace, "--json").json["modules"][0]["in_sync"] is True


@pytest.mark.parametrize("wrong", ["password", "port", "environment"])
def test_what_the_server_does_not_take_changes_nothing(
    dmb: Dmb, workspace: Path, tmp_path: Path, server: Server, wrong: str
) -> None:
    with account(server) as name:
        there = replace(server, port=free_port()) if wrong == "port" else server
        module = module_on(there, name, tmp_path)
        assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
        env = workspace / ".env"
        if wrong == "password":
            env.write_text(env.read_text("utf-8").replace("old #1", "older"), "utf-8")
        elif wrong == "environment":
            (module / ".venv").unlink()
        before = env.read_bytes()
        done = dmb("workspace", "rotate", "bar-one", "--workspace", workspace, "--yes")
        assert (done.code, done.out, "\n  -> " in done.err) == (2, "", True)
        assert "older" not in done.err
        assert env.read_bytes() == before
        assert takes(server, name, OLD)


def docker_workspace(dmb: Dmb, tmp_path: Path, server: Server, password: str) -> Path:
    """A workspace of containers with a module whose database is `server`'s, with this password in `.env`."""
    root = tmp_path / "a ws"
    assert dmb("workspace", "init", root, "--runtime", "docker").code == 0
    module = isolated(tmp_path)
    if server.kind == "mysql":
        for file, words in (
            (module / "pyproject.toml", ("postgresql", "mysql")),
            (module / "workspace" / "local" / "docker-compose.yml", ("postgres:17", "mysql:8.4")),
        ):
            file.write_text(file.read_text().replace(*words))
    assert dmb("workspace", "add", module, "--workspace", root).code == 0
    env = root / ".env"
    minted = str(dotenv_values(env)["BAR_ONE_DB_PASSWORD"])
    env.write_text(env.read_text("utf-8").replace(minted, f"'{password}'"), "utf-8")
    return root


def in_container(server: Server, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server's container has, and where the client finds the server when it is not beside it."""
    for key, value in {
        "POSTGRES_USER": name,
        "POSTGRES_DB": name,
        "PGPORT": str(server.port),
        "MYSQL_USER": name,
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_TCP_PORT": str(server.port),
        "LC_ALL": "C.UTF-8",
    }.items():
        monkeypatch.setenv(key, value)


def test_the_server_in_a_container_gets_it_before_env(
    dmb: Dmb, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(server) as name:
        root = docker_workspace(dmb, tmp_path, server, OLD)
        in_container(server, name, monkeypatch)
        log = docker_shim(tmp_path / "bin", monkeypatch, "bar-one-db")
        done = dmb("workspace", "rotate", "bar-one", "--workspace", root, "--yes", "--json")
        assert (done.code, done.json["server_told"]) == (0, True), done.err
        new = str(dotenv_values(root / ".env")["BAR_ONE_DB_PASSWORD"])
        assert (takes(server, name, new), takes(server, name, OLD)) == (True, False)
        assert done.json["next"] == [f"cd '{root}' && docker compose up --detach"]
        # No password stands in a command.
        commands = log.read_text("utf-8")
        assert "exec -T -e" in commands
        assert [word for word in (new, OLD) if word in commands + done.out + done.err] == []


def test_what_a_server_in_a_container_does_not_take_changes_nothing(
    dmb: Dmb, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(server) as name:
        root = docker_workspace(dmb, tmp_path, server, "older")
        in_container(server, name, monkeypatch)
        docker_shim(tmp_path / "bin", monkeypatch, "bar-one-db")
        before = own(root)
        done = dmb("workspace", "rotate", "bar-one", "--workspace", root, "--yes")
        assert (done.code, done.out, "nothing was changed" in done.err) == (2, "", True), done.err
        assert own(root) == before


@pytest.mark.parametrize("runtime", ["local", "docker"])
def test_a_rotation_that_is_killed_half_way_is_ended_by_the_next(
    dmb: Dmb, workspace: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    with account(server) as name:
        if runtime == "local":
            root, module = workspace, module_on(server, name, tmp_path)
            assert dmb("workspace", "add", module, "--workspace", root, "--no-install").code == 0
        else:
            root = docker_workspace(dmb, tmp_path, server, OLD)
            in_container(server, name, monkeypatch)
            docker_shim(tmp_path / "bin", monkeypatch, "bar-one-db")
        before = (root / ".env").read_bytes()
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_BEFORE_ENV, "workspace", "rotate", "bar-one", "--workspace", root, "--yes"],
            check=False,
            timeout=60,
        )
        assert killed.returncode == -signal.SIGKILL
        assert (root / ".env").read_bytes() == before
        assert not takes(server, name, OLD)
        done = dmb("workspace", "rotate", "bar-one", "--workspace", root, "--yes")
        assert done.code == 0, done.err
        assert takes(server, name, str(dotenv_values(root / ".env")["BAR_ONE_DB_PASSWORD"]))
        assert not list((root / ".dmb").glob("rotation-*"))


# Dies where `.env` would be written.
KILLED_BEFORE_ENV = """\
import os, signal, sys
from dmb.transaction.transaction import Transaction
Transaction.commit = lambda self: os.kill(os.getpid(), signal.SIGKILL)
from dmb.cli import main
main(sys.argv[1:])
"""


def test_a_server_whose_container_does_not_run_is_named_with_the_command(
    dmb: Dmb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ws"
    assert dmb("workspace", "init", root, "--runtime", "docker").code == 0
    assert dmb("workspace", "add", isolated(tmp_path), "--workspace", root).code == 0
    docker_shim(tmp_path / "bin", monkeypatch, "bar-one")
    before = own(root)
    done = dmb("workspace", "rotate", "bar-one", "--workspace", root, "--yes")
    assert (done.code, done.out) == (2, "")
    assert f"cd {root} && docker compose up --detach bar-one-db" in done.err
    assert own(root) == before
