"""`make soak`: a workspace of containers under fire. Prints what was done, and what became of schedules and runs.

    python -m bench.soak [MINUTES]          10 by default; needs a Docker engine

Ten modules with a schedule each that fires every minute, each run in a container of its own. Every two minutes one
module is built anew and replaced; in between containers of modules, of runs and the daemon are killed by chance, and
with DMB_SOAK_ENGINE=1 (root; the engine is then this test's own) dockerd itself once. Ends with 1 when a run stays
unfinished that no process executes, or when a schedule has fewer ticks than minutes in which the daemon lived.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.engine import ComposeProject, Webserver, docker, removed_afterwards, wait_until

MODULES = 10
SETTLING = 240  # seconds after the last blow, in which monitoring and catch-up end what is open
SCHEDULE = '''"""Fires every minute, for the soak."""

import dagster as dg


@dg.op
def look() -> int:
    return 1


@dg.job
def soak_job() -> None:
    look()


@dg.definitions
def soak() -> dg.Definitions:
    schedule = dg.ScheduleDefinition(
        name="soak_{name}",
        job=soak_job,
        cron_schedule="* * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(schedules=[schedule])
'''
TICKS = """query($selector: ScheduleSelector!, $after: Float!) { scheduleOrError(scheduleSelector: $selector) {
  ... on Schedule { scheduleState { ticks(afterTimestamp: $after, limit: 1000) { timestamp status } } } } }"""
RUNS = """{ runsOrError(limit: 2000) { ... on Runs { results { runId status } } } }"""


@dataclass
class Soak:
    """The workspace and what was done to it."""

    project: ComposeProject
    webserver: Webserver
    names: Sequence[str]
    blows: list[str] = field(default_factory=list)

    def strike(self, what: str, *words: str) -> None:
        """Do something to a container or the engine; one that is gone already counts too."""
        docker(*words, expect=None)
        self.blows.append(f"{time.strftime('%H:%M:%S')} {what}")

    def memory(self) -> dict[str, float]:
        """MiB of each service's container."""
        lines = docker("stats", "--no-stream", "--format", "{{json .}}").strip().splitlines()
        usage = {line["Name"]: line["MemUsage"].split(" ")[0] for line in map(json.loads, lines)}
        return {name: _mebibytes(size) for name, size in usage.items()}


def main(arguments: Sequence[str]) -> int:
    """Run the soak for the minutes that are named."""
    minutes = float(arguments[0]) if arguments else 10
    with tempfile.TemporaryDirectory(prefix="dmb-soak-") as folder:
        return _soak(Path(folder), minutes)


def _soak(folder: Path, minutes: float) -> int:
    workspace = folder / "soak"
    _dmb("workspace", "init", workspace, "--runtime", "docker", "--run-launcher", "docker")
    names = [f"soak-{number}" for number in range(MODULES)]
    for name in names:
        _dmb("new", name, "--set", f"module_slug={name}", "--database", "none", "--no-input", "--output-dir", folder)
        package = folder / name / "src" / f"{name.replace('-', '_')}_dagster"
        (package / "defs" / "soak.py").write_text(SCHEDULE.format(name=name.replace("-", "_")))
    _dmb("workspace", "add", *(folder / name for name in names), "--workspace", workspace)
    _dmb("workspace", "build", "--workspace", workspace)
    with removed_afterwards(ComposeProject(workspace)) as project:
        project.compose("up", "--detach")
        port = int(project.compose("port", "dagster-webserver", "3000").rpartition(":")[2])
        soak = Soak(project, Webserver(port), names)
        soak.webserver.wait_for(*names, seconds=300)
        return _watch(soak, folder, minutes)


def _watch(soak: Soak, folder: Path, minutes: float) -> int:
    start, before = time.time(), soak.memory()
    end, rebuilt, engine = start + 60 * minutes, start, os.environ.get("DMB_SOAK_ENGINE") == "1"
    while time.time() < end:
        time.sleep(random.uniform(10, 25))  # noqa: S311
        if time.time() - rebuilt > 120:
            rebuilt = time.time()
            name = random.choice(list(soak.names))  # noqa: S311
            (folder / name / "README.md").write_text(f"built at {rebuilt}\n")
            _dmb("workspace", "build", name, "--workspace", soak.project.folder)
            soak.project.compose("up", "--detach")
            soak.blows.append(f"{time.strftime('%H:%M:%S')} built {name} anew and replaced it")
        elif engine and time.time() - start > 30 * minutes:
            engine = False
            _restart_engine(soak)
        else:
            random.choice([_kill_module, _kill_run, _kill_daemon])(soak)  # noqa: S311
    soak.blows.append(f"{time.strftime('%H:%M:%S')} peace")
    time.sleep(SETTLING)
    wait_until("the webserver answers", lambda: soak.webserver.locations() is not None)
    return _verdict(soak, start, time.time(), before)


def _kill_module(soak: Soak) -> None:
    name = random.choice(list(soak.names))  # noqa: S311
    soak.strike(f"killed the container of {name}", "kill", soak.project.services()[name]["Name"])


def _kill_run(soak: Soak) -> None:
    runs = docker("ps", "--quiet", "--filter", "label=dagster/run_id").split()
    if runs:
        soak.strike("killed the container of a run", "kill", random.choice(runs))  # noqa: S311


def _kill_daemon(soak: Soak) -> None:
    soak.strike("killed the daemon", "kill", soak.project.services()["dagster-daemon"]["Name"])


def _restart_engine(soak: Soak) -> None:
    import subprocess

    scripts = Path(__file__).parent.parent / ".ci" / "engine"
    for step in ("stop", "start"):
        subprocess.run([scripts, step], check=True)
    soak.project.compose("up", "--detach")
    soak.blows.append(f"{time.strftime('%H:%M:%S')} stopped the engine and started it")


def _verdict(soak: Soak, start: float, end: float, before: dict[str, float]) -> int:
    print(*soak.blows, sep="\n")
    runs = soak.webserver.ask(RUNS)["runsOrError"]["results"]
    counts = {
        status: sum(run["status"] == status for run in runs) for status in sorted({run["status"] for run in runs})
    }
    open_runs = [run["runId"] for run in runs if run["status"] in ("STARTED", "STARTING", "QUEUED", "CANCELING")]
    executed = docker("ps", "--filter", "label=dagster/run_id", "--format", '{{.Label "dagster/run_id"}}').split()
    stuck = [run for run in open_runs if run not in executed]
    minutes = int(end // 60) - int(start // 60)
    ticks = {name: _ticks(soak, name, start) for name in soak.names}
    missed = {name: minutes - len(times) for name, times in ticks.items() if len(times) < minutes - 1}
    after = soak.memory()
    growth = [after[name] / size for name, size in before.items() if name in after and size]
    print(f"runs: {counts}; open and executed by nothing: {len(stuck)}")
    print(
        f"minutes: {minutes}; ticks of a schedule: {min(map(len, ticks.values()))} to {max(map(len, ticks.values()))}"
    )
    print(f"memory after ÷ before: median {statistics.median(growth):.2f}, most {max(growth):.2f}")
    for sentence in (f"stuck: {stuck}" if stuck else "", f"ticks missed: {missed}" if missed else ""):
        if sentence:
            print(sentence)
    return 1 if stuck or missed else 0


def _ticks(soak: Soak, name: str, start: float) -> set[int]:
    """The minutes for which a schedule has a tick, whatever became of it."""
    selector = {
        "repositoryLocationName": name,
        "repositoryName": "__repository__",
        "scheduleName": f"soak_{name.replace('-', '_')}",
    }
    state = soak.webserver.ask(TICKS, selector=selector, after=start)["scheduleOrError"]["scheduleState"]
    return {int(tick["timestamp"] // 60) for tick in state["ticks"]}


def _mebibytes(text: str) -> float:
    units: list[tuple[str, Callable[[float], float]]] = [
        ("GiB", lambda value: value * 1024),
        ("MiB", lambda value: value),
        ("KiB", lambda value: value / 1024),
        ("B", lambda value: value / 1024**2),
    ]
    unit, convert = next((unit, convert) for unit, convert in units if text.endswith(unit))
    return convert(float(text.removesuffix(unit)))


def _dmb(*words: str | Path) -> None:
    import subprocess

    from tests.support.engine import ENVIRONMENT

    subprocess.run([sys.executable, "-m", "dmb", *map(str, words)], check=True, env=ENVIRONMENT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
