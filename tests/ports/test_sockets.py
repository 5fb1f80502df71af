"""The real sockets of this host."""

from __future__ import annotations

import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import grpc
import pytest

from dmb.ports.choice import Held, choose, propose
from dmb.ports.sockets import is_bound, listener, listeners
from dmb.ports.tables import Holder

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells about other sockets")


def listening(address: str, port: int = 0, *options: int, listen: bool = True) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    for option in options:
        server.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        server.bind((address, port))
    except OSError:
        server.close()
        pytest.skip(f"{address} cannot be bound on this host")
    if listen:
        server.listen()
    return server


ADDRESSES = ["0.0.0.0", "127.0.0.1", "::", "::1"]  # noqa: S104


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_server_holds_its_port_for_as_long_as_it_listens(address: str) -> None:
    with closing(listening(address)) as server:
        port = server.getsockname()[1]
        assert is_bound(port)
        assert port in Held()
    assert not is_bound(port)
    assert port not in Held()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_server_that_shares_its_port_is_seen(address: str) -> None:
    """As gRPC's: a second server could bind the port, and calls would be split between the two."""
    options = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
    with closing(listening(address, 0, *options)) as server:
        port = server.getsockname()[1]
        with closing(listening(address, port, *options)):
            assert is_bound(port)
        assert is_bound(port)


def test_a_grpc_server_is_seen() -> None:
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        assert is_bound(port)
    finally:
        server.stop(None).wait()
    assert not is_bound(port)


def test_a_port_that_is_bound_and_not_yet_listened_on_is_held() -> None:
    with closing(listening("127.0.0.1", listen=False)) as server:
        assert is_bound(server.getsockname()[1])


@linux
def test_a_connection_that_is_winding_down_holds_nothing() -> None:
    with closing(listening("127.0.0.1", 0, socket.SO_REUSEADDR)) as server:  # as every database and gRPC do
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # The side that closes first keeps the port in TIME_WAIT.
        client.close()
    with closing(socket.socket()) as plain, pytest.raises(OSError, match="in use"):
        plain.bind(("127.0.0.1", port))
    assert not is_bound(port)


def test_a_question_is_not_in_the_way_of_another() -> None:
    """Two runs ask for one port at the same moment; neither may take the other's probe for a server."""
    with closing(listening("127.0.0.1", 0, socket.SO_REUSEADDR, listen=False)) as probe:
        assert is_bound(probe.getsockname()[1]) is (sys.platform != "linux")


def test_the_choice_passes_a_server_over() -> None:
    port = choose("grpc", Held())
    with closing(listening("127.0.0.1", port)):
        assert choose("grpc", Held()) != port
        assert propose("new", {"grpc": None}, Held(), preferred={"grpc": port})["grpc"] != port


def test_a_module_may_keep_the_port_that_its_own_server_listens_on() -> None:
    with closing(listening("127.0.0.1")) as server:
        port = server.getsockname()[1]
        held = Held([Holder(port, "grpc", "bar-one", "registry.json:1", "registry")])
        assert propose("bar-one", {"grpc": port}, held) == {"grpc": port}
        assert held.holder(port, besides="bar-two") is not None


@linux
def test_a_server_is_named_by_address_and_process() -> None:
    with closing(listening("127.0.0.1")) as four, closing(listening("::1")) as six:
        ports = [server.getsockname()[1] for server in (four, six)]
        found = {holder.port: holder for holder in listeners()}
        for port, address in zip(ports, ["127.0.0.1", "[::1]"], strict=True):
            assert found[port] == listener(port)
            assert found[port].place == f"{address}:{port}"
            assert found[port].who.endswith(f"(process {os.getpid()})")
            assert found[port].source == "socket"
    assert not {holder.port for holder in listeners()} & set(ports)


def test_a_port_that_needs_a_privilege_is_not_taken_for_held() -> None:
    assert not is_bound(1)
