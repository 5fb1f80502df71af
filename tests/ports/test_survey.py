"""What the workspace's environment, its workspace.yaml, its registry and neighbouring modules claim."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dmb.errors import DmbError
from dmb.ports.survey import survey
from dmb.ports.tables import Holder
from dmb.workspace.state.registry import Entry, Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def found(workspace: Path | None, siblings: Path | None = None) -> list[Holder]:
    return list(survey(workspace, siblings=siblings).holders)


# --- .env -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("WEB_PORT=3001", {3001}),
        ("export WEB_PORT=3001", {3001}),
        ("WEB_PORT = 3001", {3001}),
        ("WEB_PORT: 3001", {3001}),
        ('WEB_PORT="3001"', {3001}),
        ("WEB_PORT='3001' # the webserver", {3001}),
        ("WEB_PORT=3001 # the webserver", {3001}),
        ("WEB_PORT=${NOT_SET:-3001}", {3001}),
        ("BASE=3001\nWEB_PORT=$BASE", {3001}),
        ('BASE=3001\nWEB_PORT="${BASE}"', {3001}),
        ("BASE=3001\nWEB_PORT='${BASE}'", set()),
        ("WEB_PORT=3001\nWEB_PORT=3002", {3002}),
        ('KEY="a\nWEB_PORT=3001\n"', set()),  # text inside of a value
        ("# WEB_PORT=3001", set()),
        ("WEB_PORT=", set()),
        ("WEB_PORT", set()),
        ("WEB_PORT=tcp://172.17.0.2:6379", set()),
        ("WEB_PORT=0", set()),
        ("WEB_PORT=65536", set()),
        ("WEB_PORT=$NOT_SET", set()),
        ("PASSWORD=pa$ss{\nWEB_PORT=3001", {3001}),
        ("WEB_PORTS=3001", set()),
        ("PORTAL=3001", set()),
        ("WEB_PORT=3001\r\nAPI_PORT=3002\r\n", {3001, 3002}),
        ("", set()),
        ("\n\n  \n", set()),
    ],
)
def test_variables_that_are_named_like_ports(workspace: Path, line: str, expected: set[int]) -> None:
    (workspace / ".env").write_bytes(line.encode())
    assert {holder.port for holder in found(workspace)} == expected


def test_a_variable_names_its_module_use_and_line(workspace: Path) -> None:
    path = workspace / ".env"
    path.write_text(
        "WEB_PORT=3001\nBAR_ONE_DB_PORT=5447\n\n"
        "# BEGIN: bar-two\nBAR_TWO_GRPC_PORT=4002\nREST_PORT=8001\n# END: bar-two\n"
    )
    assert found(workspace) == [
        Holder(3001, "", "variable WEB_PORT", f"{path}:1", "env"),
        Holder(4002, "grpc", "bar-two", f"{path}:5", "env"),
        Holder(5447, "database", "bar-one", f"{path}:2", "env"),
        Holder(8001, "", "bar-two", f"{path}:6", "env"),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\nthis is no assignment\n", 2),
        ("A=1\n\n<<<<<<< HEAD\n", 3),
        ("A=1\n=2\n", 2),
        ('A=1\nB="never ends\nC=2\n', 2),
        ("B='never ends\n", 1),
        ('B="one" two\n', 1),
    ],
)
def test_a_broken_environment_is_refused_with_its_line(workspace: Path, text: str, line: int) -> None:
    (workspace / ".env").write_text(text)
    with pytest.raises(DmbError) as caught:
        survey(workspace)
    assert caught.value.place == f"{workspace / '.env'}:{line}"


def test_an_environment_of_another_encoding_is_refused_and_no_secret_is_shown(workspace: Path) -> None:
    (workspace / ".env").write_bytes(b"A=1\nPASSWORD=hush\xff\n")
    with pytest.raises(DmbError) as caught:
        survey(workspace)
    assert caught.value.place == f"{workspace / '.env'}:2"
    assert "hush" not in str(caught.value)


def test_a_folder_called_env_is_no_environment(workspace: Path) -> None:
    (workspace / ".env").mkdir()
    assert found(workspace) == []


# --- workspace.yaml -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "0.0.0.0", "'::1'", "'::'", "'[::1]'", "host.docker.internal", "LOCALHOST"],  # noqa: S104
)
def test_a_server_on_this_host_takes_its_port(workspace: Path, host: str) -> None:
    path = workspace / "workspace.yaml"
    path.write_text(
        f"load_from:\n  - grpc_server:\n      host: {host}\n      port: 4005\n      location_name: bar-one\n"
    )
    assert found(workspace) == [Holder(4005, "grpc", "bar-one", f"{path}:4", "workspace")]


@pytest.mark.parametrize("host", ["bar-one", "10.0.0.7", "code.example.com"])
def test_a_server_in_a_container_or_elsewhere_takes_no_port_here(workspace: Path, host: str) -> None:
    (workspace / "workspace.yaml").write_text(f"load_from:\n  - grpc_server: {{host: {host}, port: 4005}}\n")
    assert found(workspace) == []


def test_other_ways_to_write_a_server(workspace: Path) -> None:
    path = workspace / "workspace.yaml"
    (workspace / ".env").write_text("HERE=localhost\nTHERE=bar-two\nNUMBER=4006\n")
    path.write_text(
        "load_from:\n"
        "- grpc_server: {port: 4005}\n"
        "- grpc_server: {host: {env: HERE}, port: {env: NUMBER}, location_name: {env: THERE}}\n"
        "- grpc_server: {host: {env: THERE}, port: 4007}\n"
        "- grpc_server: {host: localhost, socket: /tmp/s}\n"
        "# BEGIN: bar-three\n"
        "- grpc_server: {host: localhost, port: 4008, location_name: other}\n"
        "# END: bar-three\n"
        "- python_module: bar_four\n"
        "- grpc_server: {host: localhost, port: {env: NOT_SET}}\n"
    )
    assert found(workspace) == [
        Holder(4005, "grpc", "gRPC server :4005", f"{path}:2", "workspace"),
        Holder(4006, "grpc", "bar-two", f"{path}:3", "workspace"),
        Holder(4008, "grpc", "bar-three", f"{path}:7", "workspace"),
    ]
    assert [note.partition(": ")[0] for note in survey(workspace).notes] == [f"{path}:10"]


@pytest.mark.parametrize("text", ["", "load_from:\n", "load_from: []\n", "other: 1\n", "- a\n", "load_from: {a: b}\n"])
def test_a_workspace_without_servers_takes_no_port(workspace: Path, text: str) -> None:
    (workspace / "workspace.yaml").write_text(text)
    assert found(workspace) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("load_from:\n  - a: [\n", 2),
        ("load_from:\n  - grpc_server:\n      port: many\n", 3),
        ("load_from:\n  - grpc_server: {host: localhost, port: 70000}\n", 2),
        ("load_from:\n{% for l in locations %}\n", 2),
    ],
)
def test_a_broken_workspace_is_refused_with_its_line(workspace: Path, text: str, line: int) -> None:
    (workspace / "workspace.yaml").write_text(text)
    with pytest.raises(DmbError) as caught:
        survey(workspace)
    assert caught.value.place == f"{workspace / 'workspace.yaml'}:{line}"


def test_yaml_nested_too_deep_is_refused(workspace: Path) -> None:
    (workspace / "workspace.yaml").write_text("[" * 50_000)
    with pytest.raises(DmbError, match="the ports in this file are unknown"):
        survey(workspace)


# --- the registry ---------------------------------------------------------------------------------------------------


def test_what_the_workspace_assigned(workspace: Path) -> None:
    path = workspace / ".dmb" / "registry.json"
    one, two, bar = {"grpc": 4001}, dict[str, int](), {"grpc": 4003, "mysql": 3307}
    modules = {"bar-one": {"ports": one}, "bar-two": {"ports": two}, "bar": {"ports": bar}}
    path.write_text(json.dumps({"registry": 1, "runtime": "local", "modules": modules}, indent=2))
    lines = [line.strip(" ,") for line in path.read_text().splitlines()]

    def place(text: str) -> str:
        return f"{path}:{lines.index(text) + 1}"

    assert found(workspace) == [
        Holder(3307, "mysql", "bar", place('"mysql": 3307'), "registry"),
        Holder(4001, "grpc", "bar-one", place('"grpc": 4001'), "registry"),
        Holder(4003, "grpc", "bar", place('"grpc": 4003'), "registry"),
    ]


def test_a_module_may_be_called_like_a_key_of_the_registry(workspace: Path) -> None:
    names = ["modules", "ports", "mysql", "blocks", "grpc"]
    entry = Entry("/r", "r", "p", "mysql", "2026-01-01T00:00:00Z", blocks={"workspace.yaml": "0"})
    ports = {name: {"grpc": 4001 + i, "mysql": 3307 + i} for i, name in enumerate(names)}
    registry = Registry("local", modules={name: replace(entry, ports=ports[name]) for name in names})
    path = workspace / ".dmb" / "registry.json"
    path.write_text(registry.text())
    lines = path.read_text().splitlines()
    for holder in found(workspace):
        line = int(holder.place.rpartition(":")[2])
        assert lines[line - 1].strip(" ,") == f'"{holder.kind}": {holder.port}'
        assert ports[holder.who][holder.kind] == holder.port
    assert len(found(workspace)) == 2 * len(names)


@pytest.mark.parametrize(
    ("text", "line"),
    [("{\n  oops", 2), ("[]", 1), ('{"modules": {"a": 1}}', 1), ('{"modules": {"a": {"ports": {"grpc": "x"}}}}', 1)],
)
def test_a_broken_registry_is_refused(workspace: Path, text: str, line: int) -> None:
    path = workspace / ".dmb" / "registry.json"
    path.write_text(text)
    with pytest.raises(DmbError) as caught:
        survey(workspace)
    assert caught.value.place == f"{path}:{line}"


# --- files that the registry has elsewhere --------------------------------------------------------------------------


@pytest.fixture
def places(workspace: Path) -> Callable[[dict[str, str]], None]:
    """Say in the registry where files stand that are not in their usual places, and make their folders."""

    def write(places: dict[str, str]) -> None:
        for place in places.values():
            (workspace / place).parent.mkdir(exist_ok=True)
        (workspace / ".dmb" / "registry.json").write_text(Registry("docker", places=places).text())

    return write


def test_a_workspace_yaml_and_an_env_that_stand_elsewhere(
    workspace: Path, places: Callable[[dict[str, str]], None]
) -> None:
    places({"workspace.yaml": "home/workspace.yaml", ".env": "home/dagster.env"})
    path = workspace / "home" / "workspace.yaml"
    path.write_text("load_from:\n  - grpc_server: {host: host.docker.internal, port: {env: A_PORT}}\n")
    env = workspace / "home" / "dagster.env"
    env.write_text("A_PORT=4321\n")
    assert [(holder.port, holder.place) for holder in found(workspace)] == [(4321, f"{env}:1"), (4321, f"{path}:2")]


def test_a_compose_file_that_stands_elsewhere(workspace: Path, places: Callable[[dict[str, str]], None]) -> None:
    places({"docker-compose.yml": "ops/containers.yaml"})
    for name, port in (("ops/containers.yaml", 5999), ("ops/compose.override.yaml", 5998), ("compose.yaml", 5997)):
        (workspace / name).write_text(f"services: {{a: {{image: x, ports: ['{port}:80']}}}}\n")
    (workspace / "ops" / "notes.yaml").write_text("services: {a: {image: x, ports: ['5996:80']}}\n")
    assert [holder.port for holder in found(workspace)] == [5997, 5998, 5999]


def test_a_compose_file_that_is_missing_in_its_place_takes_no_port(
    workspace: Path, places: Callable[[dict[str, str]], None]
) -> None:
    places({"docker-compose.yml": "ops/docker-compose.yml"})
    assert survey(workspace).holders == ()
    assert survey(workspace).notes == ()


@pytest.mark.parametrize("workspace_folder", [None, "gone"])
def test_without_a_workspace_there_is_nothing(tmp_path: Path, workspace_folder: str | None) -> None:
    root = tmp_path / workspace_folder if workspace_folder else None
    assert survey(root, siblings=tmp_path / "gone").holders == ()
    assert survey(root, siblings=tmp_path / "gone").notes == ()


# --- modules beside the new one -------------------------------------------------------------------------------------

MANIFEST = '[tool.dmb]\nmanifest = 1\nname = "{name}"\n\n[tool.dmb.ports]\ngrpc = {port}\n'


def module(folder: Path, text: str) -> Path:
    folder.mkdir()
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_the_manifests_of_the_folder(tmp_path: Path) -> None:
    one = module(tmp_path / "bar-one", MANIFEST.format(name="bar-one", port=4001))
    two = module(tmp_path / "renamed", MANIFEST.format(name="bar-two", port=4002) + "postgresql = 5440\n")
    inline = module(tmp_path / "inline", '[tool]\ndmb.ports = { "grpc" = 4_003 }\n')
    module(tmp_path / "no-ports", '[tool.dmb]\nname = "x"\n')
    module(tmp_path / "foreign", "[project]\nname = 'admbient'\n")
    module(tmp_path / "{{cookiecutter.module_slug}}", "[tool.dmb.ports]\ngrpc = {{ cookiecutter.__grpc_port }}\n")
    (tmp_path / "a-file").touch()
    assert found(None, tmp_path) == [
        Holder(4001, "grpc", "bar-one", f"{one}:6", "manifest"),
        Holder(4002, "grpc", "bar-two", f"{two}:6", "manifest"),
        Holder(4003, "grpc", "inline", str(inline), "manifest"),
        Holder(5440, "postgresql", "bar-two", f"{two}:7", "manifest"),
    ]
    assert survey(None, siblings=tmp_path).notes == ()


@pytest.mark.parametrize("text", ["[tool.dmb.ports\n", "[tool.dmb]\nports = 1\n", "tool.dmb = 1\n"])
def test_a_broken_manifest_of_a_neighbour_is_a_note(tmp_path: Path, text: str) -> None:
    path = module(tmp_path / "broken", text)
    one = module(tmp_path / "whole", MANIFEST.format(name="whole", port=4001))
    assert [holder.place for holder in found(None, tmp_path)] == [f"{one}:6"]
    assert [note.partition(" ")[0] for note in survey(None, siblings=tmp_path).notes] == [str(path)]
