"""A module repository as read from disk: what its `pyproject.toml` says, checked. Nothing in it is one machine's."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from .answers import CODE_LOCATIONS, GOVERNANCE, PORTS, is_variable, prefix_from, problem_with
from .databases import DATABASES
from .errors import DmbError, NothingToWorkOn
from .formats import marked_blocks, toml

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

MANIFEST = 1  # the version of [tool.dmb] that this code reads
PIECES = "workspace/local"  # where a module keeps what it brings for a workspace of containers

_PORT_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Module(NamedTuple):
    """One module = one Dagster code location. `ports` are those that it prefers; a workspace assigns."""

    path: Path  # absolute, symbolic links resolved
    name: str  # the slug: also the name of its blocks in workspace files
    title: str
    owner: str  # team:NAME or an e-mail address; "" in a module that was made before the manifest had it
    package: str  # import package, `bar_one_dagster`
    location_name: str
    prefix: str  # of its environment variables, `BAR_ONE`
    code_location: str  # isolated | shared
    database: str  # a key of databases.DATABASES
    governance: str
    ports: Mapping[str, int]  # {"grpc": 4001}; a database server's is named as in `database`
    requires: tuple[str, ...]  # variables that the workspace must define for all
    template_version: str

    @classmethod
    def read(cls, path: Path) -> Module:
        """Read the module in folder `path`.

        Raises NothingToWorkOn where there is no module, DmbError where its pyproject.toml is broken or incomplete.
        """
        return cls.at(path.expanduser().resolve())

    @classmethod
    def at(cls, folder: Path) -> Module:
        """As `read`, where it is known that `folder` is absolute with its links resolved."""
        return cls.from_document(_load(folder / "pyproject.toml"), folder)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], folder: Path) -> Module:
        """What a pyproject.toml says that stands, parsed already, in `folder`. Raises as `read` does."""
        file = folder / "pyproject.toml"
        tool = document.get("tool")
        if not isinstance(tool, dict) or "dmb" not in tool:
            raise NothingToWorkOn(
                "there is no [tool.dmb] table, so this is not a module",
                place=str(file),
                remedy="make one with dmb new NAME, or name the folder of one",
            )
        manifest = _Table(document, "tool.dmb", file)
        version = manifest.integer("manifest")
        if version != MANIFEST:
            raise DmbError(
                f"[tool.dmb] manifest is {version}; this dmb reads {MANIFEST}",
                place=str(file),
                remedy="upgrade dmb" if version > MANIFEST else f"write manifest = {MANIFEST}",
            )
        name = manifest.text("name")
        manifest.check("name", problem_with("module_slug", name))
        title = manifest.text("title")
        manifest.check("title", problem_with("module_name", title))
        owner = manifest.text("owner") if "owner" in manifest.table else ""
        manifest.check("owner", problem_with("owner", owner) if owner else None)
        prefix = manifest.text("prefix", prefix_from(name))
        manifest.check("prefix", problem_with("__prefix", prefix))
        project = _Table(document, "tool.dg.project", file)
        package = project.text("root_module")
        if not all(part.isidentifier() and not keyword.iskeyword(part) for part in package.split(".")):
            project.refuse("root_module", f"{package!a} is not an import package; write it like bar_one_dagster")
        location_name = project.text("code_location_name", name)
        if not location_name.isprintable():
            project.refuse("code_location_name", "it contains a character that cannot be printed")
        return cls(
            path=folder,
            name=name,
            title=title,
            owner=owner,
            package=package,
            location_name=location_name,
            prefix=prefix,
            code_location=manifest.choice("code_location", CODE_LOCATIONS),
            database=manifest.choice("database", DATABASES),
            governance=manifest.choice("governance", GOVERNANCE),
            ports=_Table(document, "tool.dmb.ports", file, optional=True).ports(),
            requires=manifest.variables("requires"),
            template_version=manifest.text("template_version"),
        )


def _load(file: Path) -> dict[str, Any]:
    """Parse a TOML file; the cause names its line."""
    try:
        data = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if not file.parent.is_dir():
            cause, remedy = "there is no such folder", "make a module: dmb new NAME"
        else:
            cause = "there is no pyproject.toml, so this is not a module"
            remedy = "make one with dmb new NAME, or name the folder of one"
        raise NothingToWorkOn(cause, place=str(file.parent), remedy=remedy) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DmbError(
            f"cannot be read: {reason}", place=str(file), remedy="check that it is a file, and its permissions"
        ) from error
    return toml.document(marked_blocks.decode(data, str(file)), str(file))


class _Table:
    """One table of a TOML document, read key by key; a wrong key is a DmbError that names it."""

    def __init__(self, document: Mapping[str, Any], name: str, file: Path, *, optional: bool = False) -> None:
        self.name, self.file = name, file
        table: Any = document
        for part in name.split("."):
            table = table.get(part) if isinstance(table, dict) else None
        if table is None and optional:
            table = {}
        if not isinstance(table, dict):
            cause = f"[{name}] is missing" if table is None else f"{name} is not a table"
            raise DmbError(cause, place=str(file), remedy=f"write it as a table: [{name}]")
        self.table = table

    def refuse(self, key: str, problem: str) -> NoReturn:
        remedy = f"fix {key} in [{self.name}]"
        raise DmbError(f"[{self.name}] {key}: {problem}", place=str(self.file), remedy=remedy)

    def check(self, key: str, problem: str | None) -> None:
        if problem:
            self.refuse(key, problem)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.table.get(key, default)
        if value is None:
            self.refuse(key, "it is missing")
        if not isinstance(value, str) or not value:
            self.refuse(key, "it must be a quoted string")
        return value

    def integer(self, key: str) -> int:
        value = self.table.get(key)
        if value is None:
            self.refuse(key, "it is missing")
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(key, "it must be a whole number")
        return value

    def choice(self, key: str, choices: Collection[str]) -> str:
        value = self.text(key)
        if value not in choices:
            self.refuse(key, f"{value!a} is not one of: {', '.join(choices)}")
        return value

    def variables(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) and is_variable(name) for name in value):
            self.refuse(key, 'it must be a list of names of environment variables in capitals, such as ["API_TOKEN"]')
        return tuple(value)

    def ports(self) -> dict[str, int]:
        for name, port in self.table.items():
            if not _PORT_NAME.fullmatch(name):
                self.refuse(name, "it is not a port name; write it like grpc")
            if not isinstance(port, int) or isinstance(port, bool) or port not in PORTS:
                self.refuse(name, f"it must be a whole number from {PORTS[0]} to {PORTS[-1]}")
        return dict(self.table)
