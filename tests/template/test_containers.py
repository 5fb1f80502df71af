"""What a module brings for containers: judged by real tools, put into a real workspace, its probe run for real."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_cookies.plugin import Cookies

from dmb.formats import dockerfile
from dmb.workspace.changes.init import init_docker
from tests.support.containers import compose, config, exec_form, refuse_lint, refuse_schema
from tests.support.free_ports import free_port
from tests.support.made_modules import Configuration, MadeModule, install, make
from tests.support.paths import BIN

pytestmark = pytest.mark.slow

DATABASES = ("duckdb", "postgresql", "mysql", "none")
SERVERS = {"postgresql": 5432, "mysql": 3306}
EXTRAS = {
    "__system_packages": "git,sftp,pdf",
    "__client": "Acme & Söhne \"AG\" 'x'",
    "__requires": "METABASE_URL,METABASE_KEY",
}
PLAIN = dict.fromkeys(EXTRAS, "")
SECRETS = {"BAR_ONE_DB_PASSWORD": "p", "BAR_ONE_DB_PORT": "5499", "BAR_ONE_IMAGE": "bar-one:0.1.0"}
SHARED = {"METABASE_URL": "https://metabase.example.com", "METABASE_KEY": "k"}


@pytest.fixture(params=list(itertools.product(DATABASES, ("plain", "extras"))), ids="-".join, scope="module")
def isolated(request: pytest.FixtureRequest, cookies_session: Cookies) -> MadeModule:
    database, kind = request.param
    return make(
        cookies_session, Configuration(database, "quick", "isolated"), **(EXTRAS if kind == "extras" else PLAIN)
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    init_docker(tmp_path / "ws", run_launcher="default", dry_run=False)
    return tmp_path / "ws"


def piece(module: MadeModule) -> Path:
    return module.project / "workspace" / "local" / "docker-compose.yml"


def in_workspace(module: MadeModule, workspace: Path) -> dict[str, Any]:
    return compose(workspace, workspace / "docker-compose.yml", piece(module), env=SECRETS | SHARED)


def test_the_image_and_the_services_pass_their_judges(isolated: MadeModule, workspace: Path) -> None:
    refuse_lint(isolated.project / "Dockerfile")
    refuse_schema("compose-spec", piece(isolated))
    in_workspace(isolated, workspace)


def test_system_packages_are_installed_in_the_image_that_runs(cookies: Cookies) -> None:
    module = make(cookies, Configuration("none", "quick", "isolated"), **EXTRAS)
    found = dockerfile.instructions((module.project / "Dockerfile").read_text(encoding="utf-8"), "Dockerfile")
    last_stage = max(i for i, one in enumerate(found) if one.word == "FROM")
    (runs,) = [one.rest for one in found[last_stage:] if "apt-get install" in one.rest]
    assert {"git", "lftp", "openssh-client", "poppler-utils"} <= set(runs.split())
    plain = make(cookies, Configuration("none", "quick", "isolated"), **PLAIN)
    assert "apt-get" not in (plain.project / "Dockerfile").read_text(encoding="utf-8")


def test_the_code_server_can_do_no_more_than_it_needs(isolated: MadeModule, workspace: Path) -> None:
    services = in_workspace(isolated, workspace)["services"]
    server = services["bar-one"]
    assert (server["read_only"], server["init"], server["cap_drop"]) == (True, True, ["ALL"])
    assert server["security_opt"] == ["no-new-privileges:true"]
    assert (server["pull_policy"], server["stop_grace_period"]) == ("never", "1h0m0s")
    assert {service["logging"]["driver"] for service in services.values()} == {"json-file"}
    assert "ports" not in server
    assert list(server["networks"]) == ["default"]  # `add` puts it where a workspace's webserver and daemon are
    mounts = {mount["target"]: mount for mount in server["volumes"]}
    assert mounts["/run/auth/bar-one"]["source"] == str(workspace / "auth" / "bar-one")
    assert mounts["/run/auth/bar-one"]["read_only"] is True
    assert set(mounts) == {"/run/auth/bar-one", "/var/lib/dagster/storage"}
    own = {"DAGSTER_CURRENT_IMAGE", "DAGSTER_STORAGE_PATH"}
    required = set(SHARED) if "METABASE_URL" in piece(isolated).read_text(encoding="utf-8") else set()
    assert {name for name in server["environment"] if not name.startswith("BAR_ONE_")} == own | required
    assert server["environment"]["BAR_ONE_AUTH_DIR"] == "/run/auth/bar-one"


def test_a_database_is_published_on_loopback_and_reached_by_its_own_port(isolated: MadeModule, workspace: Path) -> None:
    services = in_workspace(isolated, workspace)["services"]
    database = isolated.configuration.database
    if database not in SERVERS:
        assert "bar-one-db" not in services
        return
    (published,) = services["bar-one-db"]["ports"]
    assert (published["host_ip"], published["published"]) == ("127.0.0.1", SECRETS["BAR_ONE_DB_PORT"])
    assert published["target"] == SERVERS[database]
    server = services["bar-one"]
    inside = {
        name.removeprefix("BAR_ONE_DB_"): value for name, value in server["environment"].items() if "_DB_" in name
    }
    assert (inside["HOST"], inside["PORT"], inside["PASSWORD"]) == ("bar-one-db", str(SERVERS[database]), "p")
    # Every setting that the code takes from the environment is given to it.
    read = (isolated.project / ".env.example").read_text(encoding="utf-8")
    assert {f"BAR_ONE_DB_{name}" for name in inside} == {
        line.partition("=")[0] for line in read.splitlines() if line.startswith("BAR_ONE_DB_")
    }
    assert server["depends_on"]["bar-one-db"]["condition"] == "service_healthy"
    assert "test" in services["bar-one-db"]["healthcheck"]
    (volume,) = services["bar-one-db"]["volumes"]
    assert (volume["type"], volume["source"]) == ("volume", "bar-one-db")


@pytest.mark.parametrize("missing", ["BAR_ONE_IMAGE", "BAR_ONE_DB_PASSWORD", "BAR_ONE_DB_PORT", "METABASE_URL"])
def test_nothing_starts_without_what_it_needs(cookies: Cookies, workspace: Path, missing: str) -> None:
    module = make(cookies, Configuration("postgresql", "quick", "isolated"), **EXTRAS)
    given = {name: value for name, value in (SECRETS | SHARED).items() if name != missing}
    done = config(workspace, workspace / "docker-compose.yml", piece(module), env=given)
    assert done.returncode != 0
    assert missing in done.stderr


@pytest.mark.parametrize("extras", [PLAIN, EXTRAS], ids=["plain", "extras"])
def test_a_shared_module_fits_into_the_workspaces_image(
    cookies: Cookies, workspace: Path, extras: dict[str, str]
) -> None:
    module = make(cookies, Configuration("none", "quick", "shared"), **extras)
    snippet = (module.project / "workspace" / "local" / "dockerfile.snippet").read_text(encoding="utf-8")
    host = workspace / "Dockerfile"
    host.write_text(dockerfile.put(host.read_text(encoding="utf-8"), "dmb", snippet, "Dockerfile"), encoding="utf-8")
    refuse_lint(host)
    assert ("apt-get" in snippet) == bool(extras["__system_packages"])


@pytest.mark.parametrize("database", DATABASES)
def test_the_ci_workflow_is_one(cookies: Cookies, database: str) -> None:
    module = make(cookies, Configuration(database, "standard", "isolated"))
    refuse_schema("github-workflows", module.project / ".github" / "workflows" / "ci.yml")


def test_a_modules_own_compose_file_is_one(cookies: Cookies) -> None:
    for database in SERVERS:
        module = make(cookies, Configuration(database, "quick", "isolated"))
        refuse_schema("compose-spec", module.project / "docker-compose.yml")
        ((published,),) = [service["ports"] for service in compose(module.project)["services"].values()]
        assert published["host_ip"] == "127.0.0.1"


def test_the_clients_name_reaches_manifest_and_dagster_as_it_is(cookies: Cookies, tmp_path: Path) -> None:
    module = make(cookies, Configuration("none", "quick", "isolated"), **EXTRAS)
    install(module, tmp_path / "site")
    told = module.run(
        "python",
        "-c",
        "from bar_one_dagster.definitions import defs; print(ascii(defs().metadata['client'].value))",
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
    )
    assert told.strip() == ascii(EXTRAS["__client"])


def test_the_images_probe_tells_a_server_that_serves(cookies: Cookies, tmp_path: Path) -> None:
    """The image's CMD and HEALTHCHECK as they stand there, but for the port."""
    module = make(cookies, Configuration("none", "quick", "isolated"))
    install(module, tmp_path / "site")
    port = str(free_port())
    file = module.project / "Dockerfile"
    serve = [word.replace("4000", port) for word in exec_form(file, "CMD")]
    probe = [word.replace("4000", port) for word in exec_form(file, "HEALTHCHECK")]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "DAGSTER_STORAGE_PATH": str(tmp_path / "storage")}

    def healthy() -> bool:
        return subprocess.run([sys.executable, *probe[1:]], env=env, capture_output=True, check=False).returncode == 0

    assert probe[0] == "python"
    assert not healthy()
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([str(BIN / serve[0]), *serve[1:]], cwd=tmp_path, env=env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not healthy():
            assert server.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        server.terminate()
        server.wait(30)
    assert not healthy()


def test_an_image_with_broken_code_stays_and_says_why(cookies: Cookies, tmp_path: Path) -> None:
    module = make(cookies, Configuration("none", "quick", "isolated"))
    install(module, tmp_path / "site")
    (tmp_path / "site" / "bar_one_dagster" / "definitions.py").write_text("raise RuntimeError('broken on purpose')\n")
    port = str(free_port())
    file = module.project / "Dockerfile"
    serve = [word.replace("4000", port) for word in exec_form(file, "CMD")]
    probe = [sys.executable, *(word.replace("4000", port) for word in exec_form(file, "HEALTHCHECK")[1:])]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([str(BIN / serve[0]), *serve[1:]], cwd=tmp_path, env=env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        said = ""
        while "broken on purpose" not in said:
            assert server.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, said
            done = subprocess.run(probe, env=env, text=True, capture_output=True, check=False)
            assert done.returncode != 0
            said = done.stderr
            time.sleep(0.2)
        assert server.poll() is None
    finally:
        server.terminate()
        server.wait(30)


def test_the_pieces_name_one_location(isolated: MadeModule) -> None:
    entries = yaml.safe_load((isolated.project / "workspace" / "local" / "workspace.yaml").read_text(encoding="utf-8"))
    services = yaml.safe_load(piece(isolated).read_text(encoding="utf-8"))["services"]
    ((server,),) = [entry.values() for entry in entries["load_from"]]
    assert server["host"] in services
    assert server["location_name"] == "bar-one"
    assert str(server["port"]) == exec_form(isolated.project / "Dockerfile", "CMD")[6]
