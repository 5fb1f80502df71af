"""The gRPC servers of a workspace.yaml that run on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import yamlnodes
from .tables import Holder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .source import Source
    from .yamlnodes import Node

# Any other host is a container or a machine: it takes no port here, and the same one on two of them is usual.
_LOCAL = frozenset({"", "localhost", "127.0.0.1", "0.0.0.0", "::1", "::", "host.docker.internal"})  # noqa: S104


def grpc_holders(source: Source, values: Mapping[str, str], notes: list[str]) -> Iterator[Holder]:
    """The port of each `grpc_server` entry on this host. `values` stand for `{env: NAME}`.

    DmbError for a file that is no YAML, or a port that is none.
    """
    owners = source.owners()
    for document in yamlnodes.documents(source):
        for location in yamlnodes.items(yamlnodes.mapping(document).get("load_from")):
            server = yamlnodes.mapping(yamlnodes.mapping(location).get("grpc_server"))
            node = server.get("port")
            host = _text(server.get("host"), values)
            if node is None or host is None or host.strip("[]").lower() not in _LOCAL:
                continue
            line = yamlnodes.line(node)
            port = _text(node, values)
            if port is None:
                notes.append(f"{source.place(line)}: the variable for this port is not set: the port is not seen")
            elif not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
                raise source.broken(f"`{port}` is no port", line)
            else:
                name = owners.get(line) or _text(server.get("location_name"), values) or f"gRPC server {host}:{port}"
                yield Holder(int(port), "grpc", name, source.place(line), "workspace")


def _text(node: Node | None, values: Mapping[str, str]) -> str | None:
    """A value or `{env: NAME}`; "" when there is none, None when its variable is not set."""
    variable = yamlnodes.scalar(yamlnodes.mapping(node).get("env"))
    return values.get(variable) if variable else yamlnodes.scalar(node) or ""
