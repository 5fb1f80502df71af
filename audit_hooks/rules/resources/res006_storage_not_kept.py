"""RES006: values that are kept where nobody can say, or where they are lost."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from dmb.module import PIECES

from ...facts.code import argument, spread
from ...facts.containers import Containers
from ...facts.stored_values import kept_by_default
from ...facts.volumes import SHARED, below, mounted, targets
from ...judging.rule import Rule
from ...reading.sources import Spot
from ..examples import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_FOLDERS = ("base_dir", "base_path", "root_path", "root_dir", "storage_dir", "storage_path", "data_dir", "database")
_BASES = {f"dagster.{name}" for name in ("IOManager", "ConfigurableIOManager", "UPathIOManager")}
_STORAGE = "DAGSTER_STORAGE_PATH"
_TRIED = r"(^|[_-])(local|dev|development|test|tests|testing|debug|demo)([_-]|$)"
_HEAD = "import dagster as dg\n\n"
_FILE = "src/bar_dagster/definitions.py"
_CLASS = (
    _HEAD + "class Files(dg.ConfigurableIOManager):\n    base_path: str = 'values'\n\n"
    "    def handle_output(self, context, obj): ...\n\n    def load_input(self, context): ...\n"
)
_ASSET = "@dg.asset\ndef total() -> int:\n    return 1\n\n\n"
_PIECE = f"{PIECES}/docker-compose.yml"
_SERVICE = (
    "services:\n  bar:\n    image: bar:1\n    environment:\n      DAGSTER_STORAGE_PATH: /var/lib/dagster/storage\n"
)


class StorageNotKept(Rule):
    """The values of assets are in a folder that one can set, and that outlives the container."""

    code = "RES006"
    title = "Storage that cannot be set, or is not kept"
    severity = "warning"
    tier = "standard"
    kinds = ("module",)
    what = (
        "A folder or a database file of this machine that is written into the code, for an IO manager (`base_dir`, "
        "`base_path`, `database` and the like, or a field's default that is left as it is), unless a Compose file "
        "mounts a volume there. A `DAGSTER_STORAGE_PATH` in a Compose file that no volume of that service holds. In a "
        "module that dmb made also an asset that returns a value where there is no `io_manager`. What is named local, "
        "dev or test, or stands below an `if`, is left out."
    )
    why = (
        "What a container writes beside its volumes is gone with it: the next run that loads the value fails. A path "
        "in the code is the same for every machine, and cannot be moved without a release."
    )
    remedy = "let a variable name the folder (dg.EnvVar), and mount a volume there"
    bad = (
        {
            _FILE: _HEAD + "defs = dg.Definitions(\n"
            '    resources={"io_manager": dg.FilesystemIOManager(base_dir="/opt/dagster/values")},\n)\n'
        },
        {
            _FILE: "import dagster as dg\n\nfrom bar_dagster.io import Files\n\n"
            "defs = dg.Definitions(resources={'io_manager': Files()})\n",
            "src/bar_dagster/io.py": _CLASS,
        },
        {"pyproject.toml": MANIFEST, _FILE: _HEAD + "\n" + _ASSET + "defs = dg.Definitions(assets=[total])\n"},
        {"pyproject.toml": MANIFEST, _PIECE: _SERVICE + "    volumes: [logs:/var/lib/dagster/logs]\n"},
    )
    good = (
        {
            _FILE: _HEAD + "defs = dg.Definitions(\n"
            '    resources={"io_manager": dg.FilesystemIOManager(base_dir=dg.EnvVar("BAR_STORAGE"))},\n)\n'
        },
        {
            _FILE: _HEAD + 'io_manager = dg.FilesystemIOManager(base_dir="/opt/dagster/values")\n',
            "pyproject.toml": "",
            "compose.yaml": "services:\n  bar:\n    image: bar:1\n    volumes: ['values:/opt/dagster/values:rw']\n",
        },
        {
            "pyproject.toml": MANIFEST,
            _FILE: _HEAD + "\n@dg.asset\ndef total() -> None: ...\n\n\ndefs = dg.Definitions(assets=[total])\n",
            _PIECE: _SERVICE + "    volumes:\n      - storage:/var/lib/dagster/storage\n",
        },
        {
            "pyproject.toml": MANIFEST,
            _FILE: _HEAD + "\n" + _ASSET + "defs = dg.Definitions(resources={'io_manager': Files()})\n",
        },
        {
            _FILE: "import dagster as dg\nfrom dagster_duckdb_pandas import DuckDBPandasIOManager\n\n"
            "by_stage = {\n    'local': {'io_manager': DuckDBPandasIOManager(database='local.duckdb')},\n"
            "    'prod': {'io_manager': DuckDBPandasIOManager(database='md:prod')},\n}\n"
        },
        {_FILE: _CLASS + "\n\nfiles = Files(base_path=dg.EnvVar('BAR_STORAGE'))\n"},
        {_FILE: _CLASS},
        {_FILE: _HEAD + 'io_manager = SnowflakePandasIOManager(database="SALES")\n'},
        {_FILE: _HEAD + 'io_manager = PolarsParquetIOManager(base_dir="s3://bucket/values")\n'},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Paths in the code; Compose's variable; a module with values and no IO manager."""
        seen = subject.package.mentioning("IOManager") and any(map(subject.package.mentioning, _FOLDERS))
        written = list(_written(subject.package.files)) if seen else []
        whole = Containers(subject.repository, subject.repository.names)
        volumes = mounted(subject.repository, whole.services) if written else set()
        for code, node, manager, path in written:
            if not below(path, volumes):
                message = f"{manager} keeps values in {path}, which is written here and no volume"
                yield self.diagnosis(code.spot(node), manager, message)
        for service in subject.containers.services:
            set_to = service.node.get("environment").get(_STORAGE)
            folder = set_to.text
            if folder.startswith("/") and not below(folder, set(targets(service.node.get("volumes")))):
                message = f"no volume of {service.name} holds {folder}: the values are gone with the container"
                yield self.diagnosis(Spot.at(service.file, set_to), _STORAGE, message, f"mount a volume at {folder}")
        if subject.project.made:
            for asset in kept_by_default(subject.package)[:1]:
                message = f"{asset.subject} returns a value, and no IO manager keeps it where it can be found again"
                remedy = 'give Definitions resources={"io_manager": …}, with a folder that a variable names'
                yield self.diagnosis(asset.spot, asset.subject, message, remedy)


class _Written(NamedTuple):
    """A local path that an IO manager is given in the code, and where that stands."""

    code: Code
    node: ast.expr
    manager: str
    path: str


def _written(files: list[Code]) -> Iterator[_Written]:
    """Each path that is written in a call, and each default of a field that a call leaves as it is."""
    defaults = {name: fields for code in files for name, fields in _defaults(code)}
    passed = set[ast.expr]()
    for code in files:
        for call in code.all(ast.Call):
            name = code.name(call.func)
            if not name and isinstance(call.func, ast.Name):
                name = f"{code.module}.{call.func.id}"
            fields = defaults.get(name, {})
            arguments = {keyword.arg or "": keyword.value for keyword in call.keywords}
            if not (fields or name.endswith("IOManager")) or _for_trying(code, call) or spread(call):
                continue
            manager = name.rpartition(".")[2]
            paths = [
                _Written(code, node, manager, text)
                for key, node in arguments.items()
                if (text := _local(code, manager, key, node))
            ]
            paths += [default for key, default in fields.items() if key not in arguments and not call.args]
            for path in paths:
                if path.node not in passed:
                    passed.add(path.node)
                    yield path


def _defaults(code: Code) -> Iterator[tuple[str, dict[str, _Written]]]:
    """The IO managers of a file by qualified name, with the fields that have a path for a default."""
    for made in code.all(ast.ClassDef):
        if any(code.name(base) in _BASES for base in made.bases):
            yield (
                f"{code.module}.{made.name}",
                {
                    field.target.id: _Written(code, field.value, made.name, path)
                    for field in made.body
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.value
                    if (path := _local(code, made.name, field.target.id, _default(field.value)))
                },
            )


def _default(value: ast.expr) -> ast.expr:
    """The default in `Field(default="values")`."""
    if isinstance(value, ast.Call):
        return argument(value, "default", 0) or value
    return value


def _local(code: Code, manager: str, key: str, node: ast.expr) -> str:
    """The path of this machine that an argument is; "" for anything else, and for those that SEC009 tells."""
    path = code.value(node) if key in _FOLDERS else None
    if not isinstance(path, str) or SHARED.match(path) or any(mark in path for mark in ":${"):
        return ""
    return path if key != "database" or "duckdb" in manager.lower() else ""  # elsewhere it names one on a server


def _for_trying(code: Code, call: ast.Call) -> bool:
    """Whether a call is one of several to choose from, or says that it is for a developer's machine."""
    below: ast.AST = call
    for holder in code.above(call):
        if isinstance(holder, ast.If | ast.IfExp):
            return True
        names: list[object] = []
        if isinstance(holder, ast.Dict):
            names = [code.value(key) for key, value in zip(holder.keys, holder.values, strict=True) if value is below]
        elif isinstance(holder, ast.Assign):
            names = [target.id for target in holder.targets if isinstance(target, ast.Name)]
        elif isinstance(holder, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [holder.name]
        if any(isinstance(name, str) and re.search(_TRIED, name, re.IGNORECASE) for name in names):
            return True
        below = holder
    return False
