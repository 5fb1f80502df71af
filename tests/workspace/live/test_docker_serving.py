"""What a workspace of containers starts, run without containers, on a real PostgreSQL; nothing is kept in its home."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from dmb.workspace.changes.init import init_docker
from tests.support.containers import compose
from tests.support.databases import PASSWORD, Server
from tests.support.free_ports import free_port
from tests.support.modules import make_module
from tests.support.servers import PATIENCE, STATUS, ask, run_job, wait_for_locations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BIN = Path(sys.executable).parent


@contextlib.contextmanager
def started(
    command: Sequence[str], env: Mapping[str, str], folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with no more variables than its container has."""
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": "/nonexistent", **env}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


@pytest.mark.needs_server
def test_webserver_daemon_and_code_server_run_a_job_with_what_their_containers_have(
    postgresql: Server, tmp_path: Path
) -> None:
    folder = tmp_path
    with postgresql.database() as database:
        workspace, storage, logs = folder / "ws", folder / "storage", folder / "instance"
        storage.mkdir()
        init_docker(workspace, run_launcher="default", dry_run=False)
        services = compose(workspace)["services"]
        web, code = free_port(), free_port()

        # Only the addresses differ from the files as they are made.
        home = workspace / "home"
        instance = yaml.safe_load((home / "dagster.yaml").read_text().replace("/var/lib/dagster/instance", str(logs)))
        storage_settings = instance["storage"]["postgres"]["postgres_db"]
        assert storage_settings["password"] == {"env": "DAGSTER_POSTGRES_PASSWORD"}
        storage_settings |= {"hostname": "127.0.0.1", "port": postgresql.port, "username": postgresql.user}
        storage_settings["db_name"] = database
        (home / "dagster.yaml").write_text(yaml.safe_dump(instance))
        server = {"host": "127.0.0.1", "port": code, "location_name": "bar-one"}
        (home / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
        home.chmod(0o555)
        module = make_module(folder)

        own = {"DAGSTER_POSTGRES_PASSWORD": PASSWORD, "DAGSTER_STORAGE_PATH": str(storage)}
        variables = {"DAGSTER_HOME": str(home), **own}
        commands = {
            name: [
                word.replace("/opt/dagster/home", str(home)).replace("0.0.0.0", "127.0.0.1").replace("3000", str(web))  # noqa: S104
                for word in services[name]["command"]
            ]
            for name in ("dagster-webserver", "dagster-daemon")
        }
        assert set(services["dagster-daemon"]["environment"]) == {"DAGSTER_POSTGRES_PASSWORD"}
        serve = ["dagster", "api", "grpc", "--host", "127.0.0.1", "--port", str(code)]
        serve += ["--module-name", "bar_one_dagster.definitions"]
        log = {name: folder / f"{name}.log" for name in ("code", "web", "daemon")}
        with (
            started(serve, own, module, log["code"]),
            # Both at once, on an empty database.
            started(commands["dagster-webserver"], variables, storage, log["web"]) as webserver,
            started(commands["dagster-daemon"], variables, storage, log["daemon"]) as daemon,
        ):
            wait_for_locations(web, {"bar-one"}, webserver, log["web"])
            run = run_job(web, "bar-one", "bar_one_dagster_seen")
            deadline = time.monotonic() + PATIENCE
            status = ""
            while status not in {"SUCCESS", "FAILURE"}:
                assert time.monotonic() < deadline, f"{status}\n{log['daemon'].read_text()[-4000:]}"
                assert daemon.poll() is None, log["daemon"].read_text()[-4000:]
                status = ask(web, STATUS, id=run)["runOrError"]["status"]
                time.sleep(0.3)
            said = {name: path.read_text()[-3000:] for name, path in log.items()}
            assert status == "SUCCESS", said
        assert postgresql.tables(database)["runs"] == 1
        assert (storage / "bar_one_dagster.json").is_file()
        assert list((logs / "compute_logs").rglob("*.err"))
        # Two folders are for telemetry that is off: where they cannot be made, nobody minds.
        assert {path.name for path in home.iterdir()} <= {"dagster.yaml", "workspace.yaml", "logs", ".logs_queue"}
        assert not [path for name in ("logs", ".logs_queue") for path in (home / name).glob("*")]
