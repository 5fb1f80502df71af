"""The local runtime: webserver, daemon and code run as processes of this host, and Dagster keeps its state in SQLite.

How a variable reaches a module: Dagster's commands read the `.env` of the folder that they are started in, and what
they start inherits it: the code server of a python_module entry, and from there every run. With code servers of their
own, honcho reads the same `.env` and gives it to every process of the Procfile.
"""

from __future__ import annotations

import shlex
import unicodedata
from typing import TYPE_CHECKING, Any

from ...databases import DATABASES
from ...errors import DmbError
from ...formats import envfile, marked_blocks
from ...formats.yamlsplice import dump, scalar
from ...ports.port_variables import port_variable
from ..state.files import Pieces

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ...layout import Layout
    from ...module import Module

HOST = "127.0.0.1"
WEBSERVER_PORT = 3000
DAGSTER = ">=1.13,<1.14"  # the host must be at least as new as every module


# --- what a new workspace is made of ----------------------------------------------------------------------------------


def files(layout: Layout, *, code_servers: bool) -> dict[Path, str]:
    """The files of a workspace with no module in it. Raises DmbError for a folder whose name cannot stand in them."""
    check_path(layout.root)
    made = {
        layout.workspace_yaml: _WORKSPACE_YAML,
        layout.dagster_yaml: _DAGSTER_YAML.format(
            instance=scalar(str(layout.instance)), logs=scalar(str(layout.instance / "compute_logs"))
        ),
        layout.env: _ENV + env_lines({"DAGSTER_HOME": str(layout.root), "DAGSTER_STORAGE_PATH": str(layout.storage)}),
        layout.requirements: _REQUIREMENTS + ("honcho>=2.0,<3\n" if code_servers else ""),
        layout.gitignore: _GITIGNORE,
    }
    if code_servers:
        made[layout.procfile] = _PROCFILE
    return made


def variables_of_workspace(layout: Layout) -> dict[str, str]:
    """The workspace's own variables. DAGSTER_HOME must be the same for webserver, daemon and every code server."""
    return {"DAGSTER_HOME": str(layout.root), "DAGSTER_STORAGE_PATH": str(layout.storage)}


_WORKSPACE_YAML = """\
# The code locations of this workspace. `dmb workspace add` writes between its markers; the rest is yours.
load_from: []
"""

_DAGSTER_YAML = """\
# Dagster's instance: runs, events and schedules in SQLite, logs as files, all below this folder.
storage:
  sqlite:
    base_dir: {instance}
compute_logs:
  module: dagster._core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: {logs}
local_artifact_storage:
  module: dagster._core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: {instance}
telemetry:
  enabled: false
"""

_ENV = """\
# Read by Dagster's commands when they are started in this folder, and by honcho. May hold secrets: keep it out of git.
"""

_REQUIREMENTS = f"""\
# The webserver and the daemon. They must be at least as new as the Dagster of every module.
dagster{DAGSTER}
dagster-webserver{DAGSTER}
"""

_GITIGNORE = """\
.env
.venv/
auth/
instance/
storage/
# what Dagster leaves in its home
logs/
.logs_queue/
.nux/
.telemetry/
.tmp_dagster_home_*/
"""

# Dagster's storage must be made by one process alone: two that make it at once break it for good ("Version table
# 'alembic_version' has more than one head present"). The first start makes it and leaves this file, for which code
# servers wait. The "legacy behavior": webserver and daemon read workspace.yaml themselves, instead of a copy that
# `dagster dev` makes, so that a reload finds what was added.
STORAGE_MADE = "instance/storage-made"  # below the workspace, where honcho is started
_MAKE_STORAGE = f"[ -e {STORAGE_MADE} ] || .venv/bin/dagster instance migrate > /dev/null && touch {STORAGE_MADE}"
_PATIENCE = 120  # seconds: a code server that is started alone does not wait for ever
_AWAIT_STORAGE = f"until [ -e {STORAGE_MADE} ] || [ $((waited+=1)) -gt {_PATIENCE} ]; do sleep 1; done"

_PROCFILE = f"""\
# What `honcho start` runs here. `dmb workspace add` writes a code server between its markers; the rest is yours.
dagster: {_MAKE_STORAGE} && \
exec .venv/bin/dagster dev -w workspace.yaml --use-legacy-code-server-behavior -h {HOST} -p {WEBSERVER_PORT}
"""


def start_command(*, code_servers: bool) -> str:
    """What starts the workspace, in its folder."""
    return ".venv/bin/honcho start" if code_servers else ".venv/bin/dagster dev -w workspace.yaml"


# --- what a module has in it ------------------------------------------------------------------------------------------


def pieces(module: Module, layout: Layout, port: int | None, *, awaits: bool) -> Pieces:
    """What the module has in the workspace's files; with `port` it has a code server of its own (see `process`)."""
    return Pieces(
        entries={layout.workspace_yaml: {("load_from",): dump([location(module, port)])}},
        lines={} if port is None else {layout.procfile: process(module, port, awaits=awaits)},
        variables=variables(module, layout, port),
    )


def location(module: Module, port: int | None) -> dict[str, Any]:
    """The module's item of `load_from`: a gRPC server at `port`, or with None code that Dagster loads itself."""
    if port is not None:
        return {"grpc_server": {"host": HOST, "port": port, "location_name": module.location_name}}
    target = {
        "module_name": f"{module.package}.definitions",
        "attribute": "defs",
        "working_directory": str(module.path),
        "executable_path": str(python(module)),
        "location_name": module.location_name,
    }
    return {"python_module": target}


def makes_storage(procfile: str) -> bool:
    """Whether this Procfile makes the storage, so that code servers can wait for it; one made by hand may not."""
    return f"touch {STORAGE_MADE}" in procfile


def process(module: Module, port: int, *, awaits: bool) -> str:
    """The module's line of the Procfile: `code-server start` serves new code on a reload, which `api grpc` does not.

    Runs and their steps use the module's own interpreter, since there is one for each module. With `awaits` the server
    is started when the storage exists.
    """
    words = [str(python(module)), "-m", "dagster", "code-server", "start"]
    words += ["--use-python-environment-entry-point", "--location-name", module.location_name]
    words += ["--host", HOST, "--port", str(port)]
    words += ["--module-name", f"{module.package}.definitions", "--attribute", "defs"]
    words += ["--working-directory", str(module.path)]
    # exec: the signal that stops it must reach Python and not a shell around it.
    wait = f"{_AWAIT_STORAGE}; " if awaits else ""
    return f"{module.name}: {wait}exec {shlex.join(words)}\n"


def variables(module: Module, layout: Layout, port: int | None) -> dict[str, str]:
    """The module's variables in this workspace."""
    values = {f"{module.prefix}_AUTH_DIR": str(layout.auth / module.name)}
    if port is not None:
        values[port_variable(module.prefix, "grpc")] = str(port)
    database = DATABASES[module.database]
    if database.embedded:
        file = layout.storage / f"{module.name}.{database.name}"
        values[f"{module.prefix}_{database.file_variable}"] = str(file)
    if database.server:
        values |= database_variables(module)
    return values


def database_variables(module: Module) -> dict[str, str]:
    """Where the module's database is: as its own `.env` says, so that the module and the workspace use the same one."""
    file = module.path / ".env"
    if not file.is_file():
        raise DmbError(
            "this file is missing; it says where the module's database is",
            place=str(file),
            remedy=f"create it: dmb env {shlex.quote(str(module.path))}",
        )
    text = marked_blocks.read(file)
    values = {assignment.key: assignment.value for assignment in envfile.assignments(text, str(file))}
    names = [f"{module.prefix}_DB_{name}" for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD", "POOL_SIZE")]
    if missing := [name for name in names if not values.get(name)]:
        raise DmbError(
            f"the module's database needs {', '.join(missing)}", place=str(file), remedy="set them and run again"
        )
    return {name: values[name] for name in names}


def python(module: Module) -> Path:
    """The interpreter that runs the module."""
    return module.path / ".venv/bin/python"


def check_path(path: Path) -> None:
    """Refuse a folder whose name the readers of these files would read differently.

    That is: control characters, line separators, bytes that are no text, a backslash (an escape to honcho), quotes of
    both kinds, and what python-dotenv takes for a variable.
    """
    name = str(path)
    unprintable = not name.isprintable() and any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name
    )
    if unprintable or "\\" in name or "${" in name or ("'" in name and set('"$`') & set(name)):
        raise DmbError(
            "the name of this folder would be misread by some of the programs that use it",
            place=ascii(name)[1:-1],
            remedy="rename it, without control characters, backslashes, ${ and quotes of both kinds",
        )


def env_lines(values: Mapping[str, str]) -> str:
    """Variables as lines of a `.env`."""
    return "".join(f"{envfile.line(key, value)}\n" for key, value in values.items())
