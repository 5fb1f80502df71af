"""Changing a workspace of many modules: against one load of its files by PyYAML's C loader, in this process.

A local workspace of ten modules, one small YAML file, loads in less than half a millisecond; that a change survives a
crash of the machine takes as long as that alone, which is shown by itself. What is promised for ten of them is missed,
and so it is where a sync is mostly the parsing of a thousand pyproject.toml: both are printed against the promise.
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
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import yaml

from dmb.formats import envfile
from dmb.layout import Layout, find
from dmb.module import Module
from dmb.template.create import create
from dmb.transaction.transaction import transaction
from dmb.workspace.changes.add import add_modules
from dmb.workspace.changes.init import init_docker, init_local
from dmb.workspace.changes.sync import sync
from dmb.workspace.state.status import listing

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


RUNS = ((10, 25), (100, 15), (1000, 9), (10_000, 3))  # modules, pairs
GROWTH = 1.2  # no faster than the load, and what two measurements of one thing differ by
NAME = "Zed Zero"  # of the module that the docker runtime's are made of


def run() -> Iterator[Pair]:
    """Yield what is measured. No environments are made: only files are measured."""
    # In memory where that is possible: what a disk takes to make a change durable is the disk's own.
    shared = "/dev/shm"  # noqa: S108
    memory = shared if os.access(shared, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="dmb-bench-", dir=memory) as name, _no_collector():
        folder = Path(name)
        made = create({"module_name": NAME, "governance": "quick"}, output_dir=folder, no_input=True).project
        yield from _docker(folder / "docker", made)
        ratios: dict[int, float] = {}
        for count, runs in RUNS:
            layout = _workspace(folder / f"ws-{count}")
            modules = _modules(folder / f"modules-{count}", count)
            _sync(layout, modules)
            module = _modules(folder / f"one-{count}", 1, first=count) / "m"
            load = itertools.repeat(partial(_load, layout))
            pair = _turns(
                f"add one to {count:,} modules ÷ load of its files",
                (partial(_add, place, module) for place in _copies(layout)),
                load,
                bound=3,
                runs=runs,
            )
            ratios[count] = pair.ratio
            yield pair
            yield _turns(
                "  of that, what making any change durable takes ÷ load of its files",
                (partial(_rewrite, place) for place in _copies(layout)),
                load,
                bound=None,
                runs=runs,
            )
            if count == 1000:
                yield from _syncs(folder, layout, modules, module, made)
                yield _pair(
                    "list 1,000 modules ÷ load of its files",
                    partial(listing, layout),
                    partial(_load, layout),
                    bound=3,
                    runs=runs,
                )
        yield Pair(
            "growth of an add from 1,000 to 10,000 modules ÷ growth of the load",
            ratios[10_000],
            ratios[1000],
            ratios[10_000] / ratios[1000],
            bound=GROWTH,
            unit="",
        )


def _docker(folder: Path, made: Path) -> Iterator[Pair]:
    """The docker runtime, where each module has a service in docker-compose.yml too."""
    for count, runs in RUNS[:-1]:
        root = folder / f"ws-{count}"
        init_docker(root, run_launcher="default", dry_run=False)
        layout = find(root)
        _sync(layout, _renamed(made, folder / f"modules-{count}", range(count)))
        module = _renamed(made, folder / f"one-{count}", range(count, count + 1)) / f"m-{count}"
        yield _turns(
            f"docker: add one to {count:,} modules ÷ load of its files",
            (partial(_add, find(place.root), module) for place in _copies(layout)),
            itertools.repeat(partial(_load, layout)),
            bound=3,
            runs=runs,
        )


def _renamed(made: Path, folder: Path, numbers: Iterable[int]) -> Path:
    """Copies of what a workspace reads of the module `made`, each with the name of its number."""
    pieces = [file for file in (made / "workspace/local").iterdir() if file.is_file()]
    for number in numbers:
        for piece in (made / "pyproject.toml", *pieces):
            text = piece.read_text("utf-8")
            for case, gap in itertools.product((str.lower, str.upper, str.title), "-_ "):
                text = text.replace(case(NAME).replace(" ", gap), case(f"M {number}").replace(" ", gap))
            file = folder / f"m-{number}" / piece.relative_to(made)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return folder


def _syncs(folder: Path, layout: Layout, modules: Path, module: Path, made: Path) -> Iterator[Pair]:
    """1,000 modules at once, into a workspace that has none and into one that has as many.

    These modules' pyproject.toml say no more than what is read there. The one of a module that the template made is
    nine times as long, and tomllib reads all of it: what that alone takes is shown beside.
    """
    more = _modules(folder / "more", 1000, first=50_000)
    whole = _renamed(made, folder / "whole", range(50_000, 51_000))
    empty = _workspace(folder / "empty")
    for what, call, bound in (
        ("sync 1,000 new modules", (partial(_sync, place, more) for place in _copies(empty)), 4),
        ("sync 1,000 new modules into 1,000", (partial(_sync, place, more) for place in _copies(layout)), 4),
        ("  of that, parsing their pyproject.toml", itertools.repeat(partial(_manifests, more, modules)), None),
        ("sync 1,000 new modules of the template", (partial(_sync, place, whole) for place in _copies(empty)), 4),
        ("  of that, parsing their pyproject.toml", itertools.repeat(partial(_manifests, whole)), None),
    ):
        yield _turns(
            f"{what} ÷ add one to 1,000",
            call,
            (partial(_add, place, module) for place in _copies(layout)),
            bound=bound,
            runs=9,
        )


def _manifests(*projects: Path) -> None:
    for folder in projects:
        for file in folder.glob("*/pyproject.toml"):
            tomllib.loads(file.read_text("utf-8"))


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
    calls = itertools.repeat(ours), itertools.repeat(theirs)
    return _turns(what, *calls, bound=bound, runs=runs, clock=time.perf_counter)


def _turns(
    what: str,
    ours: Iterator[Callable[[], object]],
    theirs: Iterator[Callable[[], object]],
    *,
    bound: float | None,
    runs: int,
    clock: Callable[[], float] = time.process_time,
) -> Pair:
    """Each turn has its own calls: what they work on is made before the clock starts.

    The clock counts what this process does, not what others do on a busy machine; with other processes at work for it,
    the one on the wall is needed.
    """
    seconds = [(_seconds(next(ours), clock), _seconds(next(theirs), clock)) for _ in range(runs + 1)][1:]
    a, b = zip(*seconds, strict=True)
    ratio = statistics.median(x / y for x, y in seconds)
    return Pair(what, statistics.median(a), statistics.median(b), ratio, bound)


def _seconds(call: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    start = clock()
    call()
    return clock() - start


def _modules(folder: Path, count: int, *, first: int = 0) -> Path:
    for number in range(first, first + count):
        module = folder / (f"m-{number}" if count > 1 else "m")
        module.mkdir(parents=True)
        (module / "pyproject.toml").write_text(PYPROJECT.format(number=number), encoding="utf-8")
    return folder


def _workspace(root: Path) -> Layout:
    return init_local(root, code_servers=False, install=False, dry_run=False, tell=_silent).layout


def _copies(layout: Layout) -> Iterator[Layout]:
    """The workspace again and again, each time in a folder of its own, so that none grows from turn to turn."""
    while True:
        root = Path(tempfile.mkdtemp(dir=layout.root.parent))
        shutil.copytree(layout.root, root, dirs_exist_ok=True)
        yield Layout(root)
        shutil.rmtree(root)


def _add(layout: Layout, module: Path) -> None:
    envfile._read.cache_clear()  # a command starts with nothing
    add_modules(layout, [Module.read(module)], install=False, dry_run=False, tell=_silent)


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
    """The files that an add reads and writes, each read once: the YAML among them by CSafeLoader, the others as bytes.

    `.env` is no YAML. The registry would pass as such, but it is ours, and JSON: to read it so slowly would flatter us.
    """
    layout.env.read_bytes()
    layout.registry.read_bytes()
    files = [layout.workspace_yaml]
    if layout.compose.exists():
        layout.dockerfile.read_bytes()
        files += [layout.compose, layout.dagster_yaml]
    return [yaml.load(file.read_bytes(), yaml.CSafeLoader) for file in files]


def _silent(_: str) -> None:
    pass
