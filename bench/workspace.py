"""Changing a workspace of many modules: against one load of its files by PyYAML's C loader, in this process.

A workspace of ten modules loads in a millisecond; that a change survives a crash of the machine takes longer than that,
however small the files are. So what this takes is shown by itself, and there is no bound for ten.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from dmb import envfile
from dmb.module import Module
from dmb.transaction import transaction
from dmb.workspace import operations
from dmb.workspace.init import init_local
from dmb.workspace.layout import Layout
from dmb.workspace.status import listing
from dmb.workspace.sync import sync

from .pairs import Pair

PYPROJECT = """\
[tool.dg.project]
root_module = "m_{number}_dagster"
[tool.dmb]
manifest = 1
name = "m-{number}"
title = "M {number}"
code_location = "isolated"
database = "duckdb"
governance = "quick"
template_version = "0.1.0"
"""


def run() -> Iterator[Pair]:
    """Yield what is measured. No environments are made: what is measured are the files."""
    # In memory where that is possible: what a disk takes to make a change durable is the disk's own.
    shared = "/dev/shm"  # noqa: S108
    memory = shared if os.access(shared, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="dmb-bench-", dir=memory) as name, _no_collector():
        folder = Path(name)
        for count, runs in ((10, 15), (100, 9), (1000, 7), (10_000, 2)):
            modules = _modules(folder / f"modules-{count}", count)
            layout = _workspace(folder / f"ws-{count}")
            _sync(layout, modules)
            extra = (_modules(folder / f"extra-{count}-{turn}", 1, first=count + turn) for turn in itertools.count())
            yield _pair(
                f"add one to {count:,} modules ÷ load of its files",
                lambda layout=layout, extra=extra: _add(layout, next(extra) / "m"),  # type: ignore[misc]
                lambda layout=layout: _load(layout),  # type: ignore[misc]
                bound=3 if 100 <= count <= 1000 else None,
                runs=runs,
            )
            yield _pair(
                "  of that, what making any change durable takes ÷ load of its files",
                lambda layout=layout: _rewrite(layout),  # type: ignore[misc]
                lambda layout=layout: _load(layout),  # type: ignore[misc]
                bound=None,
                runs=runs,
            )
            if count == 1000:
                empty = (_workspace(folder / f"empty-{turn}") for turn in itertools.count())
                copies = (_copy(layout, folder / f"copy-{turn}") for turn in itertools.count())
                more = _modules(folder / "more", 1000, first=50_000)
                for what, places, bound in (("1,000 new modules", empty, 4.0), ("1,000 more into 1,000", copies, None)):
                    yield _pair(
                        f"sync {what} ÷ add one to 1,000",
                        lambda places=places, more=more: _sync(next(places), more),  # type: ignore[misc]
                        lambda layout=layout, extra=extra: _add(layout, next(extra) / "m"),  # type: ignore[misc]
                        bound=bound,
                        runs=5,
                    )
                yield _pair(
                    "list 1,000 modules ÷ load of its files",
                    lambda layout=layout: listing(layout),  # type: ignore[misc]
                    lambda layout=layout: _load(layout),  # type: ignore[misc]
                    bound=3,
                    runs=runs,
                )


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    """Both sides are measured without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _pair(
    what: str, ours: Callable[[], object], theirs: Callable[[], object], *, bound: float | None, runs: int
) -> Pair:
    seconds = [(_seconds(ours), _seconds(theirs)) for _ in range(runs + 1)][1:]
    a, b = zip(*seconds, strict=True)
    ratio = statistics.median(x / y for x, y in seconds)
    return Pair(what, statistics.median(a), statistics.median(b), ratio, bound)


def _seconds(call: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _modules(folder: Path, count: int, *, first: int = 0) -> Path:
    for number in range(first, first + count):
        module = folder / (f"m-{number}" if count > 1 else "m")
        module.mkdir(parents=True)
        (module / "pyproject.toml").write_text(PYPROJECT.format(number=number), encoding="utf-8")
    return folder


def _workspace(root: Path) -> Layout:
    return init_local(root, code_servers=False, install=False, dry_run=False, tell=_silent).layout


def _copy(layout: Layout, root: Path) -> Layout:
    shutil.copytree(layout.root, root)
    return Layout(root)


def _add(layout: Layout, module: Path) -> None:
    envfile._read.cache_clear()  # a command starts with nothing
    operations.add(layout, [Module.read(module)], install=False, dry_run=False, tell=_silent)


def _sync(layout: Layout, projects: Path) -> None:
    envfile._read.cache_clear()
    sync(layout, projects, prune=False, force=False, install=False, dry_run=False, tell=_silent)


def _rewrite(layout: Layout) -> None:
    """Lock, journal, backups and syncs of a change to the files that an add changes, with nothing to parse or plan."""
    with transaction(layout.state) as tx:
        for path in (layout.workspace_yaml, layout.env, layout.registry):
            tx.write(path, (tx.read(path) or b"") + b"\n")
        tx.commit()


def _load(layout: Layout) -> object:
    """What an add reads too: workspace.yaml as YAML, the others as bytes."""
    layout.env.read_bytes()
    layout.registry.read_bytes()
    return yaml.load(layout.workspace_yaml.read_text("utf-8"), yaml.CSafeLoader)


def _silent(_: str) -> None:
    pass
