"""Environment variables that hold the ports of modules, by their names."""

from __future__ import annotations

import re

_MODULE = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)_(GRPC|DB)_PORT")
_USES = {"GRPC": "grpc", "DB": "database"}


def module_of(variable: str) -> tuple[str, str]:
    """The module that a port's variable is named for, and the use: `BAR_ONE_DB_PORT` -> `bar-one`, `database`."""
    match = _MODULE.fullmatch(variable)
    return (match[1].lower().replace("_", "-"), _USES[match[2]]) if match else ("", "")
