"""Many modules made at once, by processes of their own, against the real sockets of this host."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from dmb.ports.sockets import is_bound
from dmb.ports.tables import KINDS, WELL_KNOWN

if TYPE_CHECKING:
    from pathlib import Path

AT_ONCE = 32

# Each says that it is ready, waits for the others, and then asks as the template does.
CODE = """
import json, sys
from pathlib import Path
from dmb.ports.reservations import reserve
import yaml, socket
slug, workspace = sys.argv[1], Path(sys.argv[2]) if sys.argv[2] else None
print("ready", flush=True)
sys.stdin.readline()
project = Path(sys.argv[3]) / slug
project.mkdir()
given = reserve(slug, {"grpc": None, "postgresql": None}, workspace=workspace, siblings=project.parent, project=project)
print(json.dumps(given.ports))
"""


@pytest.mark.slow
@pytest.mark.parametrize("with_workspace", [True, False])
def test_modules_made_at_once_prefer_different_ports(workspace: Path, tmp_path: Path, with_workspace: bool) -> None:
    beside = tmp_path / "projects"
    beside.mkdir()
    where = str(workspace) if with_workspace else ""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CODE, f"module-{number}", where, str(beside)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(AT_ONCE)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    given = [json.loads(process.communicate()[0]) for process in processes]
    assert all(process.returncode == 0 for process in processes)
    for kind in ("grpc", "postgresql"):
        free = (port for port in KINDS[kind] if port not in WELL_KNOWN and not is_bound(port))
        # Not only different: no probe of one process made a port look taken to another.
        assert sorted(ports[kind] for ports in given) == list(islice(free, AT_ONCE))
