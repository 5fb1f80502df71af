"""SEC009: values are pickled to a folder that everybody can write to."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from ...facts.code import argument
from ...facts.volumes import SHARED
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...facts.code import Code
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_HINTS = ("/tmp", "/dev/shm", "gettempdir")  # noqa: S108
_OURS = ("FilesystemIOManager", "PickledObjectFilesystemIOManager")
_MANAGERS = {
    f"dagster.{name}"
    for name in ("IOManager", "ConfigurableIOManager", "ConfigurableIOManagerFactory", "UPathIOManager")
}
_LOADERS = {
    *(f"{module}.{name}" for module in ("pickle", "cloudpickle", "dill", "joblib") for name in ("load", "loads")),
    "pandas.read_pickle",
}
_HOMES = ("DAGSTER_HOME", "DAGSTER_STORAGE_PATH")
_HEAD = "import dagster as dg\n\n"
_MANAGER = (
    "import os\nimport pickle\n\nimport dagster as dg\n\n\nclass Pickles(dg.ConfigurableIOManager):\n"
    "    base_dir: str = {}\n\n    def handle_output(self, context, obj):\n        ...\n\n"
    "    def load_input(self, context):\n        with open(os.path.join(self.base_dir, context.name), 'rb') as file:\n"
    "            return pickle.load(file)\n"
)


class PicklesInTmp(Rule):
    """The storage of pickles is in no folder that other users can write to."""

    code = "SEC009"
    title = "Pickles in a folder that everybody can write to"
    what = (
        "A folder below `/tmp`, `/var/tmp` or `/dev/shm` for `FilesystemIOManager` or an IO manager of the module that "
        "reads pickles, also as a default; for `local_artifact_storage` in dagster.yaml; for `DAGSTER_HOME` or "
        "`DAGSTER_STORAGE_PATH` in `.env`."
    )
    why = (
        "To read a pickle is to run what it says. Every local user can put one there, or make the folder before "
        "Dagster does, and then runs code as Dagster's user. Besides, `/tmp` is emptied, and the values are gone."
    )
    remedy = (
        "name a folder that only Dagster's user can write to, and move the values there: docs/how-to/move-storage.md"
    )
    bad = (
        {
            "src/bar_dagster/definitions.py": _HEAD + "defs = dg.Definitions(\n"
            '    resources={"io_manager": dg.FilesystemIOManager(base_dir="/tmp/bar")},\n)\n'
        },
        {"src/bar_dagster/io.py": _MANAGER.format("'/tmp/dagster_storage'")},
        {
            "src/bar_dagster/io.py": _MANAGER.format("''"),
            "src/bar_dagster/definitions.py": "from .io import Pickles\nimport os\n\n"
            "manager = Pickles(base_dir=os.getenv('BAR_STORAGE', '/var/tmp/bar'))\n",
        },
        {
            "dagster.yaml": "local_artifact_storage:\n  module: dagster._core.storage.root\n"
            "  class: LocalArtifactStorage\n  config:\n    base_dir: /tmp/dagster\n",
            "workspace.yaml": "load_from: []\n",
        },
        {".env": "DAGSTER_HOME=/tmp/dagster_home\n", "workspace.yaml": "load_from: []\n"},
    )
    good = (
        {
            "src/bar_dagster/definitions.py": _HEAD + "defs = dg.Definitions(\n"
            '    resources={"io_manager": dg.FilesystemIOManager(base_dir=dg.EnvVar("BAR_STORAGE"))},\n)\n'
        },
        {
            "src/bar_dagster/io.py": _MANAGER.format("'/var/lib/dagster/storage'"),
            "src/bar_dagster/fetch.py": _HEAD + "SCRATCH = '/tmp/fetched.csv'\n",
        },
        {
            "dagster.yaml": "local_artifact_storage:\n  config:\n    base_dir: /var/lib/dagster\n"
            "compute_logs:\n  config:\n    base_dir: /tmp/logs\n",
            ".env": "DAGSTER_HOME=/srv/dagster\nBAR_SCRATCH=/tmp\n",
            "workspace.yaml": "load_from: []\n",
        },
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """A module's code; a workspace's dagster.yaml; what `.env` sets."""
        workspace = subject.workspace
        if subject.kind == "module":
            managers = {name for code in subject.package.files for name in _pickling(code)}
            for code in subject.package.files:
                if any(hint in code.text for hint in _HINTS):
                    yield from self._code(code, managers)
        if name := workspace.dagster_yaml:
            node = subject.files.yaml(name).get("local_artifact_storage").get("config").get("base_dir")
            if _shared(subject, node.text):
                yield self._kept(Spot.at(name, node), "local_artifact_storage", node.text)
        for variable in workspace.assignments:
            if variable.key in _HOMES and _shared(subject, variable.value):
                yield self._kept(Spot(workspace.env or "", variable.line, 1), variable.key, variable.value)

    def _code(self, code: Code, managers: set[str]) -> Iterator[Diagnosis]:
        if any(_pickling(code)):  # a default may stand in a helper: the whole file is about pickles
            for text in code.all(ast.Constant):
                if isinstance(text.value, str) and SHARED.match(text.value):
                    yield self._kept(code.spot(text), "IO manager", text.value)
            return
        for call, name in code.named_calls:
            if name in managers or name.removeprefix("dagster.") in _OURS:
                arguments = [keyword.value for keyword in call.keywords] + call.args
            elif name == "dagster.configured" and _of_files(code, call):
                arguments = [argument(call, "config_or_config_fn", 0) or call]
            else:
                continue
            for node in arguments:
                path = _folder(code, node)
                if path:
                    yield self._kept(code.spot(node), name.rpartition(".")[2], path)

    def _kept(self, spot: Spot, keeper: str, path: str) -> Diagnosis:
        return self.diagnosis(spot, keeper, f"pickles are kept in {path}, where every user of the host can write")


def _shared(subject: Subject, path: str) -> bool:
    """Whether a folder is below one that everybody can write to, and not below the workspace itself."""
    return bool(SHARED.match(path)) and not Path(path).is_relative_to(subject.root)


def _pickling(code: Code) -> Iterator[str]:
    """The IO managers of a file that reads pickles, by their qualified names."""
    if "IOManager" in code.text and any(name in _LOADERS for _, name in code.named_calls):
        for node in code.all(ast.ClassDef):
            if any(code.name(base) in _MANAGERS for base in node.bases):
                yield f"{code.module}.{node.name}"


def _of_files(code: Code, call: ast.Call) -> bool:
    """Whether a call is `fs_io_manager.configured(…)`."""
    return isinstance(call.func, ast.Attribute) and code.name(call.func.value) == "dagster.fs_io_manager"


def _folder(code: Code, node: ast.expr) -> str:
    """The shared folder that an expression names, by itself or as what is taken where a variable is not set."""
    value = code.value(node)
    if isinstance(value, dict):
        value = value.get("base_dir")
    if isinstance(value, str):
        return value if SHARED.match(value) else ""
    if isinstance(node, ast.Call):
        name = code.name(node.func)
        if name == "tempfile.gettempdir":
            return "/tmp"  # noqa: S108
        if name in ("os.getenv", "os.environ.get"):
            default = argument(node, "default", 1)
            return _folder(code, default) if default else ""
        if name in ("os.path.join", "pathlib.Path") or (isinstance(node.func, ast.Name) and node.func.id == "str"):
            return _folder(code, node.args[0]) if node.args else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _folder(code, node.left)
    return ""
