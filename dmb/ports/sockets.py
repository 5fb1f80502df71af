"""Is a port in use on this host right now?"""

from __future__ import annotations

import sys

# The wildcard and the loopback of both families: not everywhere does a wildcard bind collide with a loopback listener.
_ADDRESSES = ("0.0.0.0", "127.0.0.1", "::", "::1")  # noqa: S104 - bound for a moment, never listened on


def is_bound(port: int) -> bool:
    """True when a TCP server holds the port on this host, also one that shares it by SO_REUSEPORT, as gRPC's do.

    On Linux SO_REUSEADDR is set: it still collides with every listener, but neither with connections in TIME_WAIT nor
    with another process that asks the same question at the same moment. Elsewhere that option would hide listeners.
    """
    # Here, so that a process that asks for no port does not pay for the import.
    import errno
    import socket

    for address in _ADDRESSES:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                if sys.platform == "linux":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                elif sys.platform == "win32":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            # No IPv6 here, or a port that needs a privilege: nothing is said about who holds it.
    return False
