"""What one service of a Compose file says: what it is for, what it is built from, needs, mounts and is given.

A service's role follows from what it runs; names count only as a last resort.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from ..databases import SERVERS
from ..formats.interpolation import parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..formats.yaml_nodes import Node

LISTENS = re.compile(r"(?:^|\s)(?:-p|--port)(?:\s+|=)([0-9]{1,5})(?=\s|$)")  # the port in the words of what it runs

_RUNS = {  # in this order: `dagster dev` is both, and counts as a webserver
    "webserver": re.compile(r"\b(dagster-webserver|dagit|dagster\s+dev)\b"),
    "daemon": re.compile(r"\bdagster-daemon\b"),
    "code": re.compile(r"\bdagster\s+(api\s+grpc|code-server\s+start)\b"),
}
_NAMED = {
    "webserver": re.compile(r"webserver|dagit|^dagster$"),  # one container for all of Dagster has its plain name
    "daemon": re.compile(r"daemon"),
}
_VOLUME = re.compile(r"[A-Za-z0-9][\w.-]*")


class Service(NamedTuple):
    """One service: its definition, and the Compose file where that stands, as a path with `/`."""

    name: str
    node: Node
    file: str = ""

    @property
    def role(self) -> str:
        """webserver, daemon, code, a key of SERVERS, or "" when unknown."""
        runs = f"{words(self.node, 'entrypoint')} {words(self.node, 'command')}"
        return role(self.name, runs, self.node.get("image").text)

    @property
    def needs(self) -> tuple[str, ...]:
        """The services that it depends on."""
        return tuple(_names(self.node.get("depends_on")))

    @property
    def volumes(self) -> tuple[str, ...]:
        """The named volumes that it mounts."""
        return tuple(mount.source for mount in mounts(self) if _VOLUME.fullmatch(mount.source))


class Mount(NamedTuple):
    """What a service mounts where; `source` is "" for a volume without a name."""

    source: str
    target: str


class Build(NamedTuple):
    """What an image is built from: folder and Dockerfile as paths, and the stage in it ("" for the last one)."""

    context: str
    dockerfile: str
    target: str


def role(name: str, runs: str, image: str) -> str:
    """What a service is for (see Service), by its name, the words of what it runs, and its image."""
    for kind, pattern in _RUNS.items():
        if pattern.search(runs):
            return kind
    for database, server in SERVERS.items():
        if server.recognized.search(image):
            return database
    if not runs.strip():
        for kind, pattern in _NAMED.items():
            if pattern.search(name.lower()):
                return kind
    return ""


def words(node: Node, key: str) -> str:
    """The words of an `entrypoint` or a `command`, in both of its forms."""
    return " ".join(word.text for word in node.get(key).scalars())


def build(service: Service) -> Build | None:
    """What a service is built from; None where it is not built, or not from a literal path on this machine."""
    node = service.node.get("build")
    context = node.text if node.kind == "scalar" else node.get("context").text or "."
    if node.kind == "null" or node.get("dockerfile_inline").text:
        return None
    name = node.get("dockerfile").text or "Dockerfile"
    if "$" in context + name or "://" in context:
        return None
    folder = posixpath.join(posixpath.dirname(service.file), context)
    path = posixpath.normpath(posixpath.join(folder, name))
    return Build(posixpath.normpath(folder), path, node.get("target").text.lower())


def environment(service: Service) -> dict[str, str]:
    """The variables that a service is given by name; a name alone has the value ""."""
    node = service.node.get("environment")
    listed = dict(item.text.partition("=")[::2] for item in node.items)
    return listed | {name: value.text for name, value in node.entries.items()}


def env_files(service: Service) -> list[str]:
    """The paths of the files that give a service more variables, without those of what it extends."""
    node = service.node.get("env_file")
    names = (item.text or item.get("path").text for item in (node, *node.items))
    folder = posixpath.dirname(service.file)
    return [posixpath.normpath(posixpath.join(folder, name)) for name in names if name]


def mounts(service: Service) -> list[Mount]:
    """What a service mounts."""
    return [mount(item) for item in service.node.get("volumes").items]


def mount(item: Node) -> Mount:
    """One item of `volumes:` in both of its forms."""
    if item.kind == "mapping":
        return Mount(item.get("source").text, item.get("target").text)
    source, *rest = parts(item.text)
    if not rest:
        return Mount("", source)
    # A drive's letter, or a variable without braces, may hold a colon before it.
    at = next((at for at, part in enumerate(rest) if part.startswith(("/", "$"))), 0)
    return Mount(":".join([source, *rest[:at]]), rest[at])


def networks(service: Service, others: Mapping[str, Service] | None = None) -> list[str]:
    """The networks that a service is on: `default` where it names none. With `others`, also through the one whose
    network it uses.
    """
    kind, _, name = service.node.get("network_mode").text.partition(":")
    if others and kind == "service" and name in others:
        return networks(others[name], {key: other for key, other in others.items() if key != service.name})
    return _names(service.node.get("networks")) or ["default"]


def _names(node: Node) -> list[str]:
    """The names in a list, or those of a mapping."""
    return list(node.entries) or [item.text for item in node.items]
