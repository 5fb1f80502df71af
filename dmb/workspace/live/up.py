"""Start a workspace with the tool of its runtime, wait for its webserver, stop everything together."""

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
from ..runtimes import engine, local
from ..state.registry import Registry
from .graphql import Webserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...layout import Layout

_PORT = re.compile(r"^dagster:.*?(?:-p|--port)[ =](\d+)", re.MULTILINE)
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 30.0  # seconds that the processes have to end by themselves


@dataclass(frozen=True)
class Start:
    """The command that starts a workspace in its folder, and where its webserver then answers."""

    command: tuple[str, ...]
    url: str


def start_of(layout: Layout, port: int | None = None) -> Start:
    """How the workspace is started. `port` is the webserver's where the files do not say it.

    Raises DmbError where that tool is missing, or the port cannot be chosen.
    """
    registry = Registry.parse(layout.registry.read_bytes(), layout.registry)
    if registry.runtime == "docker":
        _refuse_port(port, str(layout.env), "DAGSTER_WEBSERVER_PORT")
        _refuse_no_compose()
        webserver_port = _variable(layout, "DAGSTER_WEBSERVER_PORT") or str(local.WEBSERVER_PORT)
        # What it would build is built before, by what can.
        return Start(engine.compose(layout, "up", "--no-build"), f"http://{local.HOST}:{webserver_port}")
    tool = layout.venv / "bin" / ("honcho" if registry.code_servers else "dagster")
    if not tool.exists():
        raise DmbError(
            f"{tool.name} is not installed in the workspace's environment",
            place=str(layout.venv),
            remedy="install it: dmb workspace init, with the options of the first time",
        )
    if registry.code_servers:
        _refuse_port(port, str(layout.procfile), "the option -p")
        match = _PORT.search(marked_blocks.read(layout.procfile))
        return Start((str(tool), "start"), f"http://{local.HOST}:{match[1] if match else local.WEBSERVER_PORT}")
    port = port or local.WEBSERVER_PORT
    words = ("dev", "-w", layout.name_of(layout.workspace_yaml), "-h", local.HOST, "-p", str(port))
    return Start((str(tool), *words), f"http://{local.HOST}:{port}")


def _refuse_port(port: int | None, place: str, what: str) -> None:
    if port is not None:
        raise DmbError(
            f"the webserver's port is set by {what} here", place=place, remedy="change it there, and leave out --port"
        )


def _refuse_no_compose() -> None:
    try:
        available = subprocess.run(("docker", "compose", "version"), check=False, capture_output=True).returncode == 0
        cause = "docker has no Compose: `docker compose version` fails"
    except OSError as error:
        available, cause = False, f"docker cannot be run: {error.strerror}"
    if not available:
        raise DmbError(cause, remedy="install Docker Engine and its Compose plugin, then run this again")


def _variable(layout: Layout, name: str) -> str | None:
    text = marked_blocks.read(layout.env)
    values = {each.key: each.value for each in envfile.assignments(text, str(layout.env))}
    return values.get(name)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does (KeyboardInterrupt), and none of them what then stops."""

    def interrupt(*_: object) -> None:
        for each in STOPPING:
            signal.signal(each, signal.SIG_IGN)  # what is stopping is left to stop
        raise KeyboardInterrupt

    # SIGINT too: a process that inherits an ignored one passes that on to Dagster, which then cannot be stopped.
    before = {each: signal.signal(each, interrupt) for each in STOPPING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def running(layout: Layout, start: Start) -> Iterator[subprocess.Popen[bytes]]:
    """The workspace's processes, in a group of their own; all of them are stopped at the end.

    See `interruptible` for what ends it.
    """
    if Webserver(start.url).answers():
        raise DmbError(
            "a webserver is already running there", place=start.url, remedy="stop it, or use it: --live, --reload"
        )
    with interruptible():
        try:
            process = subprocess.Popen(start.command, cwd=layout.root, start_new_session=True)
        except OSError as error:
            raise DmbError(
                f"{start.command[0]} cannot be run: {error.strerror}", remedy="install it and run again"
            ) from error
        try:
            yield process
        finally:
            for each in STOPPING:
                signal.signal(each, signal.SIG_IGN)  # what is stopping is left to stop
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a group of processes: as Ctrl-C does, and by force what still runs after PATIENCE.

    Compose is waited for: it gives each container the time that the workspace grants it, and what it has not stopped
    when it is killed runs on. At another Ctrl-C it ends the containers at once.
    """

    def interrupt(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGINT)

    if isinstance(process.args, tuple) and process.args[0] == "docker":
        signal.signal(signal.SIGINT, interrupt)
        interrupt()
        process.wait()
        return
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
