"""Every test stores in a folder of its own, and no variable of the developer's machine reaches it."""
{%- set server = databases[cookiecutter.database].server %}

import os
{%- if server %}
from collections.abc import Iterator
{%- endif %}
from pathlib import Path
{%- if server %}
from typing import NoReturn
{%- endif %}

import pytest
{%- if server %}
from dotenv import dotenv_values
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import OperationalError

PREFIX = "{{ cookiecutter.__prefix }}_DB_"
SETTINGS = ("HOST", "PORT", "NAME", "USER", "PASSWORD")
{%- endif %}


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The storage folder of this test."""
    for name in os.environ:
        if name == "DAGSTER_HOME" or name.startswith("{{ cookiecutter.__prefix }}_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "storage"
    monkeypatch.setenv("DAGSTER_STORAGE_PATH", str(folder))
    return folder
{%- if server %}


@pytest.fixture(scope="session")
def own_database() -> Iterator[dict[str, str]]:
    """A new database on the server that the environment, else `.env`, names; gone when the tests are done.

    Where no server answers, the tests that need one are skipped; in CI they fail.
    """
    known = {**dotenv_values(Path(__file__).parents[1] / ".env"), **os.environ}
    given = {name: known.get(PREFIX + name) or "" for name in SETTINGS}
    if missing := [PREFIX + name for name in SETTINGS if not given[name]]:
        no_server(f"{', '.join(missing)} not set, neither in the environment nor in .env")
    if not given["PORT"].isdecimal():
        no_server(f"{PREFIX}PORT is {given['PORT']!r}, which is no port")
    server = URL.create(
        "{{ server.scheme }}",
        username=given["USER"],
        password=given["PASSWORD"],
        host=given["HOST"],
        port=int(given["PORT"]),
{%- if server.connects_to_database %}
        database=given["NAME"],
{%- endif %}
    )
{%- if server.password_in_bytes %}
    options = {"connect_timeout": 5, "password": given["PASSWORD"].encode()}  # as in the resource
{%- else %}
    options = {"connect_timeout": 5}
{%- endif %}
    engine = create_engine(server, isolation_level="AUTOCOMMIT", connect_args=options)
    name = f"{given['NAME']}_test"
    quoted = engine.dialect.identifier_preparer.quote_identifier(name)
    drop = text(f"{{ server.drop.format('{quoted}') }}")
    try:
        with engine.connect() as connection:
            connection.execute(drop)
            connection.execute(text(f"create database {quoted}"))
    except OperationalError as error:
        no_server(f"{server.render_as_string()} cannot be used: {error.orig}")
    yield {**given, "NAME": name, "POOL_SIZE": "2"}
    with engine.connect() as connection:
        connection.execute(drop)
    engine.dispose()


def no_server(reason: str) -> NoReturn:
    """Skip the test, or fail it where skipping would go unseen."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"the tests need a database: {reason}", pytrace=False)
    pytest.skip(f"{reason}; start one with `docker compose up --detach --wait`, or set {PREFIX}HOST and the others")


@pytest.fixture
def on_database(own_database: dict[str, str], storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names the test database."""
    for name, value in own_database.items():
        monkeypatch.setenv(PREFIX + name, value)
{%- endif %}
