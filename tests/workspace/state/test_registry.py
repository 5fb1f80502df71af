"""The workspace's own record, as bytes; and whose its modules are, which their manifests say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dmb.errors import DmbError
from dmb.workspace.state.registry import Entry, Registry
from tests.support.command import Dmb
from tests.support.modules import make_module

ENTRY = Entry("/m/größe", "größe", "p", "none", "2026-01-01T00:00:00Z", {"grpc": 4001}, {"workspace.yaml": "0"})
REGISTRY = Registry("local", modules={"a": ENTRY, "b": ENTRY}, places={"workspace.yaml": "conf/workspace.yaml"})


def test_it_is_json_for_people_and_comes_back_whole(tmp_path: Path) -> None:
    text = REGISTRY.text()
    assert Registry.parse(text.encode(), tmp_path) == REGISTRY
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    assert "größe" in text
    assert "places" not in Registry("local").text()


def test_the_layout_of_a_module_a_line_is_read(tmp_path: Path) -> None:
    head = '{\n "registry": 1,\n "runtime": "local",\n "code_servers": false,\n "modules": {\n'
    line = '  "a": ' + json.dumps(vars(ENTRY), ensure_ascii=False)
    assert Registry.parse(f"{head}{line}\n }}\n}}\n".encode(), tmp_path).modules == {"a": ENTRY}


def test_what_a_newer_version_wrote_is_refused_with_the_file(tmp_path: Path) -> None:
    document = json.loads(REGISTRY.text())
    document["modules"]["a"]["new_key"] = 1
    with pytest.raises(DmbError, match=r"the registry is broken: .*new_key") as refusal:
        Registry.parse(json.dumps(document).encode(), tmp_path / "registry.json")
    assert refusal.value.place == str(tmp_path / "registry.json")
    assert "upgrade dmb if a newer one wrote it" in refusal.value.remedy


def test_list_shows_the_owner_that_a_modules_manifest_has_now(dmb: Dmb, workspace: Path, tmp_path: Path) -> None:
    modules = [make_module(tmp_path, name, port=4001 + i) for i, name in enumerate(("alpha", "beta"))]
    assert dmb("workspace", "add", *modules, "--workspace", workspace, "--no-install").code == 0
    manifest = modules[0] / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace("[tool.dmb]\n", '[tool.dmb]\nowner = "team:a"\n'))
    listed = dmb("workspace", "list", "--workspace", workspace, "--json").json["modules"]
    assert [module["owner"] for module in listed] == ["team:a", ""]
    head, alpha, beta = dmb("workspace", "list", "--workspace", workspace).out.splitlines()
    assert [line[head.index("OWNER") :].split()[0] for line in (alpha, beta)] == ["team:a", "-"]
    manifest.write_text("broken")
    assert dmb("workspace", "list", "--workspace", workspace, "--json").json["modules"][0]["owner"] == ""
