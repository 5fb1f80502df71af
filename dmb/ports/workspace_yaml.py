"""The gRPC servers of a workspace.yaml that run on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .hosts import this_host
from .tables import Holder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..formats.yaml_nodes import Node
    from .port_source import PortSource, Reader


def grpc_holders(
    source: PortSource, values: Mapping[str, str], notes: list[str], documents: Reader
) -> Iterator[Holder]:
    """The port of each `grpc_server` entry on this host. `{env: NAME}` is replaced by `values`.

    DmbError for a file that is not YAML, and for an invalid port.
    """
    parsed = documents(source)
    for root in parsed.roots:
        for location in root.get("load_from").items:
            server = location.get("grpc_server")
            node = server.get("port")
            host, port = _text(server.get("host"), values), _text(node, values)
            if host is None or not this_host(host) or port == "":
                continue
            if port is None:
                notes.append(
                    f"{source.place(node.line)}: the variable for this port is not set, so the port is unknown"
                )
            elif not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
                raise source.broken(f"`{port}` is not a port", node.line)
            else:
                name = _text(server.get("location_name"), values) or f"gRPC server {host}:{port}"
                who = parsed.owners.get(node.line) or name
                yield Holder(int(port), "grpc", who, source.place(node.line), "workspace")


def _text(node: Node, values: Mapping[str, str]) -> str | None:
    """A value or `{env: NAME}`; "" when there is none, None when its variable is not set."""
    variable = node.get("env").text
    return values.get(variable) if variable else node.text
