"""A real Docker engine for tests, and workspaces of containers on it.

Where there is none a test is skipped, and with DMB_TEST_SERVICES=required it fails. The images that containers are made
from must be there or to be had: `.ci/engine` makes them where no registry is reached.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .command import run_dmb
from .databases import unavailable
from .free_ports import free_port
from .servers import LAUNCH, STATUS, ask

PATIENCE = 180.0  # seconds; a slow machine with others at work
FINAL = {"SUCCESS", "FAILURE", "CANCELED"}

# Debian's client first: it builds with BuildKit without the buildx plugin.
ENVIRONMENT = {**os.environ, "PATH": f"/usr/bin:{os.environ['PATH']}", "DOCKER_BUILDKIT": "1"}


def docker(*words: str | Path, cwd: Path | None = None, seconds: float = 600, expect: int | None = 0) -> str:
    """Run docker and return what it printed; fail with that unless it ends with the code `expect` (None: any)."""
    command = ["docker", *map(str, words)]
    done = subprocess.run(
        command,
        cwd=cwd,
        env=ENVIRONMENT,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        check=False,
    )
    assert expect is None or done.returncode == expect, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine that answers, with Compose."""
    for words in (["info"], ["compose", "version"]):
        try:
            done = subprocess.run(["docker", *words], env=ENVIRONMENT, capture_output=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            unavailable("there is no docker: apt-get install docker.io, then start dockerd (.ci/engine start)")
        if done.returncode:
            unavailable(f"`docker {' '.join(words)}` fails: start dockerd (.ci/engine start), install Compose")


def wait_until(what: str, holds: Any, seconds: float = PATIENCE, pause: float = 0.5) -> Any:
    """Wait until `holds()` is true, and return it; what fails by a connection is asked again."""
    deadline = time.monotonic() + seconds
    seen: Any = None
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            seen = holds()
            if seen:
                return seen
        time.sleep(pause)
    raise AssertionError(f"not within {seconds:.0f} s: {what}; last seen: {seen!r}")


@dataclass
class ComposeProject:
    """Containers that `docker compose` runs from the files of a folder."""

    folder: Path
    files: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def compose(self, *words: str | Path, seconds: float = 600, expect: int | None = 0) -> str:
        """Run `docker compose` in the folder."""
        named = [word for file in self.files for word in ("--file", file)]
        return docker("compose", *named, *words, cwd=self.folder, seconds=seconds, expect=expect)

    def services(self) -> dict[str, dict[str, Any]]:
        """What `docker compose ps` says of each service, those that ended included."""
        lines = self.compose("ps", "--all", "--format", "json").strip().splitlines()
        return {entry["Service"]: entry for entry in map(json.loads, (line for line in lines if line.startswith("{")))}

    def healthy(self, *names: str) -> None:
        """Wait until these services are healthy."""
        wait_until(
            f"{', '.join(names)} healthy",
            lambda: all(self.services().get(name, {}).get("Health") == "healthy" for name in names),
        )

    def down(self) -> None:
        """Stop all, and delete containers, networks and volumes."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", expect=None)


@dataclass
class Webserver:
    """A webserver on a port of this host."""

    port: int

    def ask(self, query: str, **variables: object) -> Any:
        """The `data` of the answer."""
        return ask(self.port, query, **variables)

    def locations(self) -> dict[str, str]:
        """Each code location and "" when it is loaded, else its error."""
        from .servers import LOCATIONS

        entries = self.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        states = {entry["name"]: entry["locationOrLoadError"] or {"message": "loading"} for entry in entries}
        return {name: state.get("message", "") for name, state in states.items()}

    def reload(self) -> None:
        """Have it read its workspace again."""
        self.ask("mutation { reloadWorkspace { __typename } }")

    def wait_for(self, *names: str, seconds: float = PATIENCE) -> None:
        """Wait until these code locations are loaded."""
        wait_until(f"{names} loaded", lambda: all(self.locations().get(name) == "" for name in names), seconds)

    def launch(self, location: str, job: str, **config: object) -> str:
        """Launch a run of a job: its id."""
        selector = {"repositoryLocationName": location, "repositoryName": "__repository__", "jobName": job}
        launched = self.ask(LAUNCH, p={"selector": selector, "runConfigData": config, "mode": "default"})["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def status(self, run: str) -> str:
        """The status of a run."""
        return str(self.ask(STATUS, id=run)["runOrError"].get("status"))

    def events(self, run: str) -> list[str]:
        """What a run's events say, to tell why it failed."""
        kinds = ("RunFailureEvent", "ExecutionStepFailureEvent", "EngineEvent")
        fields = ["... on MessageEvent { message }", *(f"... on {kind} {{ error {{ message }} }}" for kind in kinds)]
        events = f"... on EventConnection {{ events {{ {' '.join(fields)} }} }}"
        query = f"query($id: ID!) {{ logsForRun(runId: $id) {{ {events} }} }}"
        return [str(event) for event in self.ask(query, id=run)["logsForRun"]["events"]]

    def wait_for_run(self, run: str, seconds: float = PATIENCE) -> str:
        """Wait until a run has ended: how."""
        wait_until(f"run {run} ended", lambda: self.status(run) in FINAL, seconds)
        return self.status(run)


def container_workspace(folder: Path, modules: Path, **answers: str) -> ComposeProject:
    """A workspace of containers made by the command, with a module of each name in `modules` and its code location."""
    run_dmb("workspace", "init", folder, "--runtime", "docker", cwd=folder.parent)
    # A port that no workspace of another process has been given.
    env = folder / ".env"
    env.write_text(re.sub(r"(?m)^(DAGSTER_WEBSERVER_PORT=).*", rf"\g<1>{free_port()}", env.read_text()))
    for name, code_location in answers.items():
        words = ["--set", "database=none", "--set", f"code_location={code_location}", "--output-dir", modules]
        run_dmb("new", name, *words, "--no-input", cwd=folder.parent)
    run_dmb("workspace", "add", *sorted(modules.iterdir()), "--workspace", folder, cwd=folder.parent)
    return ComposeProject(folder)


def remove_images(*patterns: str) -> None:
    """Remove the images whose names match."""
    filters = [word for pattern in patterns for word in ("--filter", f"reference={pattern}")]
    if names := docker("images", "--format", "{{.Repository}}:{{.Tag}}", *filters).split():
        docker("image", "rm", "--force", *names)


@contextlib.contextmanager
def removed_afterwards(project: ComposeProject) -> Iterator[ComposeProject]:
    """A Compose project of which nothing is left at the end."""
    try:
        yield project
    finally:
        project.down()


@dataclass(frozen=True)
class BuiltModule:
    """A module from the template, its image built."""

    path: Path
    job: str

    @property
    def name(self) -> str:
        """Also its code location, its service, and the image's name."""
        return self.path.name


@pytest.fixture(scope="session")
def built_modules(engine: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BuiltModule]:
    """A module of PostgreSQL and one without a database, by what they have; their images are built once."""
    from cookiecutter.main import cookiecutter

    from .paths import ROOT

    folder = tmp_path_factory.mktemp("built")
    modules = {}
    for database in ("postgresql", "none"):
        answers = {"module_name": f"Dmb test {database}", "database": database, "governance": "quick"}
        path = Path(cookiecutter(str(ROOT), no_input=True, output_dir=str(folder), extra_context=answers))
        docker("build", "--quiet", "--tag", f"{path.name}:0.1.0", path)
        modules[database] = BuiltModule(path, f"{path.name.replace('-', '_')}_refresh")
    return modules
