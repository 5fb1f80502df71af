"""Environment variables that hold the ports of modules, by their names: `<PREFIX>_GRPC_PORT` and `<PREFIX>_DB_PORT`."""

from __future__ import annotations

import re

_WORDS = {"grpc": "GRPC", "database": "DB"}
_USES = {word: use for use, word in _WORDS.items()}
_MODULE = re.compile(rf"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_({'|'.join(_USES)})_PORT")


def port_variable(prefix: str, kind: str) -> str:
    """The variable of a module's port; each kind but `grpc` is its database server's."""
    return f"{prefix}_{_WORDS.get(kind, _WORDS['database'])}_PORT"


def module_of(variable: str) -> tuple[str, str]:
    """The module that a port's variable is named for, and the use: `BAR_ONE_DB_PORT` -> `bar-one`, `database`."""
    match = _MODULE.fullmatch(variable)
    return (match[1].lower().replace("_", "-"), _USES[match[2]]) if match else ("", "")
