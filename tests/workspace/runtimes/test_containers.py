"""Modules in a workspace of containers: each piece where it goes, judged by the real Compose and hadolint."""

from __future__ import annotations

import json
import stat
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from dmb.formats.dockerfile import instructions
from dmb.formats.yamlsplice import YamlFile
from dmb.workspace.state.registry import fingerprints
from tests.support.command import Dmb
from tests.support.containers import compose, config, refuse_lint
from tests.support.docker_shim import docker_shim
from tests.support.modules import COMPOSE, isolated, shared
from tests.support.workspaces import add, own


@pytest.fixture(params=["default", "docker"])
def made(request: pytest.FixtureRequest, dmb: Dmb, tmp_path: Path) -> Path:
    root = tmp_path / "ws"
    assert dmb("workspace", "init", root, "--runtime", "docker", "--run-launcher", request.param).code == 0
    return root


def judged(root: Path) -> dict[str, Any]:
    return compose(root, env={"DOCKER_GID": "998"})


def test_an_isolated_module_has_services_variables_and_an_entry(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    before = own(made)
    data = add(dmb, made, isolated(tmp_path))
    services = judged(made)["services"]
    for name in ("dagster-webserver", "dagster-daemon"):
        assert {*services[name]["depends_on"]} == {"dagster-postgresql"}  # neither waits for a module
        assert services[name]["depends_on"]["dagster-postgresql"]["condition"] == "service_healthy"
    env = dotenv_values(made / ".env")
    port = data["modules"][0]["ports"]["postgresql"]
    assert env["BAR_ONE_DB_PORT"] == str(port)
    assert services["bar-one-db"]["ports"][0]["published"] == str(port)
    assert services["bar-one-db"]["environment"]["POSTGRES_PASSWORD"] == env["BAR_ONE_DB_PASSWORD"]
    assert len(env["BAR_ONE_DB_PASSWORD"] or "") >= 24
    loaded = yaml.safe_load((made / "home" / "workspace.yaml").read_text())["load_from"]
    assert loaded == [{"grpc_server": {"host": "bar-one", "port": 4000, "location_name": "bar-one"}}]
    assert "# inside" in (made / "docker-compose.yml").read_text()
    assert stat.S_IMODE((made / "auth" / "bar-one").stat().st_mode) & 0o055 == 0o055
    state = own(made)
    again = dmb("workspace", "add", tmp_path / "bar-one", "--workspace", made)
    assert ("bar-one: unchanged" in again.out, own(made)) == (True, state)
    listed = dmb("workspace", "list", "--workspace", made, "--json").json
    assert (listed["runtime"], listed["modules"][0]["in_sync"]) == ("docker", True)
    assert dmb("workspace", "remove", "bar-one", "--workspace", made, "--yes").code == 0
    assert (own(made), (made / "auth" / "bar-one").exists()) == (before, False)


def test_runs_in_containers_of_their_own_get_the_variables(dmb: Dmb, tmp_path: Path) -> None:
    root = tmp_path / "ws"
    assert dmb("workspace", "init", root, "--runtime", "docker", "--run-launcher", "docker").code == 0
    add(dmb, root, isolated(tmp_path))
    config = yaml.safe_load((root / "home" / "dagster.yaml").read_text())["run_launcher"]["config"]
    assert config["env_vars"] == ["DAGSTER_POSTGRES_PASSWORD"]
    services = judged(root)["services"]
    context = json.loads(services["bar-one"]["environment"]["DAGSTER_CONTAINER_CONTEXT"])["docker"]
    assert context["env_vars"] == ["BAR_ONE_DB_HOST", "BAR_ONE_DB_PASSWORD"]
    assert set(config["container_kwargs"]["volumes"]) <= set(context["container_kwargs"]["volumes"])
    assert services["dagster-daemon"]["environment"]["BAR_ONE_DB_HOST"] == "bar-one-db"
    assert set(context["env_vars"]) <= set(services["dagster-daemon"]["environment"])
    password = dotenv_values(root / ".env")["BAR_ONE_DB_PASSWORD"]
    assert password not in services["bar-one"]["environment"]["DAGSTER_CONTAINER_CONTEXT"]


@pytest.mark.parametrize(("launcher", "make"), [("docker", isolated), ("docker", shared), ("default", shared)])
def test_what_modules_require_reaches_what_runs_them(
    dmb: Dmb, tmp_path: Path, launcher: str, make: Callable[..., Path]
) -> None:
    root = tmp_path / "ws"
    assert dmb("workspace", "init", root, "--runtime", "docker", "--run-launcher", launcher).code == 0
    with (root / ".env").open("a") as file:
        file.write("API_TOKEN=x\n")
    modules = [make(tmp_path, name, requires=("API_TOKEN",)) for name in ("alpha", "beta")]
    before = own(root)
    done = dmb("workspace", "add", *modules, "--workspace", root)
    assert (done.code, "alpha, beta require API_TOKEN, which" in done.err) == (2, True), done.err
    path, where = root / "docker-compose.yml", root / "home" / "dagster.yaml"
    lines = path.read_text().splitlines()
    places = [f"{path}:{number}" for number, line in enumerate(lines, 1) if line == "    environment:"][:2]
    assert all(place in done.err for place in places)
    assert (f"{where}:" in done.err) is (launcher == "docker")
    assert own(root) == before
    password = "      DAGSTER_POSTGRES_PASSWORD: "
    path.write_text(path.read_text().replace(password, "      API_TOKEN: ${API_TOKEN}\n" + password))
    where.write_text(where.read_text().replace("env_vars:\n", "env_vars:\n      - API_TOKEN\n"))
    add(dmb, root, *modules)
    services = judged(root)["services"]
    assert all(services[name]["environment"]["API_TOKEN"] == "x" for name in ("dagster-webserver", "dagster-daemon"))
    validated = dmb("workspace", "validate", "--workspace", root, "--json")
    assert not [each for each in validated.json["findings"] if each["rule"] == "WSP008"]


def test_shared_modules_share_one_block_of_the_dockerfile(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    before = own(made)
    modules = [shared(tmp_path, name) for name in ("alpha", "beta", "gamma")]
    add(dmb, made, *modules[:2])
    add(dmb, made, modules[2])
    text = (made / "Dockerfile").read_text()
    assert text.count("# BEGIN: ") == 1
    words = [(one.word, one.rest.split("target")[0]) for one in instructions(text, "Dockerfile")][-5:]
    assert [word for word, _ in words] == ["USER", "RUN", "RUN", "RUN", "USER"]
    assert [rest for word, rest in words if word == "RUN"] == [
        f"--mount=type=bind,from={name}," for name in ("alpha", "beta", "gamma")
    ]
    refuse_lint(made / "Dockerfile")
    build = judged(made)["services"]["dagster-webserver"]["build"]
    assert build["additional_contexts"] == {module.name: str(module) for module in modules}
    assert judged(made)["services"]["dagster-daemon"]["environment"]["ALPHA_EXECUTOR"] == "in_process"
    assert dmb("workspace", "remove", "beta", "--workspace", made, "--yes").code == 0
    assert "from=beta" not in (made / "Dockerfile").read_text()
    assert dmb("workspace", "remove", "gamma", "alpha", "--workspace", made, "--yes").code == 0
    assert own(made) == before


def test_files_with_carriage_returns(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    for name in ("Dockerfile", "docker-compose.yml", "home/workspace.yaml", ".env"):
        (made / name).write_bytes((made / name).read_bytes().replace(b"\n", b"\r\n"))
    before = own(made)
    add(dmb, made, isolated(tmp_path), shared(tmp_path, "alpha"))
    for name in ("Dockerfile", "docker-compose.yml", "home/workspace.yaml", ".env"):
        data = (made / name).read_bytes()
        assert data.count(b"\n") == data.count(b"\r\n")
    listed = dmb("workspace", "list", "--workspace", made, "--json").json["modules"]
    assert [module["in_sync"] for module in listed] == [True, True]
    assert dmb("workspace", "remove", "bar-one", "alpha", "--workspace", made, "--yes").code == 0
    assert own(made) == before


def test_a_section_that_a_person_changed_is_kept(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    module = shared(tmp_path, "alpha")
    add(dmb, made, module)
    path = made / "Dockerfile"
    path.write_text(path.read_text().replace("uv pip install /m", "uv pip install --no-deps /m"))
    assert dmb("workspace", "list", "--workspace", made, "--json").json["modules"][0]["in_sync"] is False
    state = own(made)
    for command in (("add", module), ("remove", "alpha", "--yes")):
        done = dmb("workspace", *command, "--workspace", made)
        assert (done.code, f"{path}:" in done.err, "changed by hand" in done.err) == (2, True, True)
        assert own(made) == state


@pytest.mark.parametrize("left", ["alpha", "beta"])
def test_a_section_without_its_head_is_refused(dmb: Dmb, made: Path, tmp_path: Path, left: str) -> None:
    modules = [shared(tmp_path, name) for name in ("alpha", "beta")]
    add(dmb, made, *(modules if left == "beta" else modules[:1]))
    path = made / "Dockerfile"
    lines = path.read_text().splitlines(keepends=True)
    at = lines.index("# ---- alpha\n")
    path.write_text("".join(lines[:at] + lines[at + 1 :]))
    state = own(made)
    for command in (("add", modules[0]), ("list",), ("remove", "alpha", "--yes", "--force")):
        done = dmb("workspace", *command, "--workspace", made)
        assert (done.code, f"{path}:{at + 1}: this section belongs to no module" in done.err) == (2, True), done.err
        assert own(made) == state


@pytest.mark.parametrize("form", ["short", "flow", "absent", "empty", "long"])
def test_the_platform_waits_for_no_module(dmb: Dmb, made: Path, tmp_path: Path, form: str) -> None:
    path = made / "docker-compose.yml"
    text = path.read_text()
    long = "    depends_on:\n      dagster-postgresql:\n        condition: service_healthy\n"
    forms = {
        "short": "    depends_on:\n    - dagster-postgresql\n",
        "flow": "    depends_on: [dagster-postgresql]\n",
        "absent": "",
        "empty": "    depends_on: {}\n",
        "long": long,
    }
    path.write_text(text.replace(long, forms[form]))
    before = own(made)
    add(dmb, made, isolated(tmp_path))
    services = judged(made)["services"]
    assert not any("bar-one" in services[name].get("depends_on", {}) for name in services if "dagster" in name)
    assert dmb("workspace", "remove", "bar-one", "--workspace", made, "--yes").code == 0
    assert own(made) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "cause"),
    [
        ("docker-compose.yml", "services:\n", "services:\n  bar-one:\n    image: x\n", "`bar-one` is already here"),
        ("docker-compose.yml", "\nvolumes:\n", "\nvolumes:\n  bar-one-db:\n", "`bar-one-db` is already here"),
        ("docker-compose.yml", "  dagster:\n    name", "  other:\n    name", "network dagster, which the workspace"),
        ("docker-compose.yml", "services:\n", "services:\n- x\n", "not valid YAML"),
        (
            ".env",
            "DAGSTER_WEBSERVER_PORT",
            "BAR_ONE_DB_PORT=1\nDAGSTER_WEBSERVER_PORT",
            "BAR_ONE_DB_PORT is already set here",
        ),
        ("home/workspace.yaml", "load_from: []", "load_from: 1", "expected a list here"),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_is_written(
    dmb: Dmb, made: Path, tmp_path: Path, file: str, old: str, new: str, cause: str
) -> None:
    path = made / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    before = own(made)
    done = dmb("workspace", "add", isolated(tmp_path), "--workspace", made)
    assert done.code == 2
    assert cause in done.err, done.err
    assert "\n  -> " in done.err
    assert own(made) == before


def test_a_depends_on_that_comes_through_a_merge_key_stays(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    path = made / "docker-compose.yml"
    long = "    depends_on:\n      dagster-postgresql:\n        condition: service_healthy\n"
    merged = (
        path.read_text()
        .replace(long, "")
        .replace("  init: true\n", "  init: true\n  depends_on: [dagster-postgresql]\n")
    )
    path.write_text(merged)
    before = own(made)
    add(dmb, made, isolated(tmp_path))
    services = judged(made)["services"]
    assert {*services["dagster-webserver"]["depends_on"]} == {"dagster-postgresql"}
    assert dmb("workspace", "remove", "bar-one", "--workspace", made, "--yes").code == 0
    assert own(made) == before


def test_an_old_dependence_on_a_module_goes_when_it_is_added_again(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    """dmb wrote one once: an unhealthy database of a module then kept the platform down."""
    module = isolated(tmp_path)
    before = own(made)
    add(dmb, made, module)
    state = own(made)
    path, record = made / "docker-compose.yml", made / ".dmb" / "registry.json"
    file = YamlFile(path.read_text(), str(path))
    pieces: dict[tuple[str, ...], str] = {}
    for placed in file.blocks:
        if placed.block.owner == "bar-one" and placed.path:
            pieces[placed.path] = textwrap.dedent(placed.block.body)
    pieces[("services", "dagster-daemon", "depends_on")] = "bar-one:\n  condition: service_started\n"
    file.put("bar-one", pieces)
    new = file.applied()
    path.write_text(new.render())
    registry = json.loads(record.read_text())
    digest = fingerprints((placed.block for placed in new.blocks), {"bar-one"})["bar-one"]
    registry["modules"]["bar-one"]["blocks"]["docker-compose.yml"] = digest
    record.write_text(json.dumps(registry))
    add(dmb, made, module)
    assert path.read_bytes() == state["docker-compose.yml"]
    assert dmb("workspace", "remove", "bar-one", "--workspace", made, "--yes").code == 0
    assert path.read_bytes() == before["docker-compose.yml"]


def test_a_container_name_and_missing_pieces_are_refused(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    module = isolated(tmp_path)
    piece = module / "workspace" / "local" / "docker-compose.yml"
    compose_text = made / "docker-compose.yml"
    compose_text.write_text(
        compose_text.read_text().replace("    image: postgres", "    container_name: x\n    image: postgres")
    )
    piece.write_text(piece.read_text().replace("    image: postgres", "    container_name: x\n    image: postgres"))
    before = own(made)
    done = dmb("workspace", "add", module, "--workspace", made)
    assert (done.code, "already has the container name x" in done.err) == (2, True)
    piece.write_text(COMPOSE.replace("image: postgres:17", "image: postgres:${DB_VERSION:?version}"))
    done = dmb("workspace", "add", module, "--workspace", made)
    assert (done.code, "does not set: DB_VERSION" in done.err) == (2, True)
    (module / "workspace" / "local" / "workspace.yaml").unlink()
    done = dmb("workspace", "add", module, "--workspace", made)
    assert (done.code, "lacks this file" in done.err) == (3, True)
    assert own(made) == before


def test_two_databases_never_share_a_port(dmb: Dmb, made: Path, tmp_path: Path) -> None:
    data = add(dmb, made, isolated(tmp_path), isolated(tmp_path, "foo"))
    ports = [module["ports"]["postgresql"] for module in data["modules"]]
    assert len(set(ports)) == 2
    assert "the preferred port 5440 is held by bar-one" in data["modules"][1]["notes"][0]
    assert config(made, env={"DOCKER_GID": "1"}).returncode == 0


def test_a_new_password(dmb: Dmb, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(dmb, made, isolated(tmp_path), shared(tmp_path, "alpha"))
    docker_shim(tmp_path / "bin", monkeypatch, "bar-one-db")
    accepting = tmp_path / "bin" / "psql"
    accepting.write_text("#!/bin/sh\n")
    accepting.chmod(0o755)
    old = dotenv_values(made / ".env")
    done = dmb("workspace", "rotate", "bar-one", "--workspace", made, "--yes", "--json")
    assert done.code == 0, done.err
    new = dotenv_values(made / ".env")
    assert {name for name in new if new[name] != old[name]} == {"BAR_ONE_DB_PASSWORD"} == {done.json["variable"]}
    assert str(new["BAR_ONE_DB_PASSWORD"]) not in done.out + done.err
    assert any("docker compose up --detach" in line for line in done.json["next"])
    assert all(module["in_sync"] for module in dmb("workspace", "list", "--workspace", made, "--json").json["modules"])
    state = own(made)
    assert dmb("workspace", "rotate", "alpha", "--workspace", made, "--yes").code == 2
    assert dmb("workspace", "rotate", "nobody", "--workspace", made, "--yes").code == 3
    preview = dmb("workspace", "rotate", "bar-one", "--workspace", made, "--dry-run")
    assert "BAR_ONE_DB_PASSWORD=*****" in preview.out
    assert own(made) == state
