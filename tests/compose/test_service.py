"""Each form of what one service says, and of what Compose files are called."""

from __future__ import annotations

import pytest

from dmb.compose.names import COMPOSE_FILES, is_compose
from dmb.compose.published import short_port
from dmb.compose.service import Build, Service, build, env_files, environment, mounts, networks
from dmb.compose.services import container_names, services, volume_names
from dmb.formats.yamlsplice import YamlFile


def service(definition: str) -> Service:
    text = f"services:\n  bar: {definition}\n"
    return services(YamlFile(text, "/w/deploy/compose.yaml"))["bar"]


@pytest.mark.parametrize(
    ("item", "mount"),
    [
        ("data:/var/data", ("data", "/var/data")),
        ("data:/var/data:ro", ("data", "/var/data")),
        ("/var/data", ("", "/var/data")),
        ("'${HERE:-./data}:/var/data:rw'", ("${HERE:-./data}", "/var/data")),
        ("'C:\\data:/var/data'", ("C:\\data", "/var/data")),
        ("'data:${THERE}'", ("data", "${THERE}")),
        ("{type: bind, source: ./data, target: /var/data}", ("./data", "/var/data")),
        ("{type: tmpfs, target: /tmp}", ("", "/tmp")),  # noqa: S108 - read, not written to
    ],
)
def test_each_form_of_a_mount(item: str, mount: tuple[str, str]) -> None:
    assert mounts(service(f"{{volumes: [{item}]}}")) == [mount]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("{build: .}", Build("/w/deploy", "/w/deploy/Dockerfile", "")),
        ("{build: ../x}", Build("/w/x", "/w/x/Dockerfile", "")),
        ("{build: {context: ., dockerfile: a/Web, target: Last}}", Build("/w/deploy", "/w/deploy/a/Web", "last")),
        ("{build: {dockerfile: Web}}", Build("/w/deploy", "/w/deploy/Web", "")),
        ("{build: {dockerfile_inline: FROM x}}", None),
        ("{build: 'https://example.com/x.git'}", None),
        ("{build: '${HERE}'}", None),
        ("{image: x}", None),
    ],
)
def test_each_form_of_a_build(definition: str, expected: Build | None) -> None:
    assert build(service(definition)) == expected


def test_what_a_service_is_given() -> None:
    assert environment(service("{environment: [A=1, B]}")) == {"A": "1", "B": ""}
    assert environment(service("{environment: {A: 1, B: , C: null}}")) == {"A": "1", "B": "", "C": ""}
    assert env_files(service("{env_file: a.env}")) == ["/w/deploy/a.env"]
    assert env_files(service("{env_file: [../a.env, {path: b.env, required: false}]}")) == [
        "/w/a.env",
        "/w/deploy/b.env",
    ]


def test_what_a_service_needs_and_is_on() -> None:
    assert service("{depends_on: [a, b]}").needs == ("a", "b")
    assert service("{depends_on: {a: {condition: service_started}}}").needs == ("a",)
    assert networks(service("{networks: {a: {aliases: [x]}, b: }}")) == ["a", "b"]
    assert networks(service("{image: x}")) == ["default"]
    other = service("{networks: [a]}")
    assert networks(service("{network_mode: 'service:other'}"), {"other": other._replace(name="other")}) == ["a"]


def test_names_of_containers_and_volumes() -> None:
    file = YamlFile(
        "services:\n  a: {container_name: one}\n  b: {container_name: }\n"
        "volumes:\n  v: {name: mine}\n  w: {name: theirs, external: true}\n"
        "  x: {name: old, external: {name: y}}\n  z:\n",
        "compose.yaml",
    )
    assert container_names(services(file)) == {"one": "a"}
    assert volume_names(file.root) == {"mine": "v"}


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("80", ("", "", "80", "tcp")),
        ("8080:80/udp", ("", "8080", "80", "udp")),
        ("127.0.0.1::80", ("127.0.0.1", "", "80", "tcp")),
        ("[::1]:8080:80", ("[::1]", "8080", "80", "tcp")),
        ("::1:8080:80", ("::1", "8080", "80", "tcp")),
        ("${A:?who/what: say it}:${B:-5440}:5432/tcp", ("${A:?who/what: say it}", "${B:-5440}", "5432", "tcp")),
    ],
)
def test_each_form_of_a_port(text: str, port: tuple[str, str, str, str]) -> None:
    assert short_port(text) == port


@pytest.mark.parametrize(
    "name", [*COMPOSE_FILES, "compose.prod.yaml", "compose_dev.yml", "docker-compose2.yml", "a/docker-compose-x.yaml"]
)
def test_what_compose_files_are_called(name: str) -> None:
    assert is_compose(name)


@pytest.mark.parametrize("name", ["composer.yaml", "my-compose.yml", "compose.json", "compose-.yaml.j2", "docker.yml"])
def test_what_others_are_called(name: str) -> None:
    assert not is_compose(name)
