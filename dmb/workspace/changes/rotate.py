"""A new password for a module's database: in its block of `.env`, and on the server where that can be reached."""

from __future__ import annotations

import json
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.services import services
from ...databases import SERVERS
from ...errors import DmbError
from ...formats import envfile, marked_blocks
from ..state.registry import fingerprints
from ..state.session import open_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...layout import Layout
    from ...transaction.transaction import Change
    from ..state.files import Files
    from ..state.registry import Entry


@dataclass(frozen=True)
class Rotated:
    """What `rotate` did. `variable` has a new value; `server_updated` says whether the server has it too.

    `service` is the server's in the Compose file, "" where the module's block there has none.
    """

    layout: Layout
    name: str
    path: str  # of the module's repository, "" where that is not known
    database: str
    variable: str
    runtime: str
    service: str
    server_updated: bool
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def rotate(layout: Layout, name: str, *, commit: bool) -> Rotated:
    """Give the module's database a new password in its block of `.env`; nothing else there changes.

    In the local runtime the server gets it too, and what it refuses changes nothing. Raises NothingToWorkOn for a name
    that no module has, DmbError where there is no such password in its block, or the server refuses it.
    """
    with open_workspace(layout) as session:
        session.checked([name])
        entry, env = session.registry.modules[name], str(layout.env)
        own = {assignment.key: assignment.value for assignment in session.files.variables() if assignment.owner == name}
        variable = next((key for key in own if key.endswith("_DB_PASSWORD")), None)
        if entry.database not in SERVERS or variable is None:
            raise DmbError(
                f"{name} has no password of a database server in its block ({entry.database})",
                place=env,
                remedy=f"only modules on a server have one: {' or '.join(SERVERS)}",
            )
        runtime = session.registry.runtime
        if runtime == "local":
            _python(name, entry)
        service = _service(session.files, name, entry.database) if runtime == "docker" else ""
    new = secrets.token_hex(16)
    old, changes, notes = _write(layout, name, variable, envfile.line(variable, new), commit=commit)
    server_updated = commit and runtime == "local"
    if server_updated:
        try:
            _set_on_server(name, entry, own, variable.removesuffix("_PASSWORD"), new)
        except DmbError:
            _write(layout, name, variable, old, commit=True)
            raise
    return Rotated(layout, name, entry.path, entry.database, variable, runtime, service, server_updated, changes, notes)


def _write(
    layout: Layout, name: str, variable: str, line: str, *, commit: bool
) -> tuple[str, tuple[Change, ...], tuple[str, ...]]:
    """Put `line` in place of the one that sets `variable` in the module's block: that one, what changes, and notes."""
    with open_workspace(layout) as session:
        entry, env, text = session.registry.modules[name], str(layout.env), session.files.text(layout.env)
        new, before = envfile.replaced(text, name, {variable: line}, env)
        session.tx.write(layout.env, marked_blocks.encode(new))
        digest = fingerprints(envfile.blocks(new, env), {name})[name]
        changed = type(entry)(**{**vars(entry), "blocks": {**entry.blocks, layout.name_of(layout.env): digest}})
        changes = session.finish(session.registry.with_modules({name: changed}), commit=commit)
        return before[variable], changes, session.notes


def _service(files: Files, name: str, kind: str) -> str:
    """The server's service in the module's block of the Compose file."""
    compose = files.yaml(files.layout.compose)
    own = {entry.key for entry in compose.entries(("services",)) if entry.owner == name}
    all_services = services(compose).values()
    return next((service.name for service in all_services if service.name in own and service.role == kind), "")


def _python(name: str, entry: Entry) -> Path:
    """The module's own interpreter, which has the driver of its database."""
    python = Path(entry.path) / ".venv" / "bin" / "python"
    if not entry.path or not python.exists():
        raise DmbError(
            f"the password on the server of {name} cannot be changed: the module has no environment",
            place=entry.path,
            remedy=f"create it: dmb workspace add {entry.path or 'MODULE_DIR'}; or change it on the server and in .env",
        )
    return python


def _set_on_server(name: str, entry: Entry, own: Mapping[str, str], prefix: str, new: str) -> None:
    """Set the new password on the server; DmbError with the server's answer where that fails."""
    known = {key: own.get(f"{prefix}_{key.upper()}", "") for key in ("host", "port", "name", "user")}
    server = SERVERS[entry.database]
    request = {
        "scheme": server.scheme,
        "password_in_bytes": server.password_in_bytes,
        "statement": server.new_password.format(new),
        **known,
        "password": own[f"{prefix}_PASSWORD"],
    }
    script = Path(__file__).with_name("set_password.py")
    result = subprocess.run(
        [str(_python(name, entry)), str(script)], input=json.dumps(request), capture_output=True, text=True, check=False
    )
    if result.returncode:
        reason = " ".join(result.stderr.strip().splitlines()[-1:])
        raise DmbError(
            f"the new password of {name} could not be set on its server, and nothing was changed: {reason}",
            place=f"{known['host']}:{known['port']}",
            remedy="start the server and run again; if others run it, change the password there and in .env by hand",
        )
