"""What the ports of this project are, as tables: kinds, well-known numbers, sources of claims, a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..databases import SERVERS

if TYPE_CHECKING:
    from collections.abc import Mapping

# The ranges do not meet, so that a port says what it is. All lie below the ports that kernels hand out to clients.
KINDS: Mapping[str, range] = {
    "grpc": range(4001, 5000),
    **{name: server.ports for name, server in SERVERS.items()},
    "webserver": range(3000, 3300),
}

# Numbers within the ranges that other software is known by: free today, in somebody's way tomorrow.
WELL_KNOWN: Mapping[int, str] = {
    3128: "Squid",
    3268: "Active Directory",
    3269: "Active Directory",
    3310: "ClamAV",
    3389: "Remote Desktop",
    3478: "STUN",
    3690: "Subversion",
    4040: "Spark's UI",
    4150: "NSQ",
    4151: "NSQ",
    4160: "NSQ",
    4161: "NSQ",
    4190: "ManageSieve",
    4200: "Prefect",
    4222: "NATS",
    4317: "OpenTelemetry",
    4318: "OpenTelemetry",
    4369: "Erlang's port mapper",
    4443: "HTTPS, by habit",
    4444: "Selenium",
    4566: "LocalStack",
    4646: "Nomad",
    4647: "Nomad",
    4648: "Nomad",
    4840: "OPC UA",
    4848: "GlassFish",
    4873: "Verdaccio",
    5500: "VNC",
    5555: "Celery Flower",
    5601: "Kibana",
    5666: "Nagios",
    5671: "RabbitMQ",
    5672: "RabbitMQ",
    5701: "Hazelcast",
    5800: "VNC",
    5900: "VNC",
    5901: "VNC",
    5984: "CouchDB",
    5985: "WinRM",
    5986: "WinRM",
}

# Where a claim was found, the most binding first, with what it says of the port.
SOURCES: Mapping[str, str] = {
    "registry": "assigned by the workspace",
    "env": "in the workspace's environment",
    "workspace": "a gRPC server of the workspace",
    "compose": "published by a Compose file",
    "reservation": "reserved for a day",
    "manifest": "preferred by a module in the same folder",
    "socket": "in use on this host",
}
WISHES = frozenset({"reservation", "manifest"})  # sources that bind nobody: a workspace assigns


class Holder(NamedTuple):
    """One claim to one host port.

    `kind` is a key of KINDS, `database` for any of them, or "" when the use is not known. `who` is the module's slug
    where that is known, else words (`service db`, `variable WEB_PORT`). `place` is `path:line`, `path`, or for a
    socket its address. `source` is a key of SOURCES.
    """

    port: int
    kind: str
    who: str
    place: str
    source: str
