"""Ask code servers what they serve. Runs in the workspace's own Python, which has Dagster: it imports nothing of dmb.

Standard input: JSON `[[host, port], …]`. Standard output: JSON, for each of them `{"servers": {id: [module, …]},
"runs": [id, …]}`, or `{"error": text}` when nothing answers; `runs` are those that it executes, null where it does not
say. Two servers can share one port, and the kernel then deals connections out between them, so each address is asked
over several new connections.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster._grpc.__generated__.dagster_api_pb2_grpc import DagsterApiStub

CONNECTIONS = 12  # that all reach the same one of two servers: once in 2048 times
SECONDS = 10


def ask(address: tuple[str, int]) -> dict[str, object]:
    """Who answers at (host, port), with the Python modules that each server has loaded."""
    import grpc
    from dagster._grpc.__generated__ import dagster_api_pb2 as messages
    from dagster._grpc.__generated__.dagster_api_pb2_grpc import DagsterApiStub
    from dagster._serdes import deserialize_value

    servers: dict[str, list[str]] = {}
    runs: list[str] | None = []
    for _ in range(CONNECTIONS):
        options = [("grpc.use_local_subchannel_pool", 1)]
        try:
            with grpc.insecure_channel(f"{address[0]}:{address[1]}", options) as channel:
                stub = DagsterApiStub(channel)  # type: ignore[no-untyped-call]
                name = stub.GetServerId(messages.Empty(), timeout=SECONDS).server_id
                if name not in servers:
                    reply = stub.ListRepositories(messages.ListRepositoriesRequest(), timeout=SECONDS)
                    loaded = deserialize_value(reply.serialized_list_repositories_response_or_error)
                    pointers = getattr(loaded, "repository_code_pointer_dict", {}) or {}
                    servers[name] = sorted({_module(pointer) for pointer in pointers.values()} - {""})
                    runs = _more(runs, stub)
        except grpc.RpcError as error:
            return {"error": error.details() or str(error.code())}
    return {"servers": servers, "runs": runs}


def _more(runs: list[str] | None, stub: DagsterApiStub) -> list[str] | None:
    """`runs` and those that this server executes; None where it does not say, as `code-server start` does not."""
    import grpc
    from dagster._grpc.__generated__ import dagster_api_pb2 as messages
    from dagster._serdes import deserialize_value

    try:
        reply = stub.GetCurrentRuns(messages.Empty(), timeout=SECONDS)
    except grpc.RpcError:
        return None
    current = getattr(deserialize_value(reply.serialized_current_runs), "current_runs", None)
    return None if runs is None or current is None else [*runs, *current]


def _module(pointer: object) -> str:
    """The module of a code pointer; where several are packed together, that of the first."""
    inner = getattr(pointer, "pointer", pointer)
    return str(getattr(inner, "module", "") or getattr(inner, "python_file", ""))


def main() -> None:
    """Read the addresses, write the answers."""
    addresses = [(str(host), int(port)) for host, port in json.load(sys.stdin)]
    with ThreadPoolExecutor(16) as pool:
        json.dump(list(pool.map(ask, addresses)), sys.stdout)


if __name__ == "__main__":
    main()
