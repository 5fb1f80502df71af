"""What modules keep in containers: Docker's own names of their volumes, and the commands that delete it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.support.command import Dmb
from tests.support.containers import compose
from tests.support.modules import isolated, shared


def made(dmb: Dmb, root: Path) -> Path:
    assert dmb("workspace", "init", root, "--runtime", "docker").code == 0
    return root


def removed(dmb: Dmb, root: Path, *names: str) -> list[list[str]]:
    """The commands that are printed, as words."""
    done = dmb("workspace", "remove", *names, "--data", "--workspace", root, "--yes", "--json")
    assert done.code == 0, done.err
    return [shlex.split(command) for command in done.json["next"]]


@pytest.mark.parametrize(
    ("named", "env", "volume"),
    [
        ('name: "ws-1"\n', "", ""),
        ("", "", ""),  # the folder's name
        ("name: ${PROJECT:-my-ws}\n", "PROJECT=their-ws\n", ""),
        ('name: "ws-1"\n', "COMPOSE_PROJECT_NAME=from-env\n", ""),
        ('name: "ws-1"\n', "V=x\n", "    name: data-${V}-1\n"),
    ],
    ids=["name", "folder", "variable", "env", "volume"],
)
def test_volumes_are_named_as_compose_names_them(dmb: Dmb, tmp_path: Path, named: str, env: str, volume: str) -> None:
    root = made(dmb, tmp_path / "_Ws 1.2")
    file = root / "docker-compose.yml"
    first = next(line for line in file.read_text().splitlines(keepends=True) if line.startswith("name:"))
    file.write_text(file.read_text().replace(first, named))
    (root / ".env").write_text(env + (root / ".env").read_text())
    module = isolated(tmp_path)
    own = module / "workspace" / "local" / "docker-compose.yml"
    own.write_text(own.read_text() + volume)
    assert dmb("workspace", "add", module, "--workspace", root).code == 0
    expected = compose(root)["volumes"]["bar-one-db"]["name"]
    commands = removed(dmb, root, "bar-one")
    assert ["docker", "volume", "rm", expected] in commands
    assert commands[0] == ["docker", "compose", "--file", str(file), "up", "--detach", "--remove-orphans"]


def test_a_volume_that_compose_did_not_make_is_not_named(dmb: Dmb, tmp_path: Path) -> None:
    root = made(dmb, tmp_path / "ws")
    module = isolated(tmp_path)
    own = module / "workspace" / "local" / "docker-compose.yml"
    own.write_text(own.read_text() + "    external: true\n")
    assert dmb("workspace", "add", module, "--workspace", root).code == 0
    assert not any("volume" in words for words in removed(dmb, root, "bar-one"))


def test_what_is_in_the_storage_of_all_is_deleted_in_a_container(dmb: Dmb, tmp_path: Path) -> None:
    root = made(dmb, tmp_path / "ws")
    modules = [isolated(tmp_path), shared(tmp_path, "alpha")]
    assert dmb("workspace", "add", *modules, "--workspace", root).code == 0
    preview = dmb("workspace", "remove", "bar-one", "--data", "--workspace", root, "--dry-run")
    assert "docker volume rm ws_bar-one-db" in preview.err
    assert dmb("workspace", "remove", "bar-one", "--workspace", root, "--dry-run").err == ""
    *_, words = removed(dmb, root, "bar-one", "alpha")
    at = words.index("--entrypoint")
    service, *flags = words[at + 2 : at + 4]
    assert (words[at + 1], service, flags) == ("rm", "dagster-webserver", ["-rf"])
    paths = {path.removeprefix("/var/lib/dagster/storage/") for path in words[at + 4 :]}
    assert paths == {
        *("bar_one", "bar-one", "bar-one.duckdb", "bar-one.duckdb.wal"),
        *("alpha", "alpha.duckdb", "alpha.duckdb.wal"),
    }
    assert service in compose(root)["services"]


def test_a_storage_that_is_a_folder_of_the_host_is_emptied(dmb: Dmb, tmp_path: Path) -> None:
    root = made(dmb, tmp_path / "ws")
    file = root / "docker-compose.yml"
    text = file.read_text()
    file.write_text(text.replace("- dagster_storage:/var/lib", "- ./data:/var/lib"))
    assert file.read_text() != text
    assert dmb("workspace", "add", shared(tmp_path, "alpha"), "--workspace", root).code == 0
    (root / "data" / "alpha").mkdir(parents=True)
    (root / "data" / "alpha" / "orders.pkl").write_bytes(b"123")
    (root / "data" / "beta").mkdir()
    assert removed(dmb, root, "alpha") == []
    assert [path.name for path in (root / "data").iterdir()] == ["beta"]


def test_the_folder_of_a_modules_assets_goes_in_a_local_workspace_too(
    dmb: Dmb, workspace: Path, tmp_path: Path
) -> None:
    module = shared(tmp_path / "m", "a-b")
    assert dmb("workspace", "add", module, "--workspace", workspace, "--no-install").code == 0
    folder = workspace / "storage" / "a_b" / "orders.partitions"  # as the template's IO manager keeps `a_b/orders`
    folder.mkdir(parents=True)
    (folder / "2026.pkl").write_bytes(b"12")
    done = dmb("workspace", "remove", "a-b", "--data", "--workspace", workspace, "--yes", "--json")
    assert done.json["data"] == [{"module": "a-b", "path": str(workspace / "storage" / "a_b"), "bytes": 2}]
    assert not folder.parent.exists()
