"""The table of databases is the only one: what is particular to one stands there, or in a file of its own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dmb.compose.service import role
from dmb.databases import DATABASES, EMBEDDED, SERVERS
from tests.support.paths import ROOT

# How the name of a database, its image, its client or its port is written.
WORDS = {
    "duckdb": r"duckdb",
    "postgresql": r"postgres(ql)?|psql|psycopg|pg_isready|5432",
    "mysql": r"(py)?mysql|mariadb|3306",
}
TABLE = "dmb/databases.py"
# Other matters: Dagster's own storage, and programs that a module's image gets.
APART = {
    "dmb/system_packages.py",
    "dmb/workspace/runtimes/docker.py",
    "dmb/workspace/runtimes/instance.py",
    "cookiecutter.json",  # which is data: its choices are compared with the table below
}
STORAGE = re.compile(r"DAGSTER_POSTGRES\w*|dagster[-_]postgres\w*|the workspace's PostgreSQL")


def product() -> Iterator[str]:
    """What makes and integrates modules: the library, and the template."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        top = Path(name).parts[0]
        if top in {"dmb", "hooks", "templates", "template_extension.py", "cookiecutter.json"} or top.startswith("{{"):
            yield name


def strangers(name: str, text: str) -> list[str]:
    """The words of databases in a file of the product that belong into the table, or into a file of the database's."""
    if name in {TABLE, *APART}:
        return []
    text = STORAGE.sub("", f"{name}\n{text}")
    own = re.findall(r"cookiecutter\.database == '(\w+)'|^templates/databases/(\w+)/", name)
    owners = {word for match in own for word in match if word}
    return [
        match[0]
        for database, words in WORDS.items()
        if database not in owners
        for match in re.finditer(words, text, re.IGNORECASE)
    ]


def test_no_file_but_the_table_knows_one_database_from_another() -> None:
    files = [name for name in product() if (ROOT / name).is_file()]
    assert TABLE in files
    assert any(name.startswith("{{") for name in files)
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in files}
    assert {name: words for name, text in texts.items() if (words := strangers(name, text))} == {}


def test_that_test_sees_a_second_table() -> None:
    assert set(WORDS) == set(DATABASES) - {"none"}
    assert strangers("dmb/a.py", 'PORTS = {"postgresql": 5432}') == ["postgresql", "5432"]
    own = "src/{% if cookiecutter.database == 'duckdb' %}a.py{% endif %}"
    assert strangers(own, "import duckdb, pymysql") == ["pymysql"]
    assert strangers("src/{% if cookiecutter.database in ('postgresql', 'mysql') %}a{% endif %}", "") != []


def test_the_template_asks_for_what_is_in_the_table() -> None:
    questions = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    assert questions["database"] == list(DATABASES)
    assert set(questions["__prompts__"]["database"]) == {"__prompt__", *DATABASES}


def test_every_server_has_its_own_piece_of_the_template() -> None:
    pieces = {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates" / "databases").rglob("*.jinja")}
    assert pieces == {f"templates/databases/{name}/rewrite.py.jinja" for name in SERVERS}


@pytest.mark.parametrize("name", SERVERS)
def test_a_servers_own_image_is_recognized_and_no_other(name: str) -> None:
    server = SERVERS[name]
    assert role("db", "", f"registry.example/{server.image}:{server.version}") == name
    assert role("db", "", f"registry.example/not-{server.image}:1") == ""


def test_a_database_is_embedded_or_a_server_or_neither() -> None:
    assert not set(EMBEDDED) & set(SERVERS)
    assert {name for name, database in DATABASES.items() if database.packages} == {*EMBEDDED, *SERVERS}
    assert {name for name, database in DATABASES.items() if database.title} == {*EMBEDDED, *SERVERS}
