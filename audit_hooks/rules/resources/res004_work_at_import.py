"""RES004: a file that reaches out to the world when it is imported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ...facts.code import UNKNOWN, argument
from ...facts.import_time import dbt_parses, unconditional
from ...judging.rule import CodeRule
from ..examples import ENV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_VERBS = ("get", "post", "put", "patch", "delete", "head", "request")
_WORK = {
    **{f"{library}.{verb}": "asks a server" for library in ("requests", "httpx") for verb in _VERBS},
    **{f"urllib.request.{name}": "asks a server" for name in ("urlopen", "urlretrieve")},
    **{
        f"{driver}.connect": "connects to a database"
        for driver in (
            *(
                "psycopg",
                "psycopg2",
                "asyncpg",
                "pymysql",
                "MySQLdb",
                "mysql.connector",
                "mariadb",
                "pyodbc",
                "pymssql",
            ),
            *("oracledb", "cx_Oracle", "snowflake.connector", "databricks.sql", "redshift_connector", "duckdb"),
        )
    },
    "sqlite3.connect": "opens a database",
    "clickhouse_connect.get_client": "connects to a database",
    **{
        f"subprocess.{name}": "runs a program"
        for name in ("run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput")
    },
    "os.system": "runs a program",
    "time.sleep": "waits",
}
_DRIVEN = "import duckdb\n\n"


class WorkAtImport(CodeRule):
    """Files that Dagster loads only declare."""

    code = "RES004"
    title = "Work that is done at import"
    severity = "warning"
    tier = "standard"
    what = (
        "At module level, in a file that Dagster loads: a request, a connection to a database, another program, a "
        "wait, or a file opened for writing. What stands below an `if`, and databases in memory, are left out; what "
        "dbt does is RES005's."
    )
    why = (
        "It is done again by the code server, by every run and by every step's process. Where the server or the file "
        "is not there, nothing of the code location loads, and Dagster gives up after its start-up timeout."
    )
    remedy = "do it in the asset, or in a resource that is made for a run"
    mentions = ("requests", "httpx", "urllib", "connect", "get_client", "subprocess", "system", "sleep", "open(")
    bad = (
        {"defs.py": ENV + "import requests\n\nRATES = requests.get('https://rates.example/', timeout=9).json()\n"},
        {"defs.py": ENV + _DRIVEN + "connection = duckdb.connect('warehouse.duckdb')\n"},
        {"defs.py": ENV + "import subprocess\n\n\nclass Git:\n    head = subprocess.check_output(['git', 'log'])\n"},
        {"defs.py": ENV + "with open('started.txt', 'w') as file:\n    file.write('yes')\n"},
    )
    good = (
        {
            "defs.py": ENV + "import requests\n\n\n@dg.asset\ndef rates():\n"
            "    return requests.get('https://rates.example/', timeout=9).json()\n"
        },
        {"defs.py": ENV + _DRIVEN + "connection = duckdb.connect()\nother = duckdb.connect(':memory:')\n"},
        {"defs.py": ENV + "with open('queries.sql') as file:\n    QUERY = file.read()\n"},
        {"defs.py": ENV + "import subprocess\n\nif os.getenv('BUILD'):\n    subprocess.run(['make'])\n"},
        {"defs.py": ENV, "script.py": "import subprocess\n\nsubprocess.run(['make'])\n"},
        {"defs.py": ENV + "def open(name, mode):\n    return name\n\n\nfile = open('a', 'w')\n"},
    )

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each call that runs at import."""
        for call, name, does in _work(code):
            if unconditional(code, call) and subject.package.imports_dagster(code):
                yield self.diagnosis(code.spot(call), name, f"{name} {does} whenever this file is imported")


def _work(code: Code) -> Iterator[tuple[ast.Call, str, str]]:
    """(call, its name, what it does) of each piece of work in a file, wherever it is done."""
    work = [(call, name, _WORK[name]) for call, name in code.named_calls if name in _WORK]
    if any(name.startswith("subprocess.") for _, name, _ in work):
        parses = set(dbt_parses(code))
        work = [item for item in work if item[0] not in parses]
    yield from (item for item in work if not _in_memory(code, *item[:2]))
    if "open(" in code.text and "open" not in code.defined:
        yield from ((call, "open", "writes a file") for call in code.all(ast.Call) if _writes(code, call))


def _in_memory(code: Code, call: ast.Call, name: str) -> bool:
    if name not in ("duckdb.connect", "sqlite3.connect"):
        return False
    given = argument(call, "database", 0)
    return given is None or code.value(given) in ("", ":memory:")


def _writes(code: Code, call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Name) or call.func.id != "open":
        return False
    mode: Any = code.value(argument(call, "mode", 1))
    return mode is not UNKNOWN and isinstance(mode, str) and any(letter in mode for letter in "wax+")
