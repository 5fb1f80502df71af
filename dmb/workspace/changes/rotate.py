"""A new password for a module's database: in its block of `.env`, and on the server where that can be reached."""

from __future__ import annotations

import json
import re
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
from ..state.session import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...transaction.transaction import Change
    from ..state.files import Files
    from ..state.layout import Layout
    from ..state.registry import Entry


@dataclass(frozen=True)
class Rotated:
    """What `rotate` did. `variable` has a new value; `told` says whether the server has it too.

    `service` is the server's in the Compose file, "" where the module's block there has none.
    """

    layout: Layout
    name: str
    path: str  # of the module's repository, "" where that is not known
    database: str
    variable: str
    runtime: str
    service: str
    told: bool
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def rotate(layout: Layout, name: str, *, commit: bool) -> Rotated:
    """Give the module's database a new password in its block of `.env`; nothing else there changes.

    In the local runtime the server gets it too, and what it refuses changes nothing. Raises NothingToWorkOn for a name
    that no module has, DmbError where there is no such password in its block, or the server does not take it.
    """
    with session(layout) as on:
        on.known([name])
        entry, env = on.registry.modules[name], str(layout.env)
        own = {one.key: one.value for one in on.files.variables() if one.owner == name}
        variable = next((key for key in own if key.endswith("_DB_PASSWORD")), None)
        if entry.database not in SERVERS or variable is None:
            raise DmbError(
                f"{name} has no password of a database server in its block ({entry.database})",
                place=env,
                remedy=f"only modules on a server have one: {' or '.join(SERVERS)}",
            )
        runtime = on.registry.runtime
        if runtime == "local":
            _python(name, entry)
        service = _service(on.files, name, entry.database) if runtime == "docker" else ""
    new = secrets.token_hex(16)
    old, changes, notes = _write(layout, name, variable, envfile.line(variable, new), commit=commit)
    told = commit and runtime == "local"
    if told:
        try:
            _tell(name, entry, own, variable.removesuffix("_PASSWORD"), new)
        except DmbError:
            _write(layout, name, variable, old, commit=True)
            raise
    return Rotated(layout, name, entry.path, entry.database, variable, runtime, service, told, changes, notes)


def _write(
    layout: Layout, name: str, variable: str, line: str, *, commit: bool
) -> tuple[str, tuple[Change, ...], tuple[str, ...]]:
    """Put `line` in place of the one that sets `variable` in the module's block: that one, what changes, and notes."""
    with session(layout) as on:
        entry, env, text = on.registry.modules[name], str(layout.env), on.files.text(layout.env)
        block = next(block for block in envfile.blocks(text, env) if block.owner == name)
        found = re.search(rf"^[ \t]*(?:export[ \t]+)?{re.escape(variable)}[ \t]*=[^\r\n]*", block.body, re.MULTILINE)
        if found is None:  # a key in quotes, or with a colon
            raise DmbError(
                f"{variable} is set in a way that cannot be replaced",
                place=f"{env}:{block.line}",
                remedy=f"write it as {variable}=…",
            )
        body = block.body[: found.start()] + line + block.body[found.end() :]
        new = envfile.update(text, {name: body}, env)
        on.tx.write(layout.env, marked_blocks.encode(new))
        digest = fingerprints(envfile.blocks(new, env), {name})[name]
        changed = type(entry)(**{**vars(entry), "blocks": {**entry.blocks, layout.name_of(layout.env): digest}})
        changes = on.finish(on.registry.with_modules({name: changed}), commit=commit)
        return found[0], changes, on.notes


def _service(files: Files, name: str, kind: str) -> str:
    """The server's service in the module's block of the Compose file."""
    compose = files.yaml(files.layout.compose)
    own = {entry.key for entry in compose.entries(("services",)) if entry.owner == name}
    found = services(compose).values()
    return next((one.name for one in found if one.name in own and one.role == kind), "")


def _python(name: str, entry: Entry) -> Path:
    """The module's own interpreter, which has the driver of its database."""
    python = Path(entry.path) / ".venv" / "bin" / "python"
    if not entry.path or not python.exists():
        raise DmbError(
            f"nothing here can tell the server of {name} a new password: the module has no environment",
            place=entry.path,
            remedy=f"make it: dmb workspace add {entry.path or 'MODULE_DIR'}; or change it on the server and in .env",
        )
    return python


def _tell(name: str, entry: Entry, own: Mapping[str, str], prefix: str, new: str) -> None:
    """Have the server take the new password; DmbError with what it says where it does not."""
    known = {key: own.get(f"{prefix}_{key.upper()}", "") for key in ("host", "port", "name", "user")}
    server = SERVERS[entry.database]
    asked = {
        "scheme": server.scheme,
        "password_in_bytes": server.password_in_bytes,
        "statement": server.new_password.format(new),
        **known,
        "password": own[f"{prefix}_PASSWORD"],
    }
    script = Path(__file__).with_name("set_password.py")
    done = subprocess.run(
        [str(_python(name, entry)), str(script)], input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:]
        raise DmbError(
            f"the server of {name} did not take a new password, and all is as it was: {' '.join(said)}",
            place=f"{known['host']}:{known['port']}",
            remedy="start it, and run again; where others keep it, change the password there and in .env by hand",
        )
