"""What the services of a Compose file are for, told by what they run; names count only where nothing else says it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..databases import SERVERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..formats.yamlsplice import YamlFile

_RUNS = {  # in this order: `dagster dev` is both, and counts as a webserver
    "webserver": re.compile(r"\b(dagster-webserver|dagit|dagster\s+dev)\b"),
    "daemon": re.compile(r"\bdagster-daemon\b"),
    "code": re.compile(r"\bdagster\s+(api\s+grpc|code-server\s+start)\b"),
}
_NAMED = {
    "webserver": re.compile(r"webserver|dagit|^dagster$"),  # one container for all of Dagster has its plain name
    "daemon": re.compile(r"daemon"),
}


class Service(NamedTuple):
    """One service: its `role` is webserver, daemon, code, a key of SERVERS, or "" where nothing tells."""

    name: str
    role: str
    needs: tuple[str, ...]  # the services that it depends on
    definition: Mapping[str, Any]

    @property
    def volumes(self) -> tuple[str, ...]:
        """The named volumes that it mounts."""
        return tuple(source for source, _ in mounts(self) if re.fullmatch(r"[A-Za-z0-9][\w.-]*", source))


def services(file: YamlFile) -> dict[str, Service]:
    """The services of a Compose file by name, each with what it extends."""
    from .extends import whole  # not for whoever asks for a role alone

    every = section(file.plain(()), "services")
    folder = Path(file.place).parent
    return {name: _service(name, whole(one, every, folder)) for name, one in every.items() if isinstance(one, dict)}


def _service(name: str, one: dict[str, Any]) -> Service:
    needs = one.get("depends_on")
    return Service(
        name,
        role(name, " ".join(_words(one.get(key)) for key in ("entrypoint", "command")), str(one.get("image", ""))),
        tuple(str(need) for need in needs) if isinstance(needs, (list, dict)) else (),
        one,
    )


def role(name: str, runs: str, image: str) -> str:
    """What a service is for (see Service), by its name, the words of what it runs, and its image."""
    for found, pattern in _RUNS.items():
        if pattern.search(runs):
            return found
    for database, server in SERVERS.items():
        if server.recognized.search(image):
            return database
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


def section(plain: object, name: str) -> dict[str, Any]:
    """One section of a Compose file, such as `volumes`; empty where it is none."""
    found = plain.get(name) if isinstance(plain, dict) else None
    return found if isinstance(found, dict) else {}


def networks(one: Service, everything: Mapping[str, Service] | None = None) -> list[str]:
    """The networks that a service is on: `default` where it names none. With `everything`, also through the service
    whose network it uses.
    """
    kind, _, other = str(one.definition.get("network_mode", "")).partition(":")
    if everything and kind == "service" and other in everything:
        return networks(everything[other], {name: each for name, each in everything.items() if name != one.name})
    found = one.definition.get("networks")
    return [str(name) for name in found] if isinstance(found, (list, dict)) and found else ["default"]


def environment(one: Service) -> dict[str, str]:
    """The variables that a service is given by name; a name alone has the value ""."""
    found = one.definition.get("environment")
    if isinstance(found, list):
        return dict(str(item).partition("=")[::2] for item in found)
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def mounts(one: Service) -> list[tuple[str, str]]:
    """(source, target) of what a service mounts."""
    listed = one.definition.get("volumes")
    found = []
    for mount in listed if isinstance(listed, list) else ():
        if isinstance(mount, dict):
            found.append((str(mount.get("source", "")), str(mount.get("target", ""))))
        else:
            source, _, rest = str(mount).partition(":")
            found.append((source, rest.partition(":")[0]))
    return found


def container_names(found: Mapping[str, Service]) -> dict[str, str]:
    """The names that containers are given -> their service."""
    named = ((one.definition.get("container_name"), name) for name, one in found.items())
    return {container: name for container, name in named if isinstance(container, str)}


def volume_names(whole: object) -> dict[str, str]:
    """The names that volumes are given -> their key; not those that others made."""
    found = {}
    for key, one in section(whole, "volumes").items():
        options = one if isinstance(one, dict) else {}
        if isinstance(options.get("name"), str) and str(options.get("external", "false")).lower() == "false":
            found[options["name"]] = key
    return found


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
