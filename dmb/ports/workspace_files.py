"""The ports that a workspace's files claim."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from ..formats import envfile
from ..formats.interpolation import resolved
from ..layout import placed
from .compose_files import compose_holders
from .port_source import read
from .port_variables import module_of
from .tables import Holder
from .workspace_yaml import grpc_holders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ..formats.envfile import Assignment
    from .port_source import PortSource, Reader


def workspace_holders(workspace: Path, notes: list[str], documents: Reader) -> Iterator[Holder]:
    """What the registry, `.env`, workspace.yaml and the Compose files claim. DmbError for one that is broken."""
    layout = placed(workspace)
    if registry := read(layout.registry, notes):
        yield from _registry(registry)
    env = read(layout.env, notes)
    variables = _assignments(env) if env else []
    own = resolved(variables, os.environ)
    if env:
        yield from _variables(env, variables, own)
    values = {**own, **os.environ}  # A variable of the process wins, for Dagster as for Compose.
    if source := read(layout.workspace_yaml, notes):
        yield from grpc_holders(source, values, notes, documents)
    named = own.get("COMPOSE_FILE", "").split(own.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)
    yield from compose_holders(layout, filter(None, named), values, notes, documents)


def _registry(source: PortSource) -> Iterator[Holder]:
    """The ports that the workspace assigned. Anything else in the registry is another's concern."""
    try:
        modules = json.loads(source.text)["modules"]
        assigned = [
            (name, [(kind, int(port)) for kind, port in module["ports"].items()]) for name, module in modules.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise source.broken("the workspace's registry is broken", line) from error
    place = 0
    for name, ports in assigned:
        # In the order of the file. A module may be called as another key is, `ports` say: hence one after the other.
        place = _key(source.text, name, r"\{", place)
        place = _key(source.text, "ports", r"\{", place)
        for kind, port in ports:
            at = _key(source.text, kind, str(port), place)
            yield Holder(port, kind, name, source.place(source.text.count("\n", 0, at) + 1), "registry")


def _key(text: str, key: str, value: str, start: int) -> int:
    """Where, from `start` on, `key` has a value that starts so; `start` when it is written differently."""
    quoted = re.escape(json.dumps(key, ensure_ascii=False))
    match = re.compile(rf"{quoted}\s*:\s*{value}").search(text, start)
    return match.start() if match else start


def _assignments(source: PortSource) -> Sequence[Assignment]:
    """All assignments of a `.env`. DmbError with the line for anything else than assignments and comments."""
    if strange := envfile.strange_line(source.text, str(source.path)):
        raise source.broken("this line is not an assignment", strange)
    return envfile.assignments(source.text, str(source.path))


def _variables(source: PortSource, variables: Sequence[Assignment], values: Mapping[str, str]) -> Iterator[Holder]:
    """The numbers in variables that are named like ports; of several assignments to one, the last."""
    for variable in {variable.key: variable for variable in variables}.values():
        port = values.get(variable.key, "")
        if variable.key.endswith("_PORT") and port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535:
            module, kind = module_of(variable.key)
            who = variable.owner or module or f"variable {variable.key}"
            yield Holder(int(port), kind, who, source.place(variable.line), "env")
