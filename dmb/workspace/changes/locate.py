"""Where the files of a folder are that becomes a workspace: as its containers have them, or by name."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...compose.image_files import file_at, image
from ...compose.names import COMPOSE_FILE, COMPOSE_FILES, is_compose
from ...compose.service import build, environment, words
from ...compose.services import services
from ...errors import DmbError, NothingToWorkOn
from ...formats import envfile, marked_blocks
from ...formats.interpolation import filled, known
from ...formats.yaml_nodes import Node
from ...formats.yamlsplice import YamlFile
from . import inline_configs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...compose.service import Service

DAGSTER = {"webserver", "daemon", "code"}

_WORKSPACE = re.compile(r"(?:^|\s)(?:-w|--workspace)(?:\s+|=)(\S+)")
_CODE = re.compile(r"(?:^|\s)(-m|--module-name|-f|--python-file|-p|--package-name)(?:\s+|=)(?![0-9]+(?:\s|$))(\S+)")


@dataclass
class Located:
    """Where files are, as `Registry` has it, and sentences for the user."""

    places: dict[str, str] = field(default_factory=dict)
    compose_files: list[str] = field(default_factory=list)
    docker: bool = False
    notes: list[str] = field(default_factory=list)
    writes: dict[Path, bytes] = field(default_factory=dict)  # files that are to be made first, or changed


def locate(root: Path, given: Sequence[Path]) -> Located:
    """Find the files of the folder `root`; `given` are those that are named. Refuses (DmbError) what is not clear."""
    named = _named(root, given)
    located = Located()
    compose = _compose_files(root, named[COMPOSE_FILE])
    with_dagster = [file for file in compose if _dagster(file)]
    if with_dagster:
        located.docker = True
        _place_compose(located, root, compose, with_dagster[0])
        _place_by_containers(located, root, compose, with_dagster, named)
    elif compose:
        located.places[COMPOSE_FILE] = _name(root, Path(compose[0].place))
    for usual in ("workspace.yaml", "dagster.yaml", "Dockerfile"):
        if named[usual]:
            located.places[usual] = _name(root, named[usual][0])
    if "workspace.yaml" not in located.places:
        located.places["workspace.yaml"] = _only(root, "workspace.yaml", with_dagster)
    beside = (root / located.places["workspace.yaml"]).parent / "dagster.yaml"
    if "dagster.yaml" not in located.places and beside.is_file():
        located.places["dagster.yaml"] = _name(root, beside)
    located.places = {usual: place for usual, place in located.places.items() if usual != place}
    return located


# --- what is named, and by what it holds


def _named(root: Path, given: Sequence[Path]) -> dict[str, list[Path]]:
    """The given files, by the usual names of what they are."""
    named: dict[str, list[Path]] = {name: [] for name in ("workspace.yaml", "dagster.yaml", COMPOSE_FILE, "Dockerfile")}
    for path in given:
        full = (Path.cwd() / path).resolve()
        full = full if full.is_file() else (root / path).resolve()
        if not full.is_file() or not full.is_relative_to(root):
            raise NothingToWorkOn("the workspace has no such file", place=str(path), remedy=f"name one in {root}")
        named[_kind(full)].append(full)
    return named


def _kind(path: Path) -> str:
    """What a file is, by its name or else by what it says."""
    if path.name in COMPOSE_FILES:
        return COMPOSE_FILE
    if path.suffix not in (".yaml", ".yml"):
        return "Dockerfile"
    keys = _yaml(path).root.entries.keys()
    if "load_from" in keys:
        return "workspace.yaml"
    if {"services", "include"} & keys:
        return COMPOSE_FILE
    return "workspace.yaml" if path.name == "workspace.yaml" else "dagster.yaml"


def _yaml(path: Path) -> YamlFile:
    return YamlFile(marked_blocks.read(path), str(path))


def _name(root: Path, path: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


# --- Compose files


def _compose_files(root: Path, named: Sequence[Path]) -> list[YamlFile]:
    """The Compose files that the workspace is made of, in the order in which Compose reads them."""
    paths = list(named) or _by_variable(root)
    if not paths:
        usual = next((root / name for name in COMPOSE_FILES if (root / name).is_file()), None)
        paths = [usual] if usual else []
        paths += [path for path in (_override(usual),) if usual and path is not None]
        if not any(_dagster(file) for path in paths for file in _with_included(_yaml(path))):
            paths = _other(root, paths) or paths
    return [file for path in paths for file in _with_included(_yaml(path))]


def _by_variable(root: Path) -> list[Path]:
    """The files that COMPOSE_FILE names."""
    values = _values(root / ".env")
    names = values.get("COMPOSE_FILE", "").split(values.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)
    paths = [(root / name).resolve() for name in names if name]
    return paths if all(path.is_file() and path.is_relative_to(root) for path in paths) else []


def _override(usual: Path | None) -> Path | None:
    """The file that Compose reads by itself after the usual one."""
    if usual is None:
        return None
    names = (f"{usual.stem}.override{end}" for end in (".yml", ".yaml"))
    return next((usual.parent / name for name in names if (usual.parent / name).is_file()), None)


def _other(root: Path, usual: Sequence[Path]) -> list[Path]:
    """The one file of another name, or in a folder below, that runs Dagster in containers."""
    for pattern in ("*.y*ml", "*/*.y*ml", "*/*/*.y*ml"):
        found = []
        for path in sorted(root.glob(pattern)):
            if (path.name in COMPOSE_FILES or is_compose(path.name) or "compose" in path.name) and path not in usual:
                try:
                    if _dagster(_yaml(path)):
                        found.append(path)
                except DmbError:
                    continue
        if len(found) == 1:
            return found
        if found:
            names = ", ".join(_name(root, path) for path in found)
            raise DmbError(
                f"several Compose files run Dagster: {names}",
                place=str(root),
                remedy="say with which the workspace is started: --file PATH, once for each, in their order",
            )
    return []


def _with_included(file: YamlFile) -> list[YamlFile]:
    """A Compose file, and those that it includes."""
    files = [file]
    for item in file.root.get("include").items:
        paths = [item] if item.kind == "scalar" else item.get("path").scalars()
        for node in paths:
            path = Path(file.place).parent / node.text
            if path.is_file() and len(files) < 20:
                files += _with_included(_yaml(path))
    return files


def _dagster(file: YamlFile) -> bool:
    return any(service.role in DAGSTER for service in services(file).values())


def _place_compose(located: Located, root: Path, compose: Sequence[YamlFile], main: YamlFile) -> None:
    """Where the main Compose file is, `.env` of its project, and folders that it names from where it is."""
    path, first = Path(main.place), Path(compose[0].place)
    if not path.is_relative_to(root):
        raise DmbError(
            f"{path} runs Dagster and is outside of this folder", place=str(root), remedy="name a folder that has both"
        )
    located.places[COMPOSE_FILE] = _name(root, path)
    included = {file.place for other in compose for file in _with_included(other)[1:]}
    if len(compose) > 1:
        located.compose_files = [_name(root, Path(file.place)) for file in compose if file.place not in included]
    # Compose reads `.env` beside its first file and takes relative paths from there; in an included one from its own.
    if first.parent != root:
        located.places[".env"] = _name(root, first.parent / ".env")
    folder = path.parent if main.place in included else first.parent
    if folder != root:
        located.places["auth"] = _name(root, folder / "auth")


# --- what webserver and daemon read


def _place_by_containers(
    located: Located, root: Path, compose: Sequence[YamlFile], main: Sequence[YamlFile], named: Mapping[str, list[Path]]
) -> None:
    folder = Path(compose[0].place).parent
    values = _values(root / located.places.get(".env", ".env"))
    launching = [
        (service, file.root)
        for file in main
        for service in services(file).values()
        if service.role in ("webserver", "daemon")
    ]
    built: dict[str, None] = {}
    for service, top in launching:
        if (of := build(service)) and Path(of.dockerfile).is_file() and Path(of.dockerfile).is_relative_to(root):
            built[of.dockerfile] = None
        for usual, path in _read_by(service, values):
            if usual in located.places or named[usual]:
                continue
            found = file_at(service, path, image(service), top, values, folder)
            if isinstance(found, Node):
                _move(located, root, usual, main[0], found, folder)
            elif found is not None and found.is_relative_to(root):
                located.places[usual] = _name(root, found)
                if usual == "dagster.yaml" and found.name != usual:
                    located.notes.append(f"{_name(root, found)} is the dagster.yaml of {service.name}")
    if len(built) == 1:
        located.places["Dockerfile"] = _name(root, Path(next(iter(built))))
    if "workspace.yaml" not in located.places and not named["workspace.yaml"]:
        _refuse_code_by_option(launching, main[0])


def _move(located: Located, root: Path, usual: str, file: YamlFile, content: Node, folder: Path) -> None:
    """Plan that a file whose text is in the Compose file becomes one beside it; there no module could be put in."""
    name = inline_configs.name_of(file, content)
    if name is None:
        return
    path, target = Path(file.place), folder / usual
    if path in located.writes:
        file = YamlFile(marked_blocks.decode(located.writes[path], file.place), file.place)
    located.writes[path] = marked_blocks.encode(inline_configs.moved(file, name, target, f"./{usual}"))
    located.writes[target] = marked_blocks.encode(content.text)
    located.places[usual] = _name(root, target)
    located.notes.append(f"{file.place}:{content.line}: the text of the config {name} moves to {target}")


def _read_by(service: Service, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The paths in its container at which a service reads a file, with the usual names of what is there."""
    made = image(service)
    home = environment(service).get("DAGSTER_HOME") or made.variables.get("DAGSTER_HOME", "")
    home = filled(home, values)
    folder = filled(service.node.get("working_dir").text, values) or made.folder
    command = _command(service, made.command)
    if home:
        yield "dagster.yaml", posixpath.normpath(posixpath.join(folder, home, "dagster.yaml"))
    match = _WORKSPACE.search(command)
    path = filled(match[1] if match else "workspace.yaml", {**made.variables, **environment(service), **values})
    yield "workspace.yaml", posixpath.normpath(posixpath.join(folder, path.strip("\"'")))


def _command(service: Service, of_image: str) -> str:
    own = f"{words(service.node, 'entrypoint')} {words(service.node, 'command')}".strip()
    return own or re.sub(r"[\[\]\",']+", " ", of_image)


def _refuse_code_by_option(launching: Sequence[tuple[Service, Node]], file: YamlFile) -> None:
    """A webserver that is told its code on the command line reads no workspace.yaml."""
    for service, _ in launching:
        command = _command(service, image(service).command)
        match = None if _WORKSPACE.search(command) else _CODE.search(command)
        if match and service.role == "webserver":
            raise DmbError(
                f"{service.name} loads its code by `{match[1]} {match[2]}` and reads no workspace.yaml, so no other "
                "code location can be added",
                place=f"{file.place}:{file.line(('services', service.name, 'command'))}",
                remedy="write a workspace.yaml that loads the same, and `-w workspace.yaml` instead in the command of "
                + " and ".join(each.name for each, _ in launching),
            )


def _values(env: Path) -> dict[str, str]:
    """What a `.env` and the environment set."""
    own = envfile.assignments(marked_blocks.read(env), str(env)) if env.is_file() else ()
    return known(own, os.environ)


def _only(root: Path, name: str, with_dagster: Sequence[YamlFile]) -> str:
    """The one file of that name in `root`, or in a folder not far below."""
    paths = [root / name] if (root / name).is_file() else [*root.glob(f"*/{name}"), *root.glob(f"*/*/{name}")]
    if len(paths) == 1:
        return paths[0].relative_to(root).as_posix()
    if not paths:
        if with_dagster:
            raise NothingToWorkOn(
                f"there is no {name}, which webserver and daemon would read code locations from",
                place=str(root),
                remedy=f"name it with --file PATH if it has another name; else write one, and `-w {name}` for both",
            )
        raise NothingToWorkOn(
            f"there is no {name}, so there is nothing to take over",
            place=str(root),
            remedy="create a workspace: dmb workspace init",
        )
    names = ", ".join(sorted(path.relative_to(root).as_posix() for path in paths))
    raise DmbError(
        f"there are several files of that name: {names}",
        place=str(root),
        remedy="say which one with --file PATH, or name its folder",
    )
