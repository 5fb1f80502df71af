"""Passwords of databases whose module was removed and whose volume was not: the server there knows no other.

They are in `.dmb`, readable for the user alone, until the module comes back or its data goes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .files import Files

FILE = "kept_passwords.json"

Kept = dict[str, dict[str, str]]  # module -> variable -> value


def read(files: Files) -> Kept:
    """What is kept; nothing where the file is broken, which holds nothing else."""
    data = files.state(FILE)
    try:
        loaded = json.loads(data) if data else {}
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def keep(files: Files, names: Iterable[str]) -> None:
    """Keep the passwords in the modules' blocks of `.env`, where a volume is in their blocks of the Compose file."""
    compose = files.layout.compose
    if not files.exists(compose) or not files.exists(files.layout.env):
        return
    owners = {entry.owner for entry in files.yaml(compose).entries(("volumes",))}
    kept = read(files)
    for name in owners & set(names):
        own = {item.key: item.value for item in files.variables() if item.owner == name}
        passwords = {key: value for key, value in own.items() if key.endswith("_PASSWORD") and value}
        if name and passwords:
            kept[name] = passwords
    _write(files, kept)


def forget(files: Files, names: Collection[str]) -> None:
    """Drop what is kept of these modules."""
    _write(files, {name: values for name, values in read(files).items() if name not in names})


def _write(files: Files, kept: Kept) -> None:
    if kept != read(files):
        files.write_state(FILE, (json.dumps(kept, indent=1) + "\n").encode() if kept else None)
