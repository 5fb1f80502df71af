"""Start a workspace by the tool that its runtime has, wait for its webserver, stop all of it together."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import DmbError
from ...formats import envfile, marked_blocks
from ..runtimes import local
from ..state.registry import Registry
from .graphql import Webserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..state.layout import Layout

_PORT = re.compile(r"^dagster:.*?(?:-p|--port)[ =](\d+)", re.MULTILINE)
PATIENCE = 30.0  # seconds that the processes have to end by themselves


@dataclass(frozen=True)
class Start:
    """The command that starts a workspace in its folder, and where its webserver then answers."""

    command: tuple[str, ...]
    url: str


def how(layout: Layout, port: int | None = None) -> Start:
    """How the workspace is started. `port` is the webserver's where the files do not say it.

    Raises DmbError where what starts it is not there, or the port is not to be chosen.
    """
    registry = Registry.parse(layout.registry.read_bytes(), layout.registry)
    if registry.runtime == "docker":
        _refuse_port(port, str(layout.env), "DAGSTER_WEBSERVER_PORT")
        _refuse_no_compose()
        told = _variable(layout, "DAGSTER_WEBSERVER_PORT") or str(local.WEBSERVER_PORT)
        return Start(("docker", "compose", "-f", str(layout.compose), "up", "--build"), f"http://{local.HOST}:{told}")
    tool = layout.venv / "bin" / ("honcho" if registry.code_servers else "dagster")
    if not tool.exists():
        raise DmbError(
            f"{tool.name} is not installed in the workspace's environment",
            place=str(layout.venv),
            remedy="make it: dmb workspace init, as the workspace was made",
        )
    if registry.code_servers:
        _refuse_port(port, str(layout.procfile), "the option -p")
        found = _PORT.search(marked_blocks.decode(layout.procfile.read_bytes(), str(layout.procfile)))
        return Start((str(tool), "start"), f"http://{local.HOST}:{found[1] if found else local.WEBSERVER_PORT}")
    port = port or local.WEBSERVER_PORT
    words = ("dev", "-w", layout.name_of(layout.workspace_yaml), "-h", local.HOST, "-p", str(port))
    return Start((str(tool), *words), f"http://{local.HOST}:{port}")


def _refuse_port(port: int | None, place: str, what: str) -> None:
    if port is not None:
        raise DmbError(
            f"the webserver's port is {what} here", place=place, remedy="change it there, and leave out --port"
        )


def _refuse_no_compose() -> None:
    try:
        there = subprocess.run(("docker", "compose", "version"), check=False, capture_output=True).returncode == 0
        cause = "docker has no Compose: `docker compose version` fails"
    except OSError as error:
        there, cause = False, f"docker cannot be run: {error.strerror}"
    if not there:
        raise DmbError(cause, remedy="install Docker Engine and its Compose plugin, then run this again")


def _variable(layout: Layout, name: str) -> str | None:
    text = marked_blocks.decode(layout.env.read_bytes(), str(layout.env))
    values = {each.key: each.value for each in envfile.assignments(text, str(layout.env))}
    return values.get(name)


@contextlib.contextmanager
def running(layout: Layout, start: Start) -> Iterator[subprocess.Popen[bytes]]:
    """The workspace's processes, in a group of their own; all of them are stopped at the end.

    SIGTERM and SIGHUP end it as Ctrl-C does (KeyboardInterrupt).
    """
    if Webserver(start.url).answers():
        raise DmbError(
            "a webserver answers there already", place=start.url, remedy="stop it, or use it: --live, --reload"
        )

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # SIGINT too: a process that inherits an ignored one passes that on to Dagster, which then cannot be stopped.
    before = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        process = subprocess.Popen(start.command, cwd=layout.root, start_new_session=True)
    except OSError as error:
        raise DmbError(
            f"{start.command[0]} cannot be run: {error.strerror}", remedy="install it and run again"
        ) from error
    try:
        yield process
    finally:
        for each in before:
            signal.signal(each, signal.SIG_IGN)  # what is stopping is left to stop
        stop(process)
        for each, handler in before.items():
            signal.signal(each, handler)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a group of processes: as Ctrl-C does, and by force what is still there after PATIENCE."""
    for each in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, each)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
            return


def wait(process: subprocess.Popen[bytes], url: str, seconds: float) -> bool:
    """Wait until the webserver answers. False when the processes ended before; DmbError when it takes too long."""
    deadline = time.monotonic() + seconds
    server = Webserver(url)
    while process.poll() is None:
        if server.answers():
            return True
        if time.monotonic() > deadline:
            raise DmbError(f"no webserver answers after {seconds:.0f} s", place=url, remedy="look at its output above")
        time.sleep(0.5)
    return False
