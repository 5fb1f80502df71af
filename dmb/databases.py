"""All that is particular to a database: one row each. Anything else that a database needs is a file of its own.

A new one needs: a row here; a choice in cookiecutter.json; its files in the template, by name (`== 'duckdb'`) or, for
a server, in `templates/databases/<name>/`; and a word in the docs. Ports, Compose files, passwords, prompts, the audit
and the template itself ask this table. Standard library only: it is imported while the questions are asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Server(NamedTuple):
    """A database that is a server. Shell lines are for its container, which has the variables of its image."""

    ports: range  # of a host: clear of the others in ports.tables
    container_port: int
    image: str
    version: str
    recognized: re.Pattern[str]  # in the image that a service of a Compose file runs
    folder: str  # where its container keeps the data
    variables: Mapping[str, str]  # the image's variables: its name for each -> the module's (NAME, USER, PASSWORD)
    settings: Mapping[str, str]  # the image's other variables, with their values
    ready: str  # a shell line that succeeds when the database can be used
    ping: str  # as `ready`, in a CI workflow: no variable, since no shell is there to put it in
    run: str  # a shell line that runs the statements it reads
    password_variable: str  # where that line finds the user's password
    scheme: str  # of SQLAlchemy's addresses
    password_in_bytes: bool  # the driver would send a text in another encoding than the server's
    connects_to_database: bool  # a connection needs an existing database, not only the server
    new_password: str  # a statement that gives the user the password {}, which has letters and digits alone
    drop: str  # a statement that drops the database {}, also while somebody is connected
    grant: str  # a statement that lets {user} make the database {name}; "" where the image's user may make any
    no_table: str  # what it says where the table {} is missing
    no_answer: str  # what the driver says where nothing answers
    refused: str  # what the server says of a wrong password


class Embedded(NamedTuple):
    """A database that is a file of the module's own, `<module>.<name>`; what it keeps beside it, by more endings."""

    beside: tuple[str, ...]
    locked: str  # what it says where another process has the file


class Database(NamedTuple):
    """One answer to the question `database`: embedded, a server, or neither."""

    name: str
    title: str  # where the data is, as people say it
    packages: tuple[str, ...]  # what a module depends on for it
    embedded: Embedded | None = None
    server: Server | None = None

    @property
    def file_variable(self) -> str:
        """What names an embedded one's file, behind the module's prefix: `DUCKDB_PATH`."""
        return f"{self.name.upper()}_PATH"


_ALL = (
    Database(
        "duckdb", "a DuckDB file", ("duckdb>=1.2,<3",), embedded=Embedded((".wal",), "Could not set lock on file")
    ),
    Database(
        "postgresql",
        "PostgreSQL",
        ("psycopg[binary]>=3.2,<4", "sqlalchemy>=2.0.40,<2.2"),
        server=Server(
            ports=range(5440, 6000),
            container_port=5432,
            image="postgres",
            version="17",
            recognized=re.compile(r"(^|/)(postgres|postgis|timescaledb)\b"),
            folder="/var/lib/postgresql/data",
            variables={"POSTGRES_DB": "NAME", "POSTGRES_USER": "USER", "POSTGRES_PASSWORD": "PASSWORD"},
            settings={},
            ready="pg_isready --host=127.0.0.1 --username=$POSTGRES_USER --dbname=$POSTGRES_DB",
            ping="pg_isready --host=127.0.0.1 --username=ci",
            run="psql --quiet --set=ON_ERROR_STOP=1 --host=127.0.0.1"
            ' --username="${POSTGRES_USER:-postgres}" --dbname="${POSTGRES_DB:-${POSTGRES_USER:-postgres}}"',
            password_variable="PGPASSWORD",  # noqa: S106  a name
            scheme="postgresql+psycopg",
            password_in_bytes=False,
            connects_to_database=True,
            new_password="ALTER USER CURRENT_USER PASSWORD '{}'",  # noqa: S106  a statement
            drop="drop database if exists {} with (force)",
            grant="",
            no_table='relation "{}" does not exist',
            no_answer="connection refused",
            refused="password authentication failed",
        ),
    ),
    Database(
        "mysql",
        "MySQL or MariaDB",
        ("pymysql[rsa]>=1.1.1,<2", "sqlalchemy>=2.0.40,<2.2"),
        server=Server(
            ports=range(3307, 4000),
            container_port=3306,
            image="mysql",
            version="8.4",
            recognized=re.compile(r"(^|/)(mysql|mariadb)\b"),
            folder="/var/lib/mysql",
            variables={"MYSQL_DATABASE": "NAME", "MYSQL_USER": "USER", "MYSQL_PASSWORD": "PASSWORD"},
            settings={"MYSQL_RANDOM_ROOT_PASSWORD": "yes"},
            ready="MYSQL_PWD=$MYSQL_PASSWORD mysql --host=127.0.0.1 --user=$MYSQL_USER"
            " --execute='select 1' $MYSQL_DATABASE",
            ping="mysqladmin ping --host=127.0.0.1 --silent",
            run='$(command -v mysql mariadb | head -n 1) --user="${MYSQL_USER:-$MARIADB_USER}"',
            password_variable="MYSQL_PWD",  # noqa: S106  a name
            scheme="mysql+pymysql",
            password_in_bytes=True,  # PyMySQL has Latin-1
            connects_to_database=False,
            # MariaDB reads what MySQL takes for comments: it wants the function, and a privilege for ALTER USER.
            new_password="SET PASSWORD = /*M! PASSWORD( */ '{}' /*M! ) */",  # noqa: S106  a statement
            drop="drop database if exists {}",
            grant="grant all on `{name}`.* to '{user}'@'%';",
            no_table="{}' doesn't exist",
            no_answer="Can't connect to MySQL server",
            refused="Access denied",
        ),
    ),
    Database("none", "", ()),
)

DATABASES: Mapping[str, Database] = {each.name: each for each in _ALL}
EMBEDDED: Mapping[str, Embedded] = {each.name: each.embedded for each in _ALL if each.embedded}
SERVERS: Mapping[str, Server] = {each.name: each.server for each in _ALL if each.server}
