"""The ports that servers of this host hold right now."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .tables import KINDS, Holder

if TYPE_CHECKING:
    from collections.abc import Iterator

# The wildcard and the loopback of both families: not everywhere does a wildcard bind collide with a loopback listener.
_ADDRESSES = ("0.0.0.0", "127.0.0.1", "::", "::1")  # noqa: S104 - bound for a moment, never listened on
_LISTENING = "0A"  # a state in Linux's /proc/net/tcp


def is_bound(port: int) -> bool:
    """True when a TCP server holds the port on this host, also one that shares it by SO_REUSEPORT, as gRPC's do.

    On Linux SO_REUSEADDR is set: it still collides with every listener, but neither with the last connections of a
    server that has ended nor with a process that asks the same question at the same moment. Elsewhere it would hide
    listeners.
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


def listeners() -> list[Holder]:
    """Every TCP server of this host by port: all of them on Linux, those in the ranges of KINDS elsewhere."""
    if not _tables():
        return [_holder(port) for ports in KINDS.values() for port in ports if is_bound(port)]
    names = _processes()
    return [_holder(entry.port, entry.address, names.get(entry.inode, "")) for entry in sorted(_listening())]


def listener(port: int) -> Holder:
    """The server on a port that is bound, with its process where this user may see it."""
    for entry in _listening():
        if entry.port == port:
            return _holder(port, entry.address, _processes().get(entry.inode, ""))
    return _holder(port)


def _holder(port: int, address: str = "", process: str = "") -> Holder:
    return Holder(port, "", process or "a process", address or f"port {port}", "socket")


class _Listening(NamedTuple):
    port: int
    address: str
    inode: str


def _tables() -> list[str]:
    return [path for path in ("/proc/net/tcp", "/proc/net/tcp6") if os.access(path, os.R_OK)]


def _listening() -> Iterator[_Listening]:
    """The listening sockets, from Linux; nothing elsewhere."""
    for table in _tables():
        for line in Path(table).read_text("utf-8").splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING:
                host, _, port = fields[1].partition(":")
                yield _Listening(int(port, 16), f"{_address(host)}:{int(port, 16)}", fields[9])


def _address(host: str) -> str:
    """`0100007F` -> `127.0.0.1`: words of four bytes, each in the order of this machine."""
    import socket

    words = (int(host[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(host), 8))
    packed = b"".join(words)
    return (
        socket.inet_ntop(socket.AF_INET, packed)
        if len(packed) == 4
        else f"[{socket.inet_ntop(socket.AF_INET6, packed)}]"
    )


def _processes() -> dict[str, str]:
    """Socket inode -> `name (process id)`, for the processes that this user may look into."""
    names = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # It ended meanwhile, or is another user's.
            for descriptor in (process / "fd").iterdir():
                target = str(descriptor.readlink())
                if target.startswith("socket:["):
                    name = (process / "comm").read_text("utf-8", "replace").strip()
                    names[target[8:-1]] = f"{name} (process {process.name})"
    return names
