"""Docker, asked about the containers of a workspace. DmbError where it cannot be run, or refuses."""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

from ...compose.service import role
from ...errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...layout import Layout

SECONDS = 60  # for an answer
LINES = 5  # of a log
WIDTH = 300  # of one of them

_COLOR = re.compile(r"\x1b\[[0-9;]*m")


class Container(NamedTuple):
    """A container of one of the workspace's services."""

    service: str
    names: frozenset[str]  # that others reach it by
    role: str  # as that of a service
    running: bool
    started: float  # when it did last, in seconds since 1970


def compose(layout: Layout, *words: str, overrides: Sequence[str] = ()) -> tuple[str, ...]:
    """A command of Compose on the workspace's files and, over them, on `overrides`, wherever it is run."""
    return (*layout.compose_words, *(word for file in overrides for word in ("--file", file)), *words)


def project(layout: Layout) -> dict[str, Any]:
    """The workspace as Compose itself reads it: variables, anchors, `extends` and `include` resolved.

    Raises DmbError with Compose's reason where it cannot.
    """
    words = compose(layout, "config", "--format", "json")
    try:
        text = output(words)
    except DmbError as error:
        remedy = f"fix that; to see it again: {shlex.join(compose(layout, 'config', '--quiet'))}"
        raise DmbError(
            f"Compose cannot read the workspace: {error.cause}", place=str(layout.compose), remedy=remedy
        ) from error
    content: dict[str, Any] = json.loads(text.replace("$$", "$"))  # it writes `$` as in a Compose file
    return content


def image_of(config: Mapping[str, Any], service: str) -> str:
    """The name of a service's image in a `project`: Compose makes one up for a service that names none."""
    return str(config["services"][service].get("image") or f"{config['name']}-{service}")


def inspect_image(name: str) -> dict[str, Any] | None:
    """What this host's engine says of an image; None where it has none of that name. DmbError where none answers."""
    try:
        return dict(json.loads(output(["docker", "image", "inspect", name]))[0])
    except DmbError as error:
        if "no such image" in error.cause.lower():
            return None
        raise


def containers(layout: Layout) -> tuple[Container, ...]:
    """Those that Compose made for the workspace, also those that have ended."""
    ids = output(compose(layout, "ps", "--all", "--quiet")).split()
    return tuple(map(_container, json.loads(output(["docker", "inspect", *ids])))) if ids else ()


def running_ids() -> frozenset[str]:
    """The ids of all containers that run on this engine."""
    return frozenset(output(["docker", "ps", "--quiet", "--no-trunc"]).split())


def last_lines(layout: Layout, service: str) -> list[str]:
    """The end of a service's log: without colours, and what would drive a terminal written as an escape."""
    logs = compose(layout, "logs", "--no-color", "--no-log-prefix", "--tail", str(LINES), service)
    lines = [_visible(_COLOR.sub("", line).strip())[:WIDTH] for line in output(logs).split("\n")]
    return [line for line in lines if line]


def output(command: Sequence[str], *, stdin: str = "", environment: Mapping[str, str] | None = None) -> str:
    """What a command prints on standard output; DmbError with the end of what it says when it fails."""
    try:
        done = subprocess.run(
            command,
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except OSError as error:
        raise DmbError(f"{command[0]} cannot be run: {error.strerror}", remedy="install Docker Engine") from error
    except subprocess.TimeoutExpired as error:
        raise DmbError(f"{' '.join(command[:2])} has not answered for {SECONDS} s") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"it ended with {done.returncode}").splitlines()[-1]
        raise DmbError(_visible(said), remedy="look whether the engine runs: docker info")
    return done.stdout


def _container(inspected: Mapping[str, Any]) -> Container:
    """One that `docker inspect` describes."""
    name, config, state = inspected["Name"].removeprefix("/"), inspected["Config"], inspected["State"]
    service = (config["Labels"] or {}).get("com.docker.compose.service", name)
    networks = (inspected["NetworkSettings"]["Networks"] or {}).values()
    aliases = {alias for network in networks for alias in network.get("Aliases") or ()}
    started = dt.datetime.fromisoformat(state["StartedAt"]).timestamp()  # of the year 1, where it never did
    runs = " ".join([*(config["Entrypoint"] or ()), *(config["Cmd"] or ())])
    return Container(
        service,
        frozenset({service, name, config["Hostname"], *aliases}),
        role(service, runs, config["Image"]),
        state["Running"] and not state["Restarting"],
        max(0.0, started),
    )


def _visible(text: str) -> str:
    """`text` with escapes for what is not printed as itself."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
