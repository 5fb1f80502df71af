"""RES001: a variable that is read when Dagster imports the file."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from ...facts.code import argument
from ...facts.variables import DAGSTER, PLATFORM
from ...judging.rule import UNSAFE, CodeRule
from ...reading.edits import Edit
from ..examples import ENV

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...facts.package import Package
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_GETTERS = ("os.getenv", "os.environ.get")
_TESTS = (ast.Compare, ast.BoolOp, ast.If, ast.IfExp, ast.Assert, ast.While, ast.NamedExpr)
_CONFIGURED = ("Resource", "IOManager")  # ends of classes that take an EnvVar for a text


class VariableAtImport(CodeRule):
    """What a file needs from the environment is read when it is used."""

    code = "RES001"
    title = "A variable that is read at import"
    severity = "warning"
    mends = UNSAFE
    gives_way_to = ("WSP007",)
    what = (
        "`os.environ[…]`, or `os.getenv(…)` and `os.environ.get(…)` without a default, of a literal name, that run "
        "when a file that Dagster loads is imported: at module level, in a class body, a decorator or a parameter's "
        "default. Each variable once a file. Left out: what stands below an `if` or a `try` or after an `or`, what the "
        "file sets itself, a value that may be missing and is asked for it (`if`, `or`, a comparison) or handed to a "
        "field whose default is None, Dagster's and the system's variables, and what WSP007 tells already."
    )
    why = (
        "The code server imports the file, and so does every run, perhaps in another container with other variables: "
        "where this one is missing, nothing of the code location loads, or everything works with None. A new value "
        "counts only after a restart."
    )
    remedy = "hand dg.EnvVar to a resource, or read it in the function that needs it; give what must be there a default"
    mentions = ("environ", "getenv")
    bad = (
        {"defs.py": ENV + 'warehouse = Warehouse(url=os.environ["WAREHOUSE_URL"])\n'},
        {"defs.py": ENV + 'TOKEN = os.getenv("API_TOKEN")\n\n\n@dg.asset\ndef a():\n    return fetch(TOKEN)\n'},
        {"defs.py": ENV + 'class Api(dg.ConfigurableResource):\n    token: str = os.environ["API_TOKEN"]\n'},
        {"defs.py": ENV + 'def fetch(token=os.environ.get("API_TOKEN", None)):\n    return token\n'},
        {
            "bar/__init__.py": "",
            "bar/defs.py": "import dagster as dg\n\nfrom bar import settings\n",
            "bar/settings.py": 'import os\n\nHOST = os.environ["API_HOST"]\n',
        },
        {
            "defs.py": ENV + "from dagster_aws.s3 import S3Resource\n\n"
            'defs = dg.Definitions(resources={"s3": S3Resource(region_name=os.getenv("REGION"))})\n'
        },
    )
    good = (
        {"defs.py": ENV + 'warehouse = Warehouse(url=dg.EnvVar("WAREHOUSE_URL"))\n'},
        {"defs.py": ENV + 'URL = os.environ.get("WAREHOUSE_URL", "duckdb:///data.duckdb")\n'},
        {"defs.py": ENV + 'URL = os.getenv("WAREHOUSE_URL") or "duckdb:///data.duckdb"\n'},
        {"defs.py": ENV + '@dg.asset\ndef a():\n    return fetch(os.environ["API_TOKEN"])\n'},
        {"defs.py": ENV + 'defs = dg.Definitions()\n\nif __name__ == "__main__":\n    print(os.environ["X"])\n'},
        {"defs.py": ENV + 'STAGE = os.getenv("STAGE")\nif STAGE == "prod":\n    URL = os.environ["PROD_URL"]\n'},
        {"defs.py": ENV + 'URL = os.getenv("WAREHOUSE_URL") or os.environ["DATABASE_URL"]\n'},
        {"defs.py": ENV + 'try:\n    URL = os.environ["URL"]\nexcept KeyError:\n    URL = ""\n'},
        {"defs.py": ENV + 'os.environ.setdefault("URL", "x")\nURL = os.environ["URL"]\nh = os.environ["HOME"]\n'},
        {"defs.py": ENV + 'class Api(dg.Config):\n    t: str = Field(default_factory=lambda: os.environ["T"])\n'},
        {
            "defs.py": ENV + "from resources import Tiles\n\n"
            'tiles = Tiles(program=os.getenv("TILES_PROGRAM"))\nmore = Tiles(os.getenv("MORE_TILES"))\n',
            "resources.py": "import dagster as dg\n\n\nclass Tiles(dg.ConfigurableResource):\n"
            "    program: str | None = None\n",
        },
        {"defs.py": ENV, "script.py": 'import os\n\nHOST = os.environ["API_HOST"]\n'},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each variable once a file."""
        first = {(item.finding.path, item.finding.subject): item for item in reversed(list(super().check(subject)))}
        yield from reversed(first.values())

    def check_code(self, code: Code, subject: Subject) -> Iterator[Diagnosis]:
        """Each place."""
        for node, variable in _reads(code):
            if isinstance(node, ast.Call) and _takes_none(code, subject.package, node):
                continue
            if subject.package.imports_dagster(code):
                without = "is None" if isinstance(node, ast.Call) else "keeps the code location from loading"
                message = f"{variable} is read when this file is imported: without it, this {without}"
                edits = partial(_handed_over, code, node, variable)
                yield self.diagnosis(code.spot(node), variable, message, edits=edits)


def _handed_over(code: Code, node: ast.expr, variable: str) -> Iterator[Edit]:
    """Where it is handed to a resource, hand over the variable."""
    holder = code.parent(node)
    call = code.parent(holder) if isinstance(holder, ast.keyword) else None
    name = _env_var(code)
    if name and isinstance(call, ast.Call) and code.source(call.func).endswith(_CONFIGURED):
        yield Edit(code.path, *code.span(node), f'{name}("{variable}")')


def _env_var(code: Code) -> str:
    """What an `EnvVar` is called in a file; "" where it has no name there."""
    for name, meaning in code.imports.items():
        if meaning == "dagster":
            return f"{name}.EnvVar"
        if meaning == "dagster.EnvVar":
            return name
    return ""


def _reads(code: Code) -> Iterator[tuple[ast.expr, str]]:
    """(place, variable) of each one that is read at import and may be missing."""
    places: list[tuple[ast.expr, ast.expr]] = []
    set_here: set[object] = set()
    for node in code.all(ast.Subscript):
        if code.name(node.value) == "os.environ":
            if isinstance(node.ctx, ast.Load):
                places.append((node, node.slice))
            else:
                set_here.add(code.value(node.slice))
    for call, name in code.named_calls:
        key = argument(call, "key", 0)
        if key is None:
            continue
        if name == "os.environ.setdefault":
            set_here.add(code.value(key))
        elif name in _GETTERS and code.value(argument(call, "default", 1) or ast.Constant(None)) is None:
            places.append((call, key))
    places = [(place, key) for place, key in places if code.runs_in(place) is None]
    tested = _tested(code) if places else set()
    for place, key in places:
        variable = code.value(key)
        if (
            isinstance(variable, str)
            and variable not in set_here
            and not (PLATFORM.fullmatch(variable) or DAGSTER.fullmatch(variable))
            and not _careful(code, place, tested)
        ):
            yield place, variable


def _careful(code: Code, place: ast.expr, tested: set[str]) -> bool:
    """Whether what stands around a place sees to it that the variable may be missing; `tested` names are."""
    below: ast.AST = place
    for holder in code.above(place):
        if isinstance(holder, ast.If | ast.IfExp) and below is not holder.test:
            return True
        if isinstance(holder, ast.BoolOp) and below is not holder.values[0]:
            return True
        if isinstance(holder, ast.Try) and below in holder.body and holder.handlers:
            return True
        if isinstance(place, ast.Call):  # that is None, and fails nowhere yet
            match holder:
                case ast.Assign(targets=[ast.Name(id=name)]) if holder.value is below and name in tested:
                    return True
                case ast.Call(func=ast.Name(id="bool")):
                    return True
            if _tests(holder):
                return True
        below = holder
    return False


def _tested(code: Code) -> set[str]:
    """The names that a file tests for being something."""
    return {node.id for node in code.all(ast.Name) if isinstance(node.ctx, ast.Load) and _tests(code.parent(node))}


def _tests(holder: ast.AST | None) -> bool:
    """Whether a node tests if what it holds is something."""
    return isinstance(holder, _TESTS) or (isinstance(holder, ast.UnaryOp) and isinstance(holder.op, ast.Not))


def _takes_none(code: Code, package: Package, value: ast.Call) -> bool:
    """Whether a value is handed to a class of this package that has None as that field's default."""
    holder = code.parent(value)
    call = code.parent(holder) if isinstance(holder, ast.keyword) else holder
    if not isinstance(call, ast.Call) or value is call.func:
        return False
    module, _, name = code.name(call.func).rpartition(".")
    home = package.modules.get(module) if module else code
    name = name or (call.func.id if isinstance(call.func, ast.Name) else "")
    match home.defined.get(name) if home else None:
        case [ast.ClassDef(body=body)]:
            fields = [node for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
        case _:
            return False
    if isinstance(holder, ast.keyword):
        fields = [node for node in fields if isinstance(node.target, ast.Name) and node.target.id == holder.arg]
    else:
        fields = fields[call.args.index(value) :]
    return bool(fields) and isinstance(fields[0].value, ast.Constant) and fields[0].value.value is None
