"""Runs that stay as they are until a person ends them: no process executes them, or no daemon takes them up.

Each of them counts against the runs that Dagster executes at once, so in the end they stop all the others.
"""

from __future__ import annotations

import json
import shlex
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import DmbError
from ..runtimes import engine
from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ...layout import Layout
    from .graphql import Webserver

Address = tuple[str, int]

# Those that make a run a process of the code server, or a container.
LAUNCHERS = frozenset({"DefaultRunLauncher", "DockerRunLauncher"})
STARTING_SECONDS = 180  # Dagster's own patience with a run that starts
HEARTBEAT_SECONDS = 120  # a daemon that runs shows itself every 30
FIRST_HEARTBEAT_SECONDS = 20  # what a daemon that starts needs until its first one
MOST = 500  # runs that are looked at
NAMED = 5  # of them in a message

_RUNS = """query($limit: Int!) {
  instance { runLauncher { name } daemonHealth { allDaemonStatuses { daemonType lastHeartbeatTime } } }
  runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED, CANCELING]}, limit: $limit) { __typename
    ... on Runs { results { runId status jobName startTime updateTime tags { key value }
      repositoryOrigin { repositoryLocationName repositoryLocationMetadata { key value } } } } } }"""


class Run(NamedTuple):
    """A run that has not ended. `address` is that of its code server, `container` the one that was made for it."""

    id: str
    status: str
    job: str
    location: str
    address: Address | None
    container: str | None
    since: float  # when it started, or came to be as it is


class Runs(NamedTuple):
    """The runs that have not ended, what executes runs, and when the daemon that takes them up was last seen."""

    unfinished: tuple[Run, ...]
    launcher: str
    heartbeat: float


def ask_runs(server: Webserver) -> Runs:
    """The runs of a webserver's instance. DmbError where it does not say, as an older one may not."""
    data = server.ask(_RUNS, limit=MOST)
    try:
        instance = data["instance"]
        daemons = instance["daemonHealth"]["allDaemonStatuses"]
        heartbeats = {status["daemonType"]: status["lastHeartbeatTime"] or 0.0 for status in daemons}
        launcher = (instance["runLauncher"] or {"name": ""})["name"]
        unfinished = tuple(map(_run, data["runsOrError"]["results"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DmbError("the webserver does not say what it runs", place=server.url) from error
    return Runs(unfinished, launcher, heartbeats.get("QUEUED_RUN_COORDINATOR", 0.0))


def addresses(runs: Runs) -> set[Address]:
    """The code servers of which runs may be processes."""
    return {run.address for run in runs.unfinished if run.address and not run.container and runs.launcher in LAUNCHERS}


class Inspection:
    """What is seen of runs: `problems`, and `notes` on what could not be seen.

    `answers` are those of the code servers, `served` the names of the locations that the webserver has.
    """

    def __init__(
        self,
        server: Webserver,
        layout: Layout,
        runtime: str,
        runs: Runs,
        *,
        answers: Mapping[Address, Mapping[str, Any]],
        served: AbstractSet[str],
    ) -> None:
        self._server, self._layout, self._runtime, self._runs = server, layout, runtime, runs
        self._answers, self._served = answers, served
        self.notes: list[str] = []
        self._containers = self._ask_containers() if runs.unfinished and runtime == "docker" else None
        self.problems = (*self._unexecuted(), *self._waiting())

    def _ask_containers(self) -> tuple[engine.Container, ...] | None:
        try:
            return engine.containers(self._layout)
        except DmbError as error:
            self.notes.append(f"the containers themselves were not checked: {error.cause}")
            return None

    def _unexecuted(self) -> Iterator[Problem]:
        """A problem for each location with runs that no process executes."""
        executed = [run for run in self._runs.unfinished if run.status != "QUEUED" and not _starts(run)]
        dead, unknown = self._judged(executed)
        if dead:  # one may have ended while its server was asked
            now = {run.id: run.status for run in ask_runs(self._server).unfinished}
            dead = [run for run in dead if now.get(run.id) == run.status]
        if unknown:
            self.notes.append(f"whether a process executes them could not be seen of {_named(unknown)}")
        groups = defaultdict(list)
        for run in dead:
            groups[run.location].append(run)
        for location, runs in groups.items():
            message = (
                f"no process executes {_named(runs)}; Dagster goes on counting {'it' if len(runs) == 1 else 'them'}"
            )
            yield Problem("WSP059", location, message, self._end(runs))

    def _judged(self, runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
        """The runs that no process executes, and those of which that cannot be seen."""
        if self._runs.launcher not in LAUNCHERS:
            return [], list(runs)
        alive: frozenset[str] | None = None
        try:
            alive = engine.running_ids() if any(run.container for run in runs) else None
        except DmbError as error:
            self.notes.append(f"the containers of runs were not checked: {error.cause}")
        verdicts: dict[Run, bool | None] = {}
        for run in runs:
            if run.container:
                verdicts[run] = None if alive is None else run.container in alive
            else:
                verdicts[run] = self._in_code_server(run)
        return [run for run in runs if verdicts[run] is False], [run for run in runs if verdicts[run] is None]

    def _in_code_server(self, run: Run) -> bool | None:
        """Whether a code server executes a run; None where that cannot be seen."""
        if run.address is None:
            return None
        listed = self._answers.get(run.address, {}).get("runs")
        if listed is not None:
            return run.id in listed
        # It does not answer, or does not say: what executes a run ends with its container.
        if self._containers is None:
            return None
        container = next((each for each in self._containers if run.address[0] in each.names), None)
        if container is None:
            return None if run.location in self._served else False
        return None if container.running and container.started <= run.since else False

    def _waiting(self) -> Iterator[Problem]:
        queued = [run for run in self._runs.unfinished if run.status == "QUEUED"]
        if queued and not self._daemon_runs():
            start = "dmb workspace up"
            daemon = "dagster-daemon"
            if self._runtime == "docker":
                daemon = next((each.service for each in self._daemons()), daemon)
                start = f"cd {shlex.quote(str(self._layout.root))} && docker compose up --detach {daemon}"
            message = f"no daemon runs, and {_named(queued)} {'waits' if len(queued) == 1 else 'wait'} for it"
            yield Problem("WSP060", daemon, message, f"start it: {start}; or {self._end(queued)}")

    def _daemon_runs(self) -> bool:
        if time.time() - self._runs.heartbeat < HEARTBEAT_SECONDS:
            # In a container it may have ended since.
            return self._containers is None or not self._daemons() or any(each.running for each in self._daemons())
        if daemons := self._daemons():
            return any(each.running and time.time() - each.started < HEARTBEAT_SECONDS for each in daemons)
        deadline = time.monotonic() + FIRST_HEARTBEAT_SECONDS
        while time.monotonic() < deadline:  # what has just been started
            time.sleep(1)
            if ask_runs(self._server).heartbeat > self._runs.heartbeat:
                return True
        return False

    def _daemons(self) -> list[engine.Container]:
        return [each for each in self._containers or () if each.role == "daemon"]

    def _end(self, runs: Iterable[Run]) -> str:
        """How runs are ended by hand."""
        return (
            f"end {'it' if len(list(runs)) == 1 else 'them'}: {end_command(self._server.url, [run.id for run in runs])}"
        )


def end_command(url: str, runs: Iterable[str]) -> str:
    """A shell line that has a webserver mark runs as canceled, whatever becomes of their processes."""
    ids = ", ".join(json.dumps(run) for run in runs)
    query = (
        f"mutation {{ terminateRuns(runIds: [{ids}], terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) {{ __typename }} }}"
    )
    body = json.dumps({"query": query})
    return shlex.join(["curl", "-s", f"{url}/graphql", "-H", "content-type: application/json", "-d", body])


def _run(answer: Mapping[str, Any]) -> Run:
    tags = {tag["key"]: tag["value"] for tag in answer["tags"]}
    # None where a person executes it in a process of their own.
    origin = answer["repositoryOrigin"] or {"repositoryLocationName": "", "repositoryLocationMetadata": []}
    metadata = {item["key"]: item["value"] for item in origin["repositoryLocationMetadata"]}
    port = metadata.get("port") or ""
    return Run(
        str(answer["runId"]),
        str(answer["status"]),
        str(answer["jobName"]),
        str(origin["repositoryLocationName"]),
        (metadata["host"], int(port)) if metadata.get("host") and port.isdecimal() else None,
        tags.get("docker/container_id"),
        float(answer["startTime"] or answer["updateTime"] or 0),
    )


def _starts(run: Run) -> bool:
    """Whether it may have no process yet."""
    return run.status == "STARTING" and time.time() - run.since < STARTING_SECONDS


def _named(runs: Sequence[Run]) -> str:
    """`run 1a2b3c4d (daily, STARTED)`, `2 runs: …`; not more than NAMED of them."""
    names = [f"{run.id[:8]} ({run.job}, {run.status})" for run in runs[:NAMED]]
    names += [f"{len(runs) - NAMED} more"] if len(runs) > NAMED else []
    return f"the run {names[0]}" if len(runs) == 1 else f"{len(runs)} runs ({', '.join(names)})"
