"""Code servers come to where webserver and daemon reach them, however a workspace names its networks and volumes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.command import Dmb
from tests.support.containers import compose
from tests.support.modules import isolated
from tests.support.workspaces import add, own

WORKSPACE = """\
services:
  ui:
    image: dagster:1
    command: dagster-webserver -h 0.0.0.0
{ui}
  beat:
    image: dagster:1
    command: dagster-daemon run
{beat}
{rest}
"""
STORE = "    volumes: ['store:/var/lib/dagster/storage']\n"
DEFINED = "volumes: {dagster_storage: }\n"


def line(key: str, value: str) -> str:
    return f"    {key}: {value}\n"


PIECE = "bar-one/workspace/local/docker-compose.yml"
APART = DEFINED + "networks: {a: , b: }\n"
INNER = line("networks", "[inner]")

# What webserver and daemon say, what else the file says, the network on which both find a module.
SHAPES = {
    "another name": (
        INNER,
        INNER,
        DEFINED + "networks: {inner: }\n",
        "inner",
    ),
    "no network": ("", "", DEFINED, "default"),
    "in mappings": (
        line("networks", "{outer: {aliases: [ui]}, inner: }"),
        line("networks", "\n    - inner"),
        DEFINED + "networks: {inner: , outer: }\n",
        "inner",
    ),
    "of one that is extended": ("    extends: beat\n", INNER, DEFINED + "networks: {inner: }\n", "inner"),
    "of one in another file": (
        line("extends", "{file: base/all.yml, service: base}"),
        line("extends", "{file: base/all.yml, service: base}"),
        DEFINED + "networks: {inner: }\n",
        "inner",
    ),
    "external": (
        line("networks", "[shared]"),
        line("networks", "[shared]"),
        DEFINED + "networks: {shared: {external: true, name: company}}\n",
        "shared",
    ),
    "that of another service": (
        INNER,
        line("network_mode", "service:ui"),
        DEFINED + "networks: {inner: }\n",
        "inner",
    ),
    "its name has another use": (
        INNER,
        line("networks", "[inner, dagster]"),
        DEFINED + "networks: {inner: , dagster: }\n",
        None,
    ),
    "storage of another name": (STORE, STORE, "volumes: {store: }\n", "default"),
    "storage in a folder": (STORE.replace("store:", "./store:"), "", "", "default"),
}


def made(dmb: Dmb, root: Path, ui: str, beat: str, rest: str) -> None:
    """A workspace that dmb keeps, with a Compose file that it did not make."""
    assert dmb("workspace", "init", root, "--runtime", "docker").code == 0
    (root / "base").mkdir()
    (root / "base" / "all.yml").write_text("services:\n  base:\n    extends: far\n  far:\n    networks: [inner]\n")
    (root / "docker-compose.yml").write_text(WORKSPACE.format(ui=ui.rstrip(), beat=beat.rstrip(), rest=rest))


@pytest.mark.parametrize("shape", [name for name, shape in SHAPES.items() if shape[3]])
@pytest.mark.parametrize("piece", ["networks: [dagster]", "networks:\n      dagster:\n        aliases: [x]", ""])
def test_a_module_comes_to_their_network(dmb: Dmb, tmp_path: Path, shape: str, piece: str) -> None:
    ui, beat, rest, network = SHAPES[shape]
    root, module = tmp_path / "ws", isolated(tmp_path)
    made(dmb, root, ui, beat, rest)
    own_file = module / "workspace" / "local" / "docker-compose.yml"
    own_file.write_text(own_file.read_text().replace("    networks: [dagster]\n", f"    {piece}\n" if piece else ""))
    before = own(root)
    add(dmb, root, module)
    services = compose(root)["services"]
    assert {*services["bar-one"]["networks"]} == {*services["bar-one-db"]["networks"]} == {network}
    assert network in services["ui"]["networks"]
    target = {mount["target"]: mount for mount in services["bar-one"]["volumes"]}["/var/lib/dagster/storage"]
    if "store:" in ui:
        shared = {mount["target"]: mount for mount in services["ui"]["volumes"]}["/var/lib/dagster/storage"]
        assert (target["type"], target["source"]) == (shared["type"], shared["source"])
    state = own(root)
    assert "unchanged" in dmb("workspace", "add", module, "--workspace", root).out
    assert own(root) == state
    assert dmb("workspace", "remove", "bar-one", "--workspace", root, "--yes").code == 0
    assert own(root) == before


@pytest.mark.parametrize(
    ("ui", "beat", "rest", "piece", "place", "cause"),
    [
        (line("network_mode", "host"), "", DEFINED, None, "ws/docker-compose.yml:5", "`network_mode: host`"),
        (*SHAPES["its name has another use"][:3], None, f"{PIECE}:11", "where ui cannot reach"),
        ("", "", "", None, f"{PIECE}:9", "volume dagster_storage, which"),
        ("", "", DEFINED, "networks: [mine]", f"{PIECE}:11", "network mine, which"),
    ],
    ids=["host", "apart", "no storage", "a network that nobody has"],
)
def test_what_could_not_be_reached_is_refused(
    dmb: Dmb, tmp_path: Path, ui: str, beat: str, rest: str, piece: str | None, place: str, cause: str
) -> None:
    root, module = tmp_path / "ws", isolated(tmp_path)
    made(dmb, root, ui, beat, rest)
    if piece:
        own_file = module / "workspace" / "local" / "docker-compose.yml"
        own_file.write_text(own_file.read_text().replace("networks: [dagster]", piece))
    before = own(root)
    done = dmb("workspace", "add", module, "--workspace", root)
    assert (done.code, cause in done.err, "\n  -> " in done.err) == (2, True, True), done.err
    assert f"{tmp_path / place}: " in done.err
    assert own(root) == before


def test_a_module_comes_to_both_where_webserver_and_daemon_share_no_network(dmb: Dmb, tmp_path: Path) -> None:
    root = tmp_path / "ws"
    made(dmb, root, line("networks", "[a]"), line("networks", "[b]"), APART)
    before = own(root)
    add(dmb, root, isolated(tmp_path))
    services = compose(root)["services"]
    assert {*services["bar-one"]["networks"]} == {*services["bar-one-db"]["networks"]} == {"a", "b"}
    assert dmb("workspace", "remove", "bar-one", "--workspace", root, "--yes").code == 0
    assert own(root) == before


def test_all_that_is_missing_is_told_at_once(dmb: Dmb, tmp_path: Path) -> None:
    root, modules = tmp_path / "ws", [isolated(tmp_path, name, requires=("API_TOKEN",)) for name in ("bar-one", "foo")]
    rest = "  db:\n    image: postgres:17\n    volumes: ['pg:/var/lib/postgresql/data']\nvolumes:\n  pg:\n  home:\n"
    made(dmb, root, line("volumes", "['home:/opt/dagster']"), "", rest)
    (root / "home" / "dagster.yaml").write_text("run_launcher: {module: dagster_docker, class: DockerRunLauncher}\n")
    piece = tmp_path / PIECE
    piece.write_text(piece.read_text().replace("image: postgres:17", "image: postgres:${DB_VERSION:?version}"))
    before = own(root)
    done = dmb("workspace", "add", *modules, "--workspace", root)
    assert done.code == 2
    assert "bar-one, foo require variables that the workspace does not set: API_TOKEN, DB_VERSION" in done.err
    assert done.err.count("volume dagster_storage, which") == 1
    assert (f"{piece}:9: " in done.err, "write home there; or add it below `volumes:` of" in done.err) == (True, True)
    assert own(root) == before

    with (root / ".env").open("a") as file:
        file.write("API_TOKEN=x\nDB_VERSION=17\n")
    config = "  config:\n    env_vars: [API_TOKEN]\n"
    launcher = f"run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n{config}"
    (root / "home" / "dagster.yaml").write_text(launcher)
    text = (root / "docker-compose.yml").read_text().replace("  home:\n", "  home:\n  dagster_storage:\n")
    given = "    environment:\n      API_TOKEN: ${API_TOKEN}\n"
    (root / "docker-compose.yml").write_text(text.replace("    image: dagster:1\n", f"    image: dagster:1\n{given}"))
    add(dmb, root, *modules)


def test_on_the_hosts_network_a_published_port_is_reached(dmb: Dmb, tmp_path: Path) -> None:
    host = line("network_mode", "host")
    made(dmb, tmp_path / "ws", host, host, DEFINED)
    module = isolated(tmp_path)
    pieces = module / "workspace" / "local"
    entry, services = pieces / "workspace.yaml", pieces / "docker-compose.yml"
    entry.write_text(entry.read_text().replace("host: bar-one", "host: localhost"))
    services.write_text(
        services.read_text()
        .replace("networks: [dagster]", "networks: [default]")
        .replace("    volumes:\n", "    ports: ['127.0.0.1:4000:4000']\n    volumes:\n", 1)
    )
    add(dmb, tmp_path / "ws", module)
    (port,) = compose(tmp_path / "ws")["services"]["bar-one"]["ports"]
    assert (port["published"], port["host_ip"]) == ("4000", "127.0.0.1")


def test_the_entry_names_the_service(dmb: Dmb, tmp_path: Path) -> None:
    made(dmb, tmp_path / "ws", *SHAPES["another name"][:3])
    add(dmb, tmp_path / "ws", isolated(tmp_path))
    (item,) = yaml.safe_load((tmp_path / "ws" / "home" / "workspace.yaml").read_text())["load_from"]
    assert item["grpc_server"]["host"] in compose(tmp_path / "ws")["services"]
