"""The corpus of shapes: how many there are, and Compose's own word on what the splice makes of its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dmb.formats.yamlsplice import YamlFile
from tests.support.containers import config
from tests.support.corpus import dockerfiles, env_files, yaml_shapes
from tests.support.corpus.yaml_shapes import Shape, service

OWNERS = ("m1", "bar-two", "z3")
COMPOSE = {
    name: shape for name, shape in yaml_shapes.COMPOSE.items() if {"services", "volumes", "networks"} & {*shape.path}
}


def test_there_are_enough_of_them() -> None:
    """Different texts, not counting those that must be refused."""
    yaml_texts = {shape.text for shape in yaml_shapes.SHAPES.values()}
    assert len(yaml_texts) >= 60
    assert len(set(env_files.SHAPES.values())) >= 20
    assert len({text for text, _ in dockerfiles.SHAPES.values()}) >= 20


@pytest.mark.parametrize("shape", COMPOSE.values(), ids=COMPOSE)
def test_compose_reads_what_was_there_and_what_came(tmp_path: Path, shape: Shape) -> None:
    before = read(tmp_path, shape.text)
    if before is None:
        pytest.skip("a fragment that Compose does not take as it is")
    file = YamlFile(shape.text, "f.yaml")
    for owner in OWNERS:
        mount = f"  volumes: [{owner}-data:/d]\n" if shape.path == ("volumes",) else ""  # an unused one is left out
        bodies = {shape.path: shape.body(owner), ("services",): service(owner) + mount}
        if shape.path[-1] == "networks":
            bodies["networks",] = f"{owner}:\n"
        file.put(owner, bodies)
    after = read(tmp_path, file.render())
    assert after is not None
    services = after["services"]
    assert all(services[owner]["image"] == f"{owner}:1.0" for owner in OWNERS)
    if shape.path == ("services", "web", "depends_on"):
        started = {"condition": "service_started", "required": True}
        health = {"condition": "service_healthy", "required": True}
        needs = services["web"]["depends_on"]
        came = health if shape.body is yaml_shapes.condition else started
        assert {owner: needs.pop(owner) for owner in OWNERS} == dict.fromkeys(OWNERS, came)
    elif shape.path == ("volumes",):
        assert all(after["volumes"].pop(f"{owner}-data") for owner in OWNERS)
    elif shape.path == ("services", "web", "networks"):
        assert all(owner in services["web"]["networks"] for owner in OWNERS)
        for owner in OWNERS:
            del services["web"]["networks"][owner], after["networks"][owner]
    for owner in OWNERS:
        del services[owner]
    assert bare(after) == bare(before)


def read(folder: Path, text: str) -> Any:
    """What Compose makes of a file; None where it refuses it."""
    (folder / "docker-compose.yml").write_bytes(text.encode())
    done = config(folder)
    return json.loads(done.stdout) if done.returncode == 0 else None


def bare(data: Any) -> Any:
    """`data` without what is empty, and without the network of services that name none."""
    if not isinstance(data, dict):
        return data
    found = {key: bare(value) for key, value in data.items() if not (key == "default" and "name" in (value or {}))}
    return {key: value for key, value in found.items() if value not in ({}, None, {"default": None})}
