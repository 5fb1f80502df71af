"""Auditing: one module as the hook does it, against what else judges a repository; a thousand against parsing them."""

from __future__ import annotations

import ast
import contextlib
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import yaml

from audit_hooks.judging.engine import audit
from audit_hooks.judging.policy import Options
from audit_hooks.reading.git_files import tracked
from dmb.template.create import create

from .pairs import Pair, measure
from .workspace import _pair

BIN = Path(sys.executable).parent
COUNT = 1000
CORES = 2


def run() -> Iterator[Pair]:
    """Yield what is measured."""
    with tempfile.TemporaryDirectory(prefix="dmb-bench-") as name:
        folder = Path(name)
        project = create({"governance": "standard"}, output_dir=folder, no_input=True).project
        _commit(project)
        with contextlib.chdir(project):
            yield from _hook(project)
        yield from _many(project, folder / "many")


def _commit(project: Path) -> None:
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    subprocess.run(["git", "-C", str(project), "add", "-A"], check=True)


def _hook(project: Path) -> Iterator[Pair]:
    hook = [str(BIN / "dmb-audit")]  # as pre-commit calls it
    done = subprocess.run(hook, check=False, capture_output=True, text=True)
    if done.returncode or done.stdout:
        raise AssertionError(done.stdout)
    peers = {
        "python -c pass": ([sys.executable, "-c", "pass"], 8.0, 25),
        "dg check defs": ([str(BIN / "dg"), "check", "defs"], 1 / 10, 5),
        # It fails on what its own rules find.
        "repo-review with sp-repo-review": (["sh", "-c", f"'{BIN}/repo-review' '{project}' || true"], 1 / 5, 9),
    }
    for peer, (command, bound, runs) in peers.items():
        name = f"dmb-audit on a standard module ÷ {peer}"
        yield measure(name, lambda: hook, partial(list, command), bound=bound, runs=runs)


def _many(project: Path, folder: Path) -> Iterator[Pair]:
    """`COUNT` modules in one folder, by `CORES` processes; each file read and parsed once is the floor."""
    modules = [_copy(project, folder / f"bar-{number}", number) for number in range(COUNT)]
    files = [[module / name for name in sorted(tracked(module) or ())] for module in modules]
    verdicts = audit(folder, Options(), jobs=CORES)
    if len(verdicts) != COUNT or any(verdict.findings for verdict in verdicts):
        raise AssertionError([verdict for verdict in verdicts if verdict.findings][:3])
    yield _pair(
        f"audit of {COUNT:,} modules ÷ read and parse their files, both on {CORES} cores",
        lambda: audit(folder, Options(), jobs=CORES),
        lambda: _parse(files),
        bound=2,
        runs=3,
    )
    small, large = (_peak(folder, count) for count in (COUNT // 10, COUNT))
    yield Pair(f"memory of auditing {COUNT:,} modules ÷ {COUNT // 10}", large, small, large / small, 1.5, "MB")


def _copy(project: Path, target: Path, number: int) -> Path:
    """The module under another name, with a repository of its own."""
    shutil.copytree(project, target)
    for path in target.rglob("*"):
        if (
            path.suffix in (".py", ".toml", ".yaml", ".yml") or path.name == ".env.example"
        ) and ".git" not in path.parts:
            text = path.read_text(encoding="utf-8")
            text = text.replace("bar_one", f"bar_{number}").replace("bar-one", f"bar-{number}")
            path.write_text(text.replace("BAR_ONE", f"BAR_{number}"), encoding="utf-8")
    (target / "src/bar_one_dagster").rename(target / f"src/bar_{number}_dagster")
    subprocess.run(["git", "-C", str(target), "add", "-A"], check=True)
    return target


def _parse(files: list[list[Path]]) -> None:
    with multiprocessing.Pool(CORES) as pool:
        pool.map(_parse_each, files, chunksize=16)


def _parse_each(files: list[Path]) -> None:
    for path in files:
        data = path.read_bytes()
        if path.suffix == ".py":
            ast.parse(data)
        elif path.suffix in (".yaml", ".yml"):
            list(yaml.parse(data, Loader=yaml.CSafeLoader))


def _peak(folder: Path, count: int) -> float:
    """The largest resident set of one process that audits so many modules, in megabytes: as Linux counts it from the
    start of its program, since getrusage starts at the parent's.
    """
    script = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from audit_hooks.judging.discovery import repositories, subjects\n"
        "from audit_hooks.judging.engine import collect_seldom, verdict\n"
        "from audit_hooks.judging.policy import Options\n"
        "collect_seldom()\n"
        f"for repository in list(repositories(Path(sys.argv[1])))[:{count}]:\n"
        "    for subject in subjects(repository):\n"
        "        verdict(subject, Options())\n"
        "print(re.search('VmHWM:\\\\s+([0-9]+) kB', Path('/proc/self/status').read_text())[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], check=True, capture_output=True, text=True)
    return float(done.stdout) / 2**10
