"""`dmb ports`, as a person and as a program run it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dmb.ports.reservations import reserve
from tests.support.paths import ROOT
from tests.support.workspaces import bare_workspace

REPOSITORY = str(ROOT)


def dmb_ports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dmb", "ports", *arguments]
    environment = {**os.environ, "PYTHONPATH": REPOSITORY, "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A workspace with a claim of every source but sockets, and a module beside which another could be made."""
    workspace = bare_workspace(tmp_path / "workspace")
    (workspace / ".dmb" / "registry.json").write_text('{"modules": {"bar-one": {"ports": {"grpc": 4601}}}}')
    (workspace / ".env").write_text("BAR_ONE_GRPC_PORT=4601\nWEB_PORT=13001\n")
    (workspace / "compose.yml").write_text("services:\n  s:\n    ports: ['18000-18003:80', $GONE:1]\n")
    (workspace / "workspace.yaml").write_text("load_from:\n- grpc_server: {host: localhost, port: 4602}\n")
    reserve("bar-two", {"grpc": 4603}, workspace=workspace)
    module = workspace.parent / "projects" / "bar-three"
    module.mkdir(parents=True)
    (module / "pyproject.toml").write_text('[tool.dmb]\nname = "bar-three"\n[tool.dmb.ports]\ngrpc = 4604\n')
    return workspace


def test_all_claims_as_json(full: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        done = dmb_ports(full.parent / "projects", "--workspace", str(full), "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    data = json.loads(done.stdout)
    assert data["schema"] == "dmb.ports/1"
    assert data["workspace"] == str(full)
    claims = {(claim["port"], claim["source"]): claim for claim in data["holders"]}
    assert [key for key in sorted(claims) if key[1] != "socket"] == [
        (4601, "env"),
        (4601, "registry"),
        (4602, "workspace"),
        (4603, "reservation"),
        (4604, "manifest"),
        (13001, "env"),
        *((18000 + n, "compose") for n in range(4)),
    ]
    assert claims[18000, "compose"] == {
        "port": 18000,
        "kind": "",
        "who": "service s",
        "place": f"{full}/compose.yml:3",
        "source": "compose",
    }
    assert (port, "socket") in claims
    assert data["free"]["grpc"] not in {claim["port"] for claim in data["holders"]}
    assert set(data["free"]) == {"grpc", "postgresql", "mysql", "webserver"}
    assert data["notes"] == [f"{full}/compose.yml:3: GONE is not set, so what depends on it is unknown"]


def test_all_claims_for_a_person(full: Path) -> None:
    done = dmb_ports(full.parent, "--workspace", str(full), "--output-dir", "projects")
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["Workspace:", str(full)]
    by_port = {row[0]: row for row in rows}
    assert by_port["4604"][1:3] == ["grpc", "bar-three"]
    assert by_port["4604"][-1] == f"{full.parent}/projects/bar-three/pyproject.toml:4"
    assert by_port["18000-18003"][-1] == f"{full}/compose.yml:3"
    assert rows[-1][:2] == ["Next", "free:"]
    assert done.stderr == f"Note: {full}/compose.yml:3: GONE is not set, so what depends on it is unknown\n"


def test_without_a_workspace(tmp_path: Path) -> None:
    done = dmb_ports(tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Workspace: none\n")


def test_a_folder_that_was_named_must_be_a_workspace(tmp_path: Path) -> None:
    done = dmb_ports(tmp_path, "--workspace", str(tmp_path))
    assert done.returncode == 3
    assert done.stdout == ""
    assert str(tmp_path) in done.stderr


def test_a_broken_file_is_refused_with_its_line(full: Path) -> None:
    (full / ".env").write_text("A=1\nno assignment\n")
    done = dmb_ports(full.parent, "--workspace", str(full))
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{full}/.env:2: this line is not an assignment" in done.stderr
    assert "Traceback" not in done.stderr
