"""What the services of a Compose file are for, told by what they run; names count only where nothing else says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RUNS = {  # in this order: `dagster dev` is both, and counts as a webserver
    "webserver": re.compile(r"\b(dagster-webserver|dagit|dagster\s+dev)\b"),
    "daemon": re.compile(r"\bdagster-daemon\b"),
    "code": re.compile(r"\bdagster\s+(api\s+grpc|code-server\s+start)\b"),
}
_NAMED = {
    "webserver": re.compile(r"webserver|dagit|^dagster$"),  # one container for all of Dagster has its plain name
    "daemon": re.compile(r"daemon"),
}
_DATABASES = {
    "postgresql": re.compile(r"(^|/)(postgres|postgis|timescaledb)\b"),
    "mysql": re.compile(r"(^|/)(mysql|mariadb)\b"),
}


class Service(NamedTuple):
    """One service: its `role` is webserver, daemon, code, postgresql, mysql, or "" where nothing tells."""

    name: str
    role: str
    needs: tuple[str, ...]  # the services that it depends on
    volumes: tuple[str, ...]  # the named volumes that it mounts
    definition: Mapping[str, Any]


def services(plain: object) -> dict[str, Service]:
    """The services of a Compose file as `YamlFile.plain` gives it, by name."""
    found = plain.get("services") if isinstance(plain, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: _service(name, one) for name, one in found.items() if isinstance(one, dict)}


def _service(name: str, one: dict[str, Any]) -> Service:
    needs = one.get("depends_on")
    mounts = one.get("volumes")
    volumes = [_source(mount) for mount in mounts] if isinstance(mounts, list) else []
    return Service(
        name,
        role(name, " ".join(_words(one.get(key)) for key in ("entrypoint", "command")), str(one.get("image", ""))),
        tuple(str(need) for need in needs) if isinstance(needs, (list, dict)) else (),
        tuple(volume for volume in volumes if volume and re.fullmatch(r"[A-Za-z0-9][\w.-]*", volume)),
        one,
    )


def role(name: str, runs: str, image: str) -> str:
    """What a service is for (see Service), by its name, the words of what it runs, and its image."""
    for found, pattern in _RUNS.items():
        if pattern.search(runs):
            return found
    for found, pattern in _DATABASES.items():
        if pattern.search(image):
            return found
    if not runs.strip():
        for found, pattern in _NAMED.items():
            if pattern.search(name.lower()):
                return found
    return ""


def dockerfile(one: Service, folder: Path) -> Path | None:
    """The Dockerfile that a service is built from, its Compose file standing in `folder`.

    None where it is not built, or where that is not told literally.
    """
    build = one.definition.get("build")
    build = build if isinstance(build, dict) else {"context": build}
    context, name = build.get("context", "."), build.get("dockerfile", "Dockerfile")
    if not isinstance(context, str) or not isinstance(name, str) or "dockerfile_inline" in build:
        return None
    return None if "$" in context + name else (folder / context / name).resolve()


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _source(mount: object) -> str:
    if isinstance(mount, dict):
        return str(mount.get("source", ""))
    return str(mount).split(":", 1)[0]
