"""Which modules of a project Dagster loads, as far as its settings and its repository say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .declarations import declared
from .pyproject import setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..reading.sources import Sources
    from .code import Code
    from .package import Package

_WORKSPACE = r"(^|/)workspace\.ya?ml$"
_COMMANDS = r"(^|/)(Dockerfile[^/]*|(docker-)?compose[^/]*\.ya?ml|Makefile|Procfile|[^/]*\.sh)$"
_SERVES = ("grpc", "code-server", "dagster dev", "dagster-webserver")
_ATTRIBUTE = r"(?<!\S)(-a|--attribute)\b"
_MODULE = r"(?<!\S)(?:-m|--module-name)[\s=]+([A-Za-z_][\w.]*)"
_FILE = r"(?<!\S)(?:-f|--python-file)[\s=]+([\w./-]+\.py)\b"
# What looks into every module of a package.
_FOLDERS = ("load_assets_from_package", "load_definitions_from_package", "load_defs")


class Target(NamedTuple):
    """A module by its dotted name, and the setting in pyproject.toml or dg.toml that names it."""

    module: str
    file: str
    key: str
    value: str


def targets(files: Sources) -> list[Target]:
    """The modules that the project's settings hand to Dagster, in the order in which Dagster looks for them."""
    tool = setting(files, "tool", "dagster")
    if isinstance(tool, dict) and ("module_name" in tool or "modules" in tool):
        listed = tool["modules"] if isinstance(tool.get("modules"), list) else []
        named = [("module_name", tool.get("module_name"))]
        named += [("name", entry.get("name")) for entry in listed if isinstance(entry, dict)]
        return [Target(name, "pyproject.toml", key, name) for key, name in named if isinstance(name, str) and name]
    for file, keys in (("pyproject.toml", ("tool", "dg", "project")), ("dg.toml", ("project",))):
        table: Any = files.toml(file) if files.has(file) else {}
        for key in keys:
            table = table.get(key) if isinstance(table.get(key), dict) else {}
        root = table.get("root_module")
        if isinstance(root, str) and root and not table.get("autoload_defs"):
            module = table.get("code_location_target_module")
            if isinstance(module, str) and module:
                return [Target(module, file, "code_location_target_module", module)]
            return [Target(f"{root}.definitions", file, "root_module", root)]
    return []


def loads(package: Package, repository: Sources, files: Iterable[Code]) -> list[Code]:
    """Those of the files that Dagster is told to load and to look into: with no attribute named."""
    names = {*(target.module for target in targets(package.sources)), *_named(package, repository)}
    paths = {name if name.endswith(".py") else name.replace(".", "/") for name in names}
    ends = {path if path.endswith(".py") else f"{path}{end}" for path in paths for end in (".py", "/__init__.py")}
    return [
        code for code in files if code.module in names or code.path in ends or code.path.removeprefix("src/") in ends
    ]


def reachable(package: Package, repository: Sources) -> set[str]:
    """The paths of the files that are imported when Dagster loads the project: from the modules that it is told to
    load, or where nothing says which from those with a Definitions, on to what they import.
    """
    modules = package.modules
    files = [code for code in package.files if "dagster" in code.text]
    waiting = loads(package, repository, files) or [
        code for code in files if declared(code, "Definitions", "definitions", "repository")
    ]
    paths = {code.path for code in waiting}
    while waiting:
        code = waiting.pop()
        names = {code.module, *code.imports.values()}
        folders = [name for call in _FOLDERS if call in code.text for name in names if name]
        if "load_from_defs_folder" in code.text:
            folders.append(f"{code.module.rpartition('.')[0]}.defs")
        names |= {name for name in modules for folder in folders if name.startswith(f"{folder}.")}
        names |= {name.removeprefix("src.") for name in names}  # some import from `src` as if it were a package
        for name in names:
            parts = name.split(".")
            for at in range(1, len(parts) + 1):  # the packages above are imported too
                other = modules.get(".".join(parts[:at]))
                if other and other.path not in paths:
                    paths.add(other.path)
                    waiting.append(other)
    return paths


def is_location(package: Package, repository: Sources) -> bool:
    """Whether Dagster is told to load the project: by its settings or, for a file of its own package, by what else
    stands in its repository. What a library's examples define makes it none.
    """
    if targets(package.sources):
        return True
    name = str(setting(package.sources, "project", "name") or "").replace("-", "_")
    home = next((top for top in (f"src/{name}/", f"{name}/") if name and package.sources.has(top)), "")
    files = (code for code in package.files if "dagster" in code.text and code.path.startswith(home))
    return bool(loads(package, repository, files))


def _named(package: Package, repository: Sources) -> Iterator[str]:
    """What the workspace files and the commands of the repository name: modules, and the paths of files."""
    for name in repository.names:
        if re.search(_WORKSPACE, name):
            for item in repository.yaml(name).get("load_from").items:
                for kind, body in item.entries.items():
                    if body.get("attribute").text:
                        continue
                    if kind == "python_file":
                        yield from _file(package, body.text or body.get("relative_path").text)
                    elif kind in ("python_module", "python_package"):
                        yield body.text or body.get("module_name").text or body.get("package_name").text
        elif re.search(_COMMANDS, name):
            bare = re.sub(r"[\[\]\"',\\]|^[ \t]*-\s", " ", repository.glance(name), flags=re.MULTILINE)
            text = re.sub(r"[ \t]+", " ", bare)
            if any(word in text for word in _SERVES) and not re.search(_ATTRIBUTE, text):
                yield from re.findall(_MODULE, text)
                for path in re.findall(_FILE, text):
                    yield from _file(package, path)


def _file(package: Package, path: str) -> Iterator[str]:
    """The project's file that a path means which holds in a container: the only one of that name."""
    last = path.rpartition("/")[2]
    names = [name for name in package.own if last and (name == last or name.endswith(f"/{last}"))]
    if len(names) == 1:
        yield names[0]
