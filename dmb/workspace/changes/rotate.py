"""A new password for a module's database: on its server, and then in its block of `.env`.

No moment is without a way in. The new password is kept beside the registry before the server gets it, until `.env` has
it too; whoever is killed between these steps runs `rotate` again, which knows both.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.services import services
from ...databases import SERVERS
from ...errors import DmbError
from ...formats import envfile, marked_blocks
from ...formats.interpolation import resolved
from ...transaction import disk
from ..runtimes import engine
from ..state.registry import fingerprints
from ..state.session import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...databases import Server
    from ...layout import Layout
    from ...transaction.transaction import Change
    from ..state.files import Files
    from ..state.registry import Entry
    from ..state.session import Session

_KEPT = "rotation-"  # the name of what is kept, before that of the module


class NothingDone(DmbError):
    """A server that has the old password, as before."""


@dataclass(frozen=True)
class Rotated:
    """What `rotate` did. `variable` has a new value; `server_updated` says whether the server has it too.

    `service` is the server's in the Compose file, "" where the module's block there has none.
    """

    layout: Layout
    name: str
    path: str  # of the module's repository, "" where that is not known
    variable: str
    runtime: str
    service: str
    server_updated: bool
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def rotate(layout: Layout, name: str, *, commit: bool) -> Rotated:
    """Give the module's database a new password: on its server, in its block of `.env`, and nothing else there.

    Raises NothingToWorkOn for a name that no module has, DmbError where there is no such password in its block, or the
    server cannot be reached or refuses it: then nothing is changed.
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
        service, old = "", own[variable]
        if runtime == "docker":
            service = _service(session.files, name, entry.database)
            old = resolved(session.files.variables(), os.environ)[variable]
        log_in = _log_in(layout, name, entry, own, variable.removesuffix("_PASSWORD"), service, runtime)
        kept = layout.state / f"{_KEPT}{name}.json"
        half_way = _kept_password(kept)
        new = half_way or secrets.token_hex(16)
        changed = _replaced(session, name, variable, envfile.line(variable, new))
        if commit and log_in:
            _keep(kept, new)
            try:
                _set(name, SERVERS[entry.database], log_in, old, new, half_way=half_way is not None)
            except NothingDone:
                kept.unlink()
                raise
        try:
            changes = session.finish(session.registry.with_modules({name: changed}), commit=commit)
        except DmbError as error:
            if commit and log_in:
                remedy = f"{error.remedy}; then run dmb workspace rotate {name} again, which ends this"
                cause = f"the server of {name} has its new password, .env not yet: {error.cause}"
                raise DmbError(cause, place=error.place, remedy=remedy) from error
            raise
        if commit:
            kept.unlink(missing_ok=True)
        notes = session.notes
    return Rotated(layout, name, entry.path, variable, runtime, service, commit and bool(log_in), changes, notes)


def interrupted(layout: Layout) -> list[str]:
    """The modules of which a `rotate` has not come to its end."""
    return sorted(path.stem.removeprefix(_KEPT) for path in layout.state.glob(f"{_KEPT}*.json"))


def _replaced(session: Session, name: str, variable: str, line: str) -> Entry:
    """Plan `line` in place of the one that sets `variable` in the module's block: the entry that goes with it."""
    layout = session.files.layout
    entry, env, text = session.registry.modules[name], str(layout.env), session.files.text(layout.env)
    new, _ = envfile.replaced(text, name, {variable: line}, env)
    session.tx.write(layout.env, marked_blocks.encode(new))
    digest = fingerprints(envfile.blocks(new, env), {name})[name]
    return entry.with_block(layout.name_of(layout.env), digest)


def _kept_password(kept: Path) -> str | None:
    """The password of a rotation that has not come to its end."""
    content = disk.read(kept)
    return str(json.loads(content)["password"]) if content else None


def _keep(kept: Path, password: str) -> None:
    staged = kept.with_suffix(".new")
    disk.write(staged, json.dumps({"password": password}).encode())
    staged.replace(kept)
    disk.sync(kept.parent)


def _set(name: str, server: Server, log_in: Callable[[str, str], None], old: str, new: str, *, half_way: bool) -> None:
    """Give the server the new password, which it may have already. NothingDone where it certainly has not got it."""
    try:
        log_in(old, new)
    except DmbError as error:
        try:
            log_in(new, new)
        except DmbError as again:
            unreached = not half_way and server.no_answer.lower() in error.cause.lower()
            unchanged = unreached or server.refused in again.cause
            state = "nothing was changed" if unchanged else "it may have been changed: run this again"
            cause = f"the new password of {name} could not be set on its server, and {state}: {error.cause}"
            kind = NothingDone if unchanged else DmbError
            raise kind(cause, place=error.place, remedy=error.remedy) from error


def _service(files: Files, name: str, kind: str) -> str:
    """The server's service in the module's block of the Compose file."""
    compose = files.yaml(files.layout.compose)
    own = {entry.key for entry in compose.entries(("services",)) if entry.owner == name}
    all_services = services(compose).values()
    return next((service.name for service in all_services if service.name in own and service.role == kind), "")


def _log_in(
    layout: Layout, name: str, entry: Entry, own: Mapping[str, str], prefix: str, service: str, runtime: str
) -> Callable[[str, str], None] | None:
    """What logs in with a password and gives the user a new one; None where dmb does not reach the server."""
    if runtime == "local":
        python = _python(name, entry)
        return lambda password, new: _by_driver(python, entry, own, prefix, password, new)
    if not service:
        return None
    start = f"start it: cd {shlex.quote(str(layout.root))} && docker compose up --detach {service}; then run again"
    if not any(each.service == service and each.running for each in engine.containers(layout)):
        cause = f"the container {service} does not run, so the password of {name} cannot be changed; nothing was"
        raise DmbError(cause, place=str(layout.compose), remedy=start)
    return lambda password, new: _in_container(layout, service, entry, password, new)


def _in_container(layout: Layout, service: str, entry: Entry, password: str, new: str) -> None:
    """Run the statement beside the server. No password comes to stand in a command, where `ps` would show it."""
    server = SERVERS[entry.database]
    command = engine.compose(layout, "exec", "-T", "-e", server.password_variable, service, "sh", "-c", server.run)
    environment = {**os.environ, server.password_variable: password}
    try:
        engine.output(command, stdin=server.new_password.format(new) + ";\n", environment=environment)
    except DmbError as error:
        look = f"look at its log: cd {shlex.quote(str(layout.root))} && docker compose logs --tail 100 {service}"
        raise DmbError(error.cause, place=service, remedy=look) from error


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


def _by_driver(python: Path, entry: Entry, own: Mapping[str, str], prefix: str, password: str, new: str) -> None:
    """Run the statement in the module's environment; DmbError with the server's answer where that fails."""
    known = {key: own.get(f"{prefix}_{key.upper()}", "") for key in ("host", "port", "name", "user")}
    server = SERVERS[entry.database]
    request = {
        "scheme": server.scheme,
        "password_in_bytes": server.password_in_bytes,
        "statement": server.new_password.format(new),
        **known,
        "password": password,
    }
    script = Path(__file__).with_name("set_password.py")
    command = [str(python), str(script)]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)
    if done.returncode:
        raise DmbError(
            " ".join(done.stderr.strip().splitlines()[-1:]),
            place=f"{known['host']}:{known['port']}",
            remedy="start the server and run again; if others run it, change the password there and in .env by hand",
        )
