"""What holds in any workspace of containers: files of any style, modules in any order, edits of people in between."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dmb.errors import DmbError
from dmb.formats.dockerfile import instructions
from dmb.layout import Layout, find
from dmb.workspace.changes.adopt import adopt
from dmb.workspace.changes.init import init_docker
from dmb.workspace.state.status import listing
from tests.support.changes import add, remove
from tests.support.containers import config
from tests.support.corpus import dockerfiles
from tests.support.corpus.workspace_files import ENVS, LISTS
from tests.support.modules import isolated, shared
from tests.support.workspaces import MARKER, contents, unmarked

ISOLATED = ("a-one", "b")
NAMES = (*ISOLATED, "shop")
NEEDS = {
    "list": "{0}depends_on:\n{1}- store\n",
    "flush list": "{0}depends_on:\n{0}- store # first\n",
    "list in brackets": "{0}depends_on: [store]\n",
    "map": "{0}depends_on:\n{1}store:\n{1}  condition: service_started\n",
    "map in brackets": "{0}depends_on: {{store: {{condition: service_started}}}}\n",
    "empty": "{0}depends_on: []  # nothing\n",
    "absent": "",
}
VARIABLES = {
    "map": "{0}environment:\n{1}# home\n{1}DAGSTER_HOME: '/opt/home'\n",
    "list": "{0}environment:\n{0}- DAGSTER_HOME=/opt/home\n",
    "list in brackets": '{0}environment: ["DAGSTER_HOME=/opt/home"]\n',
    "map in brackets": "{0}environment: {{DAGSTER_HOME: /opt/home}}\n",
    "absent": "",
}
BUILDS = ("{0}build:\n{1}context: .\n", "{0}build:\n{1}dockerfile: ./Dockerfile # ours\n")
RUNS = (
    "{0}entrypoint:\n{0}- {2}\n{0}- run\n",
    '{0}command: ["{2}", "-w", "workspace.yaml"]\n',
    "{0}command: >\n{1}{2} run\n",
)
STORAGE = "storage: {postgres: {postgres_url: {env: STORE_URL}}}\n"
LAUNCHERS = (
    f"{STORAGE}telemetry:\n  enabled: false\n",
    STORAGE
    + "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config:\n    network: n\n    env_vars:\n"
    "      - DAGSTER_HOME\n\n# end\n",
    STORAGE
    + "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n  config: {env_vars: [], network: n}",
    f"{STORAGE.strip()}\r\nrun_launcher:\r\n    module: dagster_docker\r\n    class: DockerRunLauncher\r\n",
)
TAILS = (
    "volumes:\n  dagster_storage:\n",
    "volumes:\n  dagster_storage:",
    "volumes: {dagster_storage: }\n# end",
    "\nvolumes:\n    dagster_storage:\n        driver: local\n\n\n",
)


@st.composite
def compose_files(draw: Any) -> str:
    """A Compose file with a webserver, a daemon and a database, in one of many styles."""
    step = draw(st.sampled_from(["  ", "    "]))
    indents = (step * 2, step * 3)
    lines = [draw(st.sampled_from(["", "# ours\n", "---\n", "version: '3.8'\n\n"]))]
    lines.append("services:\n")
    for name, program, built in (("ui", "dagster-webserver", True), ("timer", "dagster-daemon", False)):
        lines.append(draw(st.sampled_from(["", "\n", f"{step}# {name}\n", "# flush\n"])))
        parts = [
            draw(st.sampled_from(BUILDS)) if built else "{0}image: 'host:1'\n",
            draw(st.sampled_from(RUNS)),
            draw(st.sampled_from(sorted(NEEDS.values()))),
            draw(st.sampled_from(sorted(VARIABLES.values()))),
            "{0}networks: [inner]\n",
        ]
        lines.append(f"{step}{name}:\n")
        lines += [part.format(*indents, program) for part in draw(st.permutations(parts))]
    lines.append(f"{step}store: {{image: postgres, networks: [inner]}}\nnetworks:\n{step}inner:\n")
    lines.append(draw(st.sampled_from(TAILS)))
    text = "".join(lines)
    eol = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return str(draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", eol))


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("modules")
    found = {name: isolated(folder, name, 5500 + number) for number, name in enumerate(ISOLATED)}
    return {**found, "shop": shared(folder, "shop")}


Texts = tuple[str, str, str, str, str]
FILES = st.tuples(
    compose_files(),
    st.sampled_from(LISTS),
    st.sampled_from(LAUNCHERS),
    st.sampled_from(ENVS),
    st.sampled_from([text for text, _ in dockerfiles.SHAPES.values()]),
)


@contextmanager
def workspace(memory: Path, texts: Texts) -> Iterator[Layout]:
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        layout = init_docker(Path(folder) / "ws", run_launcher="default", dry_run=False).layout
        for path, text in zip(places(layout), texts, strict=True):
            path.write_bytes(text.encode())
        yield layout


def places(layout: Layout) -> tuple[Path, ...]:
    return layout.compose, layout.workspace_yaml, layout.dagster_yaml, layout.env, layout.dockerfile


def own(layout: Layout) -> dict[str, bytes]:
    return {name: data for name, data in contents(layout.root).items() if not name.startswith(".dmb")}


def without(data: Any) -> Any:
    """A Compose file's data without what is a module's, and without what is empty."""
    if isinstance(data, dict):
        found = {key: without(value) for key, value in data.items() if not of_module(str(key))}
        return {
            key: value
            for key, value in found.items()
            if value not in ({}, [], None) or key in ("inner", "dagster_storage")
        }
    return [without(one) for one in data if not of_module(str(one))] if isinstance(data, list) else data


def of_module(name: str) -> bool:
    prefixes = tuple(f"{one.replace('-', '_').upper()}_" for one in NAMES)
    return (
        name in NAMES
        or name.startswith("./auth/")
        or name in {f"{one}-db" for one in ISOLATED}
        or name.startswith(prefixes)
    )


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(texts=FILES, order=st.permutations(NAMES), back=st.permutations(NAMES), together=st.integers(1, 3))
def test_adding_and_removing_in_any_order_is_nothing(
    memory: Path, modules: dict[str, Path], texts: Texts, order: list[str], back: list[str], together: int
) -> None:
    with workspace(memory, texts) as layout:
        before = own(layout)
        add(layout.root, *(modules[name] for name in order[:together]))
        for name in order[together:]:
            add(layout.root, modules[name])
        there = own(layout)

        new, old = yaml.safe_load(there["docker-compose.yml"]), yaml.safe_load(before["docker-compose.yml"])
        assert without(new) == without(old)
        assert set(new["services"]) == {*old["services"], *ISOLATED, *(f"{name}-db" for name in ISOLATED)}
        assert not any({*ISOLATED} & {*(new["services"][name].get("depends_on") or ())} for name in ("ui", "timer"))
        assert new["services"]["ui"]["build"]["additional_contexts"] == {"shop": str(modules["shop"])}
        assert YAML(typ="safe", pure=True).load(there["docker-compose.yml"]) == new
        judged = config(layout.root)
        assert judged.returncode == 0, judged.stderr
        loaded = yaml.safe_load(there["home/workspace.yaml"])["load_from"]
        listed = yaml.safe_load(before["home/workspace.yaml"]).get("load_from") or []
        assert [item for item in loaded if item in listed] == listed
        assert len(loaded) == len(listed) + len(NAMES)
        runs = [one for one in instructions(there["Dockerfile"].decode(), "Dockerfile") if "from=shop" in one.rest]
        assert len(runs) == 1

        add(layout.root, *modules.values())
        assert own(layout) == there
        assert not any(one.drifted for one in listing(layout).modules)
        for name in back:
            remove(layout.root, name)
        assert own(layout) == before


@settings(max_examples=25, deadline=None)
@given(texts=FILES, above=st.sampled_from(["# note\n", "\n# two\n\n"]), below=st.sampled_from(["# last\n", "\n"]))
def test_edits_of_people_stay_when_modules_go(
    memory: Path, modules: dict[str, Path], texts: Texts, above: str, below: str
) -> None:
    """remove(edit(add(x))) == edit(x), where an edit is lines above all, or below all of a file that ends with one."""

    def edit(layout: Layout) -> None:
        for path, original in zip(places(layout), texts, strict=True):
            text = path.read_bytes().decode()
            bom = "\ufeff" if text.startswith("\ufeff") else ""
            directive = path == layout.dockerfile and original.removeprefix(bom).startswith("#")  # it must stay first
            head = "" if directive or "---" in original else above
            path.write_bytes(
                f"{bom}{head}{text.removeprefix(bom)}{below if original.endswith(chr(10)) else ''}".encode()
            )

    with workspace(memory, texts) as layout, workspace(memory, texts) as plain:
        add(layout.root, *modules.values())
        edit(layout)
        edit(plain)
        remove(layout.root, *NAMES)
        for path, expected in zip(places(layout), places(plain), strict=True):
            assert path.read_bytes() == expected.read_bytes()


@settings(max_examples=30, deadline=None)
@given(texts=FILES, names=st.permutations(NAMES))
def test_taking_over_what_is_there_by_hand_adds_markers_alone(
    memory: Path, modules: dict[str, Path], texts: Texts, names: list[str]
) -> None:
    """What `add` writes, with no marker left, is as good as written by hand."""
    with workspace(memory, texts) as layout:
        add(layout.root, *(modules[name] for name in names))
        for path in places(layout):
            path.write_bytes(MARKER.sub(b"", path.read_bytes()))
        shutil.rmtree(layout.state)
        before = own(layout)
        try:
            adopted = adopt(layout.root, [], mapped={}, given=(), commit=True)
        except DmbError as refused:
            assert "shares its line" in refused.cause  # noqa: PT017 - else it is taken over
            assert own(layout) == before
            return
        after = own(layout)
        assert {*ISOLATED, "shop"} <= {group.name for group in adopted.groups}
        assert {name: unmarked(data) for name, data in after.items()} == {
            name: unmarked(data) for name, data in before.items()
        }
        assert yaml.safe_load(after["docker-compose.yml"]) == yaml.safe_load(before["docker-compose.yml"])
        assert not any(one.drifted for one in listing(find(layout.root)).modules)
        remove(layout.root, *(group.name for group in adopted.groups))
        left = own(layout)
        assert not any(MARKER.search(data) for data in left.values())
        services = yaml.safe_load(left["docker-compose.yml"])["services"]
        assert {*services} == {"ui", "timer", "store"}
        assert not yaml.safe_load(left["home/workspace.yaml"]).get("load_from")
