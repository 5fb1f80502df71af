"""Modules on a database server: ports, passwords, the server for work on one machine, what happens without one."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_cookies.plugin import Cookies

from dmb.ports.tables import KINDS
from tests.support.free_ports import free_port
from tests.support.made_modules import SERVERS, Configuration, Database, MadeModule, make
from tests.support.paths import BIN, ROOT

pytestmark = pytest.mark.slow

INSIDE = {"postgresql": 5432, "mysql": 3306}  # the server's own port, in its container


@pytest.fixture(params=SERVERS, scope="session")
def module(request: pytest.FixtureRequest, cookies_session: Cookies) -> MadeModule:
    """A module for each kind of server."""
    return make(cookies_session, Configuration(request.param, "standard", "isolated"))


def env_of(module: MadeModule) -> dict[str, str]:
    text = (module.project / ".env").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE))


def compose(module: MadeModule) -> subprocess.CompletedProcess[str]:
    """What Compose itself makes of the module's file and its `.env`."""
    outside = {key: value for key, value in os.environ.items() if not key.startswith("BAR_ONE_")}
    command = [str(BIN / "docker-compose"), "config", "--format", "json"]
    return subprocess.run(command, cwd=module.project, env=outside, capture_output=True, text=True, check=False)


def test_the_preferred_port_is_of_its_kind_and_stands_in_the_manifest_and_in_env(module: MadeModule) -> None:
    manifest = tomllib.loads((module.project / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dmb"]
    kind = module.configuration.database
    assert manifest["ports"].keys() == {"grpc", kind}
    assert manifest["ports"][kind] in KINDS[kind]
    assert env_of(module)["BAR_ONE_DB_PORT"] == str(manifest["ports"][kind])


def test_two_modules_beside_each_other_prefer_two_ports_and_have_two_passwords(
    cookies: Cookies, module: MadeModule
) -> None:
    one, two = (make(cookies, module.configuration, module_name=name) for name in ("One", "Two"))
    environments = [
        {key.partition("_DB_")[2]: value for key, value in env_of(each).items() if "_DB_" in key} for each in (one, two)
    ]
    for name in ("PORT", "PASSWORD", "NAME", "USER"):
        assert environments[0][name] != environments[1][name]


def test_the_password_is_random_and_in_env_alone(module: MadeModule) -> None:
    password = env_of(module)["BAR_ONE_DB_PASSWORD"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{32,}", password)
    holders = [path for path in module.project.rglob("*") if path.is_file() and password in path.read_text("utf-8")]
    assert holders == [module.project / ".env"]
    example = (module.project / ".env.example").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+_PASSWORD)=(.*)$", example, flags=re.MULTILINE) == [("BAR_ONE_DB_PASSWORD", "")]


def test_every_setting_of_the_resource_is_a_variable_that_env_example_sets(module: MadeModule) -> None:
    resources = (module.project / "src" / "bar_one_dagster" / "defs" / "resources.py").read_text(encoding="utf-8")
    read = set(re.findall(r'dg\.EnvVar(?:\.int)?\("(\w+)"\)', resources))
    assert read == {f"BAR_ONE_DB_{name}" for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD", "POOL_SIZE")}
    assert read <= env_of(module).keys()


def test_compose_publishes_the_port_of_env_on_this_machine_alone(module: MadeModule) -> None:
    done = compose(module)
    assert done.returncode == 0, done.stderr
    configuration: dict[str, Any] = json.loads(done.stdout)
    (database,) = configuration["services"].values()
    (port,) = database["ports"]
    environment = env_of(module)
    assert (port["host_ip"], port["published"]) == ("127.0.0.1", environment["BAR_ONE_DB_PORT"])
    assert port["target"] == INSIDE[module.configuration.database]
    assert environment["BAR_ONE_DB_PASSWORD"] in database["environment"].values()
    assert database["healthcheck"]["test"]
    data, schema = database["volumes"]
    assert (data["type"], data["source"]) == ("volume", "data")
    assert schema["source"] == str(module.project / "src" / "bar_one_dagster" / "schema.sql")
    assert schema["target"].startswith("/docker-entrypoint-initdb.d/")


def test_compose_refuses_to_start_without_a_password(own_copy: MadeModule) -> None:
    env = own_copy.project / ".env"
    env.write_bytes((own_copy.project / ".env.example").read_bytes())
    done = compose(own_copy)
    assert done.returncode != 0
    assert "BAR_ONE_DB_PASSWORD" in done.stderr


def test_ci_has_the_server_that_its_tests_are_told_of(module: MadeModule) -> None:
    workflow = yaml.safe_load((module.project / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["checks"]
    (server,) = job["services"].values()
    inside = INSIDE[module.configuration.database]
    assert server["ports"] == [f"127.0.0.1:{inside}:{inside}"]
    assert job["env"]["BAR_ONE_DB_PORT"] == str(inside)
    assert job["env"]["BAR_ONE_DB_PASSWORD"] in server["env"].values()
    assert job["env"]["BAR_ONE_DB_PASSWORD"] == "${{ github.sha }}"


def test_without_a_server_the_modules_tests_skip_and_in_ci_they_fail(own_copy: MadeModule) -> None:
    pytest_of_module = [str(BIN / "pytest"), "-q", "-p", "no:cacheprovider", "tests/test_assets.py"]
    nowhere = {"PYTHONPATH": str(own_copy.project / "src"), "BAR_ONE_DB_PORT": str(free_port())}
    for ci, code, said in (("", 0, "3 skipped"), ("true", 1, "3 errors")):
        environment = {**os.environ, **nowhere, "CI": ci}
        done = subprocess.run(
            pytest_of_module, cwd=own_copy.project, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout
        assert said in done.stdout
        assert f"127.0.0.1:{nowhere['BAR_ONE_DB_PORT']}" in done.stdout  # where it looked
        assert env_of(own_copy)["BAR_ONE_DB_PASSWORD"] not in done.stdout
        assert ("docker compose up" in done.stdout) is not bool(ci)


@pytest.mark.needs_server
def test_a_job_makes_the_tables_of_the_database_that_env_names(own_copy: MadeModule, database: Database) -> None:
    plain = {key: value for key, value in database.variables.items() if not key.endswith("PASSWORD")}
    lines = "".join(f"{key}={value}\n" for key, value in plain.items())
    (own_copy.project / ".env").write_text(lines, encoding="utf-8")
    outside = database.variables.keys() - plain.keys()  # its characters mean something in a .env
    variables = {"PYTHONPATH": str(own_copy.project / "src"), **{key: database.variables[key] for key in outside}}
    own_copy.run("dg", "launch", "--job", "bar_one_make_tables", env=variables)
    assert database.server.tables(database.name) == {"raw_orders": 0, "orders": 0, "revenue_by_country": 0}


def refused(folder: Path, *answers: str) -> str:
    """What cookiecutter says when it refuses these answers and makes nothing."""
    command = [str(BIN / "cookiecutter"), str(ROOT), "--no-input", "module_name=Bar One", *answers]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert list(folder.iterdir()) == []
    return done.stdout + done.stderr


@pytest.mark.parametrize("database", ["duckdb", "none"])
def test_a_port_for_a_database_that_has_none_is_refused(database: str, tmp_path: Path) -> None:
    said = refused(tmp_path, f"database={database}", "__db_port=5555")
    assert f"database={database} has no port" in said
    assert "__db_port" not in said.partition("answers so far:")[2]


@pytest.mark.parametrize("database", SERVERS)
def test_a_typed_port_must_be_one_that_nobody_holds(database: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused(tmp_path, f"database={database}", f"__db_port={port}", "__grpc_port=4711")
        assert f"port {port} is taken" in said
        again = said.partition("answers so far:")[2]
        assert "__grpc_port=4711" in again
        assert "__db_port" not in again
