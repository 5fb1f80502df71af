"""Which hosts are this machine, as workspace.yaml names the host of a code server."""

from __future__ import annotations

_NAMES = frozenset({"", "localhost", "127.0.0.1", "0.0.0.0", "::1", "::", "host.docker.internal"})  # noqa: S104


def this_host(host: str) -> bool:
    """Whether a server there takes a port of this machine. Any other host is a container or a machine: the same port
    on two of them is usual.
    """
    return host.strip("[]").lower() in _NAMES
