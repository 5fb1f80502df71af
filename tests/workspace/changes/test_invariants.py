"""What holds for any set of modules, any order and any edits of people: at the level of operations, on real files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from dmb.errors import DmbError
from dmb.formats import envfile
from dmb.layout import Layout
from dmb.module import Module
from dmb.workspace.changes.add import add_modules
from dmb.workspace.changes.init import init_local
from dmb.workspace.changes.remove import remove_modules
from dmb.workspace.state.status import listing
from tests.support.corpus.workspace_files import ENVS, LISTS
from tests.support.modules import make_module

NAMES = ("a-one", "b", "c-3", "dd")
BROKEN = (
    "load_from: [\n",
    "load_from: 3\n",
    "a: 1\na: 2\n",
    "load_from: &x []\nb: *x\n",
    "--- 1\n--- 2\n",
    "? [a]\n: b\n",
    "load_from:\n# BEGIN: z\n",
    "load_from:\n\t- x\n",
)
PROCFILES = ("", "web: x", "# c\nweb: x -y\n", "web: x\r\n\r\n")

notes = st.lists(st.sampled_from(("# note\n", "\n", "  # far in\n")), max_size=4)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Module]:
    folder = tmp_path_factory.mktemp("modules")
    return {
        name: Module.read(make_module(folder, name, database="duckdb", port=4100 + number))
        for number, name in enumerate(NAMES)
    }


@contextmanager
def workspace(memory: Path, listed: str, env: str, procfile: str) -> Iterator[Layout]:
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        layout = init_local(
            Path(folder) / "ws", code_servers=True, install=False, dry_run=False, tell=lambda _: None
        ).layout
        layout.workspace_yaml.write_bytes(listed.encode())
        layout.env.write_bytes(env.encode())
        layout.procfile.write_bytes(procfile.encode())
        yield layout


def add(layout: Layout, *modules: Module) -> None:
    add_modules(layout, modules, install=False, dry_run=False, tell=lambda _: None)


def remove(layout: Layout, *names: str) -> None:
    remove_modules(layout, names, with_data=False, force=False, commit=True)


def state(layout: Layout) -> dict[str, bytes]:
    files = (layout.workspace_yaml, layout.env, layout.procfile, layout.registry)
    return {path.name: path.read_bytes() for path in files}


@settings(max_examples=60, deadline=None)
@given(
    listed=st.sampled_from(LISTS),
    env=st.sampled_from(ENVS),
    procfile=st.sampled_from(PROCFILES),
    order=st.permutations(NAMES),
    back=st.permutations(NAMES),
    together=st.integers(1, 4),
)
def test_adding_and_removing_in_any_order_is_nothing(
    memory: Path,
    modules: dict[str, Module],
    listed: str,
    env: str,
    procfile: str,
    order: list[str],
    back: list[str],
    together: int,
) -> None:
    with workspace(memory, listed, env, procfile) as layout:
        before = state(layout)
        add(layout, *(modules[name] for name in order[:together]))
        for name in order[together:]:
            add(layout, modules[name])
        there = state(layout)
        loaded = yaml.safe_load(layout.workspace_yaml.read_bytes())["load_from"]
        assert YAML(typ="safe", pure=True).load(layout.workspace_yaml.read_bytes())["load_from"] == loaded
        servers = [item["grpc_server"] for item in loaded if "grpc_server" in item]
        assert {server["location_name"] for server in servers} == set(NAMES)
        assert len({server["port"] for server in servers}) == len(NAMES)
        add(layout, *modules.values())
        assert state(layout) == there
        assert not any(one.drifted for one in listing(layout).modules)
        for name in back:
            remove(layout, name)
        assert state(layout) == before


@settings(max_examples=60, deadline=None)
@given(listed=st.sampled_from(LISTS), env=st.sampled_from(ENVS), above=notes, below=notes)
def test_edits_of_people_stay_when_a_module_goes(
    memory: Path, modules: dict[str, Module], listed: str, env: str, above: list[str], below: list[str]
) -> None:
    """remove(edit(add(x))) == edit(x), where an edit is lines above all, or below all of a file that ends with one."""

    def edit(path: Path, original: str) -> None:
        text = path.read_bytes().decode()
        bom = "\ufeff" if text.startswith("\ufeff") else ""
        ended = "".join(below) if original.endswith("\n") else ""
        path.write_bytes(f"{bom}{''.join(above)}{text.removeprefix(bom)}{ended}".encode())

    with workspace(memory, listed, env, "") as layout, workspace(memory, listed, env, "") as without:
        add(layout, modules["b"])
        for one in (layout, without):
            edit(one.workspace_yaml, listed)
            edit(one.env, env)
        remove(layout, "b")
        assert layout.workspace_yaml.read_bytes() == without.workspace_yaml.read_bytes()
        assert layout.env.read_bytes() == without.env.read_bytes()


@settings(max_examples=40, deadline=None)
@given(
    broken=st.sampled_from(BROKEN),
    env=st.sampled_from((*ENVS, "A='open\n", "# END: q\n", "B_DUCKDB_PATH=1\n")),
    swap=st.booleans(),
)
def test_a_refusal_changes_no_byte(memory: Path, modules: dict[str, Module], broken: str, env: str, swap: bool) -> None:
    listed = "load_from: []\n" if swap else broken
    with workspace(memory, listed, env if not swap else "A='open\n", "") as layout:
        before = state(layout)
        with pytest.raises(DmbError) as refused:
            add(layout, modules["b"])
        assert refused.value.place
        assert refused.value.remedy
        assert state(layout) == before


def test_what_env_sets_is_what_it_set_before(memory: Path, modules: dict[str, Module]) -> None:
    for env in ENVS:
        with workspace(memory, "load_from: []\n", env, "") as layout:
            add(layout, modules["b"])
            found = envfile.assignments(layout.env.read_bytes().decode(), ".env")
            old = envfile.assignments(env, ".env")
            assert [(one.key, one.value) for one in found if one.owner is None] == [(o.key, o.value) for o in old]
