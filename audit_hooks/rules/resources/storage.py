"""Where the values of assets go: which assets have one, what keeps it, and what is mounted."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...facts.declarations import MISSING, declared
from ...judging.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...facts.code import Code, Function
    from ...facts.declarations import Declared

_SET = ('"io_manager"', "'io_manager'", "io_manager=")
_VALUES = (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp, ast.JoinedStr, ast.BinOp)


def kept_by_default(subject: Subject) -> list[Declared]:
    """The assets that have a value and no IO manager of their own, where the module sets none for all: Dagster's
    default pickles them to the instance's folder. None where the module has no Definitions of its own.
    """
    if any(map(subject.package.mentioning, _SET)) or not subject.package.mentioning("Definitions"):
        return []
    return [
        item
        for code in subject.package.files
        if "asset" in code.text
        for item in declared(code, "asset")
        if item.function and not item.opaque and _plain(item) and _has_value(code, item.function)
    ]


def _plain(asset: Declared) -> bool:
    return asset.value("io_manager_key") in (MISSING, None) and asset.value("io_manager_def") in (MISSING, None)


def _has_value(code: Code, function: Function) -> bool:
    """Whether a function certainly hands a value to its IO manager."""
    if function.returns is not None:
        return _annotated(code, function.returns) and bool(_returned(code, function))
    return any(_is_value(code, function, node) for node in _returned(code, function))


def _returned(code: Code, function: Function) -> list[ast.expr]:
    """What it returns that is not None."""
    return [
        node.value
        for node in code.all(ast.Return)
        if code.runs_in(node) is function and node.value and code.value(node.value) is not None
    ]


def _annotated(code: Code, annotation: ast.expr) -> bool:
    """Whether an annotation is of a value: `int`, `pd.DataFrame`, `Output[int]`."""
    if isinstance(annotation, ast.Constant):
        return False  # None, or a text that is not looked into
    if isinstance(annotation, ast.BinOp):
        return False  # one of several
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = code.name(base)
    if name == "dagster.Output":
        return not (isinstance(annotation, ast.Subscript) and code.source(annotation.slice) == "None")
    last = name.rpartition(".")[2] or code.source(base)
    if name.startswith("dagster") or last.endswith(("Result", "Iterator", "Iterable", "Generator")):
        return False
    return last not in ("Any", "object", "Optional", "Union", "NoReturn")


def _is_value(code: Code, function: Function, node: ast.expr, depth: int = 0) -> bool:
    match node:
        case ast.Constant(value=value):
            return value is not None
        case ast.Call():
            name = code.name(node.func)
            return name == "dagster.Output" or name.startswith(("pandas.", "polars.", "numpy.", "geopandas."))
        case ast.Name(id=name) if depth == 0:
            bound = [
                one.value
                for one in code.all(ast.Assign)
                if code.runs_in(one) is function
                and any(isinstance(target, ast.Name) and target.id == name for target in one.targets)
            ]
            return bool(bound) and all(_is_value(code, function, one, 1) for one in bound)
    return isinstance(node, _VALUES)


def instances(subject: Subject) -> Iterator[Node]:
    """The files dagster.yaml of the repository."""
    for name in subject.repository.names:
        if name.rpartition("/")[2] == "dagster.yaml":
            yield subject.repository.yaml(name)


def mounted(subject: Subject) -> set[str]:
    """The folders in containers that are volumes, by the Compose files and launchers of the whole repository."""
    whole = Subject("repository", subject.repository)
    lists = [service.node.get("volumes") for service in whole.containers.services]
    lists += [
        instance.get("run_launcher").get("config").get("container_kwargs").get("volumes")
        for instance in instances(subject)
    ]
    return {target for volumes in lists for target in targets(volumes)}


def targets(volumes: Node) -> Iterator[str]:
    """The folders in the container that a list of volumes of a Compose file names."""
    for volume in volumes.items:
        if volume.kind == "scalar":
            parts = volume.text.split(":")
            yield next((part for part in parts[1:] if part.startswith(("/", "$"))), parts[0])
        else:
            yield volume.get("target").text


def below(path: str, folders: set[str]) -> bool:
    """Whether a path is one of these folders or in one; a folder that a variable names may hold any."""
    return any(
        folder and ("$" in folder or path == folder or path.startswith(f"{folder.rstrip('/')}/")) for folder in folders
    )
