"""Many at once, and processes killed at random times: every file is from before a change or from after it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from dmb import envfile
from dmb.module import Module
from dmb.transaction import recover
from dmb.workspace import operations
from dmb.workspace.adopt import adopt
from dmb.workspace.init import init_local
from dmb.workspace.layout import Layout
from dmb.workspace.registry import Registry
from dmb.workspace.status import listing
from dmb.workspace.sync import sync

from .conftest import make_module

KILLS = 216
SEQUENCES = 8
PARALLEL = 64


def silent(_: str) -> None:
    pass


def add(layout: Layout, *modules: Path) -> None:
    read = [Module.read(module) for module in modules]
    operations.add(layout, read, install=False, dry_run=False, tell=silent)


def remove(layout: Layout, *names: str) -> None:
    operations.remove(layout, names, with_data=False, force=False, commit=True)


def forked(work: Callable[[], None]) -> int:
    """A process that does the work; it ends with 0 when that was done."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def names_in(layout: Layout) -> dict[str, list[str]]:
    """The modules that each file says are there."""
    items = yaml.safe_load(layout.workspace_yaml.read_bytes())["load_from"] or []
    variables = envfile.assignments(layout.env.read_text("utf-8"), ".env")
    return {
        "workspace.yaml": sorted(next(iter(item.values()))["location_name"] for item in items),
        ".env": sorted({variable.owner for variable in variables if variable.owner}),
        "registry": sorted(Registry.parse(layout.registry.read_bytes(), layout.registry).modules),
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_many_at_once_are_all_there(memory: Path) -> None:
    folder = memory / "parallel"
    layout = init_local(folder / "ws", code_servers=True, install=False, dry_run=False, tell=silent).layout
    old = [make_module(folder / "m", f"old-{number}", database="duckdb") for number in range(PARALLEL // 4)]
    new = [make_module(folder / "m", f"new-{number}", database="duckdb") for number in range(PARALLEL - len(old))]
    add(layout, *old)
    work: list[Callable[[], None]] = [lambda module=module: add(layout, module) for module in new]  # type: ignore[misc]
    work += [lambda name=module.name: remove(layout, name) for module in old]  # type: ignore[misc]
    random.Random(1).shuffle(work)  # noqa: S311
    running = [forked(each) for each in work]
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in running] == [0] * PARALLEL
    wanted = sorted(module.name for module in new)
    assert names_in(layout) == {"workspace.yaml": wanted, ".env": wanted, "registry": wanted}
    items = yaml.safe_load(layout.workspace_yaml.read_bytes())["load_from"]
    assert len({item["grpc_server"]["port"] for item in items}) == len(wanted)
    assert not any(one.drifted for one in listing(layout).modules)


def sequence(layout: Layout, modules: list[Path], turn: random.Random) -> list[Callable[[], object]]:
    """Changes of every kind in an order of their own."""
    first, second, *others = modules
    work: list[Callable[[], object]] = [
        lambda: add(layout, *others[:2]),
        lambda: adopt(layout.root, ["by-hand"], mapped={}, given=(), commit=True),
        lambda: remove(layout, first.name),
        lambda: sync(layout, first.parent, prune=True, force=False, install=False, dry_run=False, tell=silent),
        lambda: add(layout, others[2]),
        lambda: remove(layout, second.name),
    ]
    order = list(range(len(work)))
    turn.shuffle(order)
    return [work[number] for number in order]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_no_kill_leaves_half_a_change_or_loses_one(memory: Path) -> None:
    folder = memory / "killed"
    root = folder / "ws"
    layout = init_local(root, code_servers=False, install=False, dry_run=False, tell=silent).layout
    modules = [make_module(folder / "m", f"m-{number}", database="duckdb") for number in range(5)]
    layout.workspace_yaml.write_text(
        "load_from:\n  - python_module:\n      module_name: x\n      location_name: by-hand\n"
    )
    add(layout, *modules[:2])
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
            recover(layout.state)
            now = seen(layout)
            assert now in states[done : done + 2], f"after {done} changes"
            inside += 0 < done < len(work)
            assert not list(root.glob(".*.dmb"))
            assert not any(one.drifted for one in listing(layout).modules)
        shutil.rmtree(root)
        shutil.copytree(folder / "start", root)
    assert inside > KILLS // 4


def killed(work: list[Callable[[], object]], after: float) -> int:
    """Do the work in a process that is killed `after` seconds: how many changes it had acknowledged."""
    reader, writer = os.pipe()

    def run() -> None:
        for change in work:
            change()
            os.write(writer, b".")

    pid = forked(run)
    os.close(writer)
    time.sleep(after)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    acknowledged = len(os.read(reader, 100))
    os.close(reader)
    return acknowledged


def seen(layout: Layout) -> tuple[bytes, bytes, list[str]]:
    """What the files hold; of the registry the modules, since it also has the time."""
    modules = Registry.parse(layout.registry.read_bytes(), layout.registry).modules
    return layout.workspace_yaml.read_bytes(), layout.env.read_bytes(), sorted(modules)
