"""Real database servers for tests: PostgreSQL and MariaDB, each in a folder of its own and on a free port.

A server refuses to run as root, so where the tests do, it runs as `nobody`. Its programs are Debian's; where they are
missing a test is skipped, and with DMB_TEST_SERVICES=required it fails.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from .free_ports import free_port

USER, GROUP = ("nobody", "nogroup") if os.geteuid() == 0 else (None, None)
START = 30.0  # seconds that a server may take until it answers
# Everything that has a meaning in an address, a shell or a .env file: a password reaches the server as it is.
PASSWORD = "p@ss:/%#?[]&+ ü$'\"" + secrets.token_hex(4)


@dataclass(frozen=True)
class Server:
    """A running server. `kind` is the answer to the question `database`."""

    kind: str
    driver: str
    user: str
    port: int

    def engine(self, database: str = "") -> Engine:
        database = database or {"postgresql": "postgres", "mysql": "mysql"}[self.kind]
        url = URL.create(self.driver, self.user, PASSWORD, "127.0.0.1", self.port, database)
        # As bytes: PyMySQL would send a text as Latin-1.
        password = {"password": PASSWORD.encode()} if self.kind == "mysql" else {}
        return create_engine(url, isolation_level="AUTOCOMMIT", connect_args=password)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """A new, empty database, gone at the end."""
        name = f"t_{secrets.token_hex(6)}"
        engine = self.engine()
        with engine.connect() as connection:
            connection.execute(text(f"create database {name}"))
            yield name
            connection.execute(text(f"drop database {name}{' with (force)' if self.kind == 'postgresql' else ''}"))
        engine.dispose()

    def variables(self, prefix: str, database: str) -> dict[str, str]:
        """What tells a module with this prefix where the database is."""
        values = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "NAME": database,
            "USER": self.user,
            "PASSWORD": PASSWORD,
            "POOL_SIZE": "2",
        }
        return {f"{prefix}_DB_{name}": value for name, value in values.items()}

    def feed(self, file: Path, database: str) -> None:
        """Run a file of SQL as the server's image does at its first start: by the server's own client."""
        if self.kind == "postgresql":
            client = [str(_postgresql_programs()[-1] / "psql"), "--quiet", "--set=ON_ERROR_STOP=1"]
            who, environment = f"--username={self.user}", {"PGPASSWORD": PASSWORD}
        else:
            client = ["mariadb", "--no-defaults", "--default-character-set=utf8mb4"]
            who, environment = f"--user={self.user}", {"MYSQL_PWD": PASSWORD}
        command = [*client, "--host=127.0.0.1", f"--port={self.port}", who, database]
        with file.open("rb") as statements:
            done = subprocess.run(
                command, stdin=statements, capture_output=True, text=True, check=False, env=os.environ | environment
            )
        assert done.returncode == 0, done.stderr

    def tables(self, database: str) -> dict[str, int]:
        """The rows of each table."""
        engine = self.engine(database)
        schema = "current_schema()" if self.kind == "postgresql" else "database()"
        listed = text(f"select table_name from information_schema.tables where table_schema = {schema}")
        with engine.connect() as connection:
            names = list(connection.scalars(listed))
            rows = {name: connection.scalar(text(f"select count(*) from {name}")) or 0 for name in names}
        engine.dispose()
        return rows


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """PostgreSQL."""
    programs = _postgresql_programs()
    if not programs:
        unavailable("there is no PostgreSQL server: apt-get install postgresql")
    server = Server("postgresql", "postgresql+psycopg", "dmb", free_port())
    with private_folder() as folder:
        (folder / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        as_nobody(
            [
                programs[-1] / "initdb",
                *("--pgdata", folder / "data", "--username", server.user, "--pwfile", folder / "password"),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            folder,
        )
        settings = [
            "listen_addresses=127.0.0.1",
            f"unix_socket_directories={folder}",
            "fsync=off",
            f"port={server.port}",
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        with running([programs[-1] / "postgres", "-D", folder / "data", *options], server, folder):
            yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """MariaDB, for the answer `mysql`."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    program, install = shutil.which("mariadbd", path=path), shutil.which("mariadb-install-db", path=path)
    if not program or not install:
        unavailable("there is no MariaDB server: apt-get install mariadb-server")
    server = Server("mysql", "mysql+pymysql", "dmb", free_port())
    with private_folder() as folder:
        data = f"--datadir={folder / 'data'}"
        as_nobody(
            [install, "--no-defaults", data, "--skip-test-db", "--auth-root-authentication-method=normal"], folder
        )
        start = folder / "start.sql"
        quoted = PASSWORD.replace("'", "''")
        start.write_text(
            "set names utf8mb4;\n"
            f"create user if not exists '{server.user}'@'%' identified by '{quoted}';\n"
            f"grant all on *.* to '{server.user}'@'%' with grant option;\n",
            encoding="utf-8",
        )
        options = [
            *(
                "--bind-address=127.0.0.1",
                f"--port={server.port}",
                f"--socket={folder / 'socket'}",
                f"--init-file={start}",
            ),
            *(
                "--character-set-server=utf8mb4",
                "--innodb-flush-log-at-trx-commit=0",
                "--skip-log-bin",
                "--skip-name-resolve",
            ),
        ]
        with running([program, "--no-defaults", data, *options], server, folder):
            yield server


def unavailable(reason: str) -> NoReturn:
    """Skip the test; fail it where every server must be there."""
    if os.environ.get("DMB_TEST_SERVICES") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def _postgresql_programs() -> list[Path]:
    """The folders of Debian's versions, the newest last."""
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that the server's user can reach and owns: pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="dmb-database-"))
    try:
        if USER and GROUP:
            shutil.chown(folder, USER, GROUP)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_nobody(command: Sequence[str | Path], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        env={**os.environ, "HOME": str(folder)}, user=USER, group=GROUP,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@contextlib.contextmanager
def running(command: Sequence[str | Path], server: Server, folder: Path) -> Iterator[None]:
    """The server's process, from its first answer on."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "HOME": str(folder)}, user=USER, group=GROUP,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START
        while not _answers(server):
            said = (folder / "log").read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None, f"the server ended:\n{said}"
            assert time.monotonic() < deadline, f"the server does not answer:\n{said}"
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(server: Server) -> bool:
    engine = server.engine()
    try:
        with engine.connect():
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()
