"""Many at once, and processes killed at random times: every file is from before a change or from after it."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
import yaml

from dmb.errors import DmbError
from dmb.formats import envfile
from dmb.layout import Layout
from dmb.transaction.transaction import recover
from dmb.workspace.changes.adopt import adopt
from dmb.workspace.changes.init import init_docker, init_local
from dmb.workspace.changes.sync import sync
from dmb.workspace.state.registry import Registry
from dmb.workspace.state.status import listing
from tests.support import faults
from tests.support.changes import add, remove, silent
from tests.support.modules import isolated, make_module

KILLS = 216
SEQUENCES = 8
PARALLEL = 64

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")]


def names_in(layout: Layout) -> dict[str, list[str]]:
    """The modules that each file says are there."""
    items = yaml.safe_load(layout.workspace_yaml.read_bytes())["load_from"] or []
    variables = envfile.assignments(layout.env.read_text("utf-8"), ".env")
    return {
        "workspace.yaml": sorted(next(iter(item.values()))["location_name"] for item in items),
        ".env": sorted({variable.owner for variable in variables if variable.owner}),
        "registry": sorted(Registry.parse(layout.registry.read_bytes(), layout.registry).modules),
    }


def patiently(change: Callable[[], None]) -> None:
    """Make a change as a person would: again when another dmb was at work for too long."""
    while True:
        try:
            return change()
        except DmbError as refused:
            if "another dmb is working on this workspace" not in refused.cause:
                raise


@pytest.mark.parametrize("runtime", ["local", "docker"])
def test_many_at_once_are_all_there(memory: Path, runtime: str) -> None:
    folder, names = memory / f"parallel-{runtime}", [f"m-{number}" for number in range(PARALLEL)]
    if runtime == "local":
        layout = init_local(folder / "ws", code_servers=True, install=False, dry_run=False, tell=silent).layout
        modules = [make_module(folder / "m", name, database="duckdb") for name in names]
    else:
        layout = init_docker(folder / "ws", run_launcher="docker", dry_run=False).layout
        modules = [isolated(folder / "m", name) for name in names]
    old, new = modules[: PARALLEL // 4], modules[PARALLEL // 4 :]
    before = contents_of(layout)
    add(layout.root, *old)
    work: list[Callable[[], None]] = [partial(add, layout.root, module) for module in new]
    work += [partial(remove, layout.root, module.name) for module in old]
    random.Random(1).shuffle(work)  # noqa: S311
    running = [faults.fork(partial(patiently, each)) for each in work]
    assert [faults.wait(pid) for pid in running] == [0] * PARALLEL
    wanted = sorted(module.name for module in new)
    assert names_in(layout) == {"workspace.yaml": wanted, ".env": wanted, "registry": wanted}
    ports = re.findall(r"^M_\d+_(?:GRPC|DB)_PORT=(\d+)$", layout.env.read_text(), re.MULTILINE)
    assert len(ports) == len(set(ports)) == len(wanted)
    if runtime == "docker":
        compose = yaml.safe_load(layout.compose.read_bytes())
        assert {name for name in compose["services"] if name.startswith("m-")} == {
            service for name in wanted for service in (name, f"{name}-db")
        }
        daemon = compose["services"]["dagster-daemon"]
        assert daemon["environment"].keys() >= {f"{name.upper().replace('-', '_')}_DB_HOST" for name in wanted}
        assert daemon["depends_on"].keys() == {"dagster-postgresql"}
    assert not any(one.drifted for one in listing(layout).modules)
    remove(layout.root, *wanted)
    assert contents_of(layout) == before


def contents_of(layout: Layout) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file() and ".dmb" not in path.parts}


def sequence(layout: Layout, modules: list[Path], turn: random.Random) -> list[Callable[[], object]]:
    """Changes of every kind in an order of their own."""
    first, second, *others = modules
    work: list[Callable[[], object]] = [
        lambda: add(layout.root, *others[:2]),
        lambda: adopt(layout.root, ["by-hand"], mapped={}, given=(), commit=True),
        lambda: remove(layout.root, first.name),
        lambda: sync(layout, first.parent, prune=True, force=False, install=False, dry_run=False, tell=silent),
        lambda: add(layout.root, others[2]),
        lambda: remove(layout.root, second.name),
    ]
    order = list(range(len(work)))
    turn.shuffle(order)
    return [work[number] for number in order]


def test_no_kill_leaves_half_a_change_or_loses_one(memory: Path) -> None:
    folder = memory / "killed"
    root = folder / "ws"
    layout = init_local(root, code_servers=False, install=False, dry_run=False, tell=silent).layout
    modules = [make_module(folder / "m", f"m-{number}", database="duckdb") for number in range(5)]
    layout.workspace_yaml.write_text(
        "load_from:\n  - python_module:\n      module_name: x\n      location_name: by-hand\n"
    )
    add(root, *modules[:2])
    shutil.copytree(root, folder / "start")
    turn = random.Random(2026)  # noqa: S311
    inside = 0
    for _ in range(SEQUENCES):
        work = sequence(layout, modules, turn)
        # Every state that there is without a kill, and how long it takes to come there.
        states, began = [seen(layout)], time.monotonic()
        for change in work:
            change()
            states.append(seen(layout))
        took = time.monotonic() - began
        for _ in range(KILLS // SEQUENCES):
            shutil.rmtree(root)
            shutil.copytree(folder / "start", root)
            done = killed(work, turn.uniform(0, took))
            killed([partial(recover, layout.state)], turn.uniform(0, 0.003))  # at times the recovery too
            recover(layout.state)
            now = seen(layout)
            assert now in states[done : done + 2], f"after {done} changes"
            inside += 0 < done < len(work)
            assert not list(root.glob(".*.dmb"))
            assert not any(one.drifted for one in listing(layout).modules)
        shutil.rmtree(root)
        shutil.copytree(folder / "start", root)
    assert inside > KILLS // 4


def killed(work: Sequence[Callable[[], object]], after: float) -> int:
    """Do the work in a process that is killed `after` seconds: how many changes it had acknowledged."""
    reader, writer = os.pipe()

    def run() -> None:
        for change in work:
            change()
            os.write(writer, b".")

    pid = faults.fork(run)
    os.close(writer)
    time.sleep(after)
    os.kill(pid, signal.SIGKILL)
    faults.wait(pid)
    acknowledged = len(os.read(reader, 100))
    os.close(reader)
    return acknowledged


def seen(layout: Layout) -> tuple[bytes, bytes, list[str]]:
    """What the files hold; of the registry the modules, since it also has the time."""
    modules = Registry.parse(layout.registry.read_bytes(), layout.registry).modules
    return layout.workspace_yaml.read_bytes(), layout.env.read_bytes(), sorted(modules)
