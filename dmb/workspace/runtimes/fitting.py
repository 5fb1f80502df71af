"""Give a module's services what code needs of this workspace: see `instance`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ...compose.service import environment, mount, mounts, networks
from ...compose.services import services
from ...databases import SERVERS
from ...errors import DmbError
from ...formats.interpolation import parts
from ...formats.yamlsplice import scalar
from .instance import CONTEXT, SCRATCH, environment_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ...compose.service import Service
    from ...formats.yaml_nodes import Node
    from ...formats.yamlsplice import YamlFile
    from .surroundings import Surroundings

STORAGE = "DAGSTER_STORAGE_PATH"


def fitted(own: YamlFile, surroundings: Surroundings, servers: Collection[str], names: Sequence[str]) -> YamlFile:
    """The module's Compose file `own`, its networks placed, with what its code `servers` need of this workspace.

    `names` are the module's own variables, which the containers of its runs get.
    """
    instance = surroundings.instance
    for name in services(own).keys() & set(servers):
        for about, problem in _unreachable_state(own, surroundings, name):
            surroundings.problems.setdefault(about, problem)
        own = _mounted(own, surroundings, name)
        own = _user(own, surroundings, name)
        for database in _databases(surroundings):
            own = _after(own, name, database)
        for folder in instance.scratch:
            if own.kind(("services", name, "tmpfs")) == "list":
                own = own.headed_list(("services", name, "tmpfs"), scalar(f"{folder}:{SCRATCH}"))
        given = environment(services(own)[name])
        lines = [environment_line(key, text) for key, text in instance.variables.items() if key not in given]
        if instance.launcher and CONTEXT not in given:
            service = services(own)[name]
            for about, problem in _lost(own, service, surroundings):
                surroundings.problems.setdefault(about, problem)
            context = instance.context(names, _volumes(service, own, surroundings), networks(service))
            lines.append(f"{CONTEXT}: {scalar(context)}")
        own = _with_environment(own, name, lines)
        files = instance.env_files
        if files and "env_file" not in services(own)[name].node.entries:
            own = own.headed(("services", name), f"env_file: [{', '.join(map(scalar, files))}]")
        elif files and own.kind(("services", name, "env_file")) == "list":
            for file in files:
                own = own.headed_list(("services", name, "env_file"), scalar(file))
    surroundings.notes.update(dict.fromkeys(instance.notes))
    return own


def _with_environment(own: YamlFile, name: str, lines: Sequence[str]) -> YamlFile:
    """The lines `NAME: value` in the environment of a service, in the form that it has."""
    where = ("services", name, "environment")
    kind = own.kind(where)
    if kind == "map":
        for line in reversed(lines):
            own = own.headed(where, line)
    elif kind == "list":
        for key, _, text in (line.partition(":") for line in reversed(lines)):
            value = _plain(text.strip())
            own = own.headed_list(where, scalar(f"{key}={value}" if text.strip() else key))
    elif lines:
        own = own.headed(("services", name), f"environment: {{{', '.join(lines)}}}")
    return own


def _plain(text: str) -> str:
    """A scalar, as `scalar` wrote it."""
    import json

    return str(json.loads(text)) if text.startswith('"') else text


def _mounted(own: YamlFile, surroundings: Surroundings, name: str) -> YamlFile:
    """The folders of the instance in a code server; at a place that both have, the workspace's goes before its own."""
    where = ("services", name, "volumes")
    for source, target in surroundings.instance.mounts:
        items = services(own)[name].node.get("volumes").items
        taken = next((item for item in items if mount(item).target.rstrip("/") == target.rstrip("/")), None)
        text = f"{source}:{target}"
        if taken is not None and mount(taken).source != source and taken.text:
            own = own.replaced(where, {taken.text: text})
        elif taken is None and items:
            own = own.headed_list(where, scalar(text))
        elif taken is None:
            own = own.headed(("services", name), f"volumes: [{scalar(text)}]")
    return own


def _databases(surroundings: Surroundings) -> Iterator[str]:
    """The databases that webserver and daemon both depend on, and that depend on nothing: the instance is in them."""
    for name, service in surroundings.services.items():
        always = not service.needs and service.node.get("profiles").kind == "null"
        if service.role in SERVERS and always and all(name in each.needs for each in surroundings.launching):
            yield name


def _after(own: YamlFile, name: str, database: str) -> YamlFile:
    """A code server that depends on a database is stopped before it: its runs write there to their end."""
    where = ("services", name, "depends_on")
    if database in services(own)[name].needs:
        return own
    if own.kind(where) == "absent":
        return own.headed(("services", name), f"depends_on: [{scalar(database)}]")
    item = scalar(database)
    return own.headed_list(where, item).headed(where, f"{item}: {{condition: service_started}}")


def _user(own: YamlFile, surroundings: Surroundings, name: str) -> YamlFile:
    """The user to whom files of SQLite belong that webserver and daemon make: the code server writes to the same."""
    instance = surroundings.instance
    if not (instance.sqlite and instance.mounts) or "user" in own.root.get("services").get(name).entries:
        return own
    users = {service.node.get("user").text for service in surroundings.launching}
    user = users.pop() if len(users) == 1 else ""
    surroundings.notes[
        f"{surroundings.layout.dagster_yaml}: runs and events are in files of SQLite, which {name} writes to as "
        f"webserver and daemon do: as {user or 'root'}"
    ] = None
    own = own.headed(("services", name), f"user: {scalar(user or '0:0')}")
    return own.headed(("services", name), "cap_add: [DAC_OVERRIDE]") if not user else own


def _unreachable_state(own: YamlFile, surroundings: Surroundings, name: str) -> Iterator[tuple[str, DmbError]]:
    """Runs and events in files of SQLite must be in a folder that containers share."""
    instance = surroundings.instance
    if not instance.sqlite or instance.mounts or not surroundings.launching or not instance.folders:
        return
    service = surroundings.launching[0]
    folder = instance.folders[0]
    yield (
        "sqlite",
        DmbError(
            f"runs and events are in files of SQLite inside the container of {service.name}, where the code server "
            f"{name} cannot write to them, so its runs would fail",
            place=str(surroundings.layout.dagster_yaml),
            remedy=f"mount a volume at {folder} in {' and '.join(each.name for each in surroundings.launching)}; or "
            "keep them in a database server",
        ),
    )


def _lost(own: YamlFile, service: Service, surroundings: Surroundings) -> Iterator[tuple[str, DmbError]]:
    """What a run writes must be on a volume: its container is thrown away."""
    folder = environment(service).get(STORAGE)
    if folder and "$" not in folder and not any(_holds(mount.target, folder) for mount in mounts(service)):
        yield (
            f"storage of {service.name}",
            DmbError(
                f"no volume holds {folder}, and each run's container is thrown away with what it wrote there",
                place=f"{own.place}:{own.line(('services', service.name, 'environment', STORAGE))}",
                remedy=f"mount a volume at {folder} in {service.name}",
            ),
        )


def _holds(target: str, folder: str) -> bool:
    target, folder = posixpath.normpath(target), posixpath.normpath(folder)
    return folder == target or folder.startswith(f"{target}/")


def _volumes(service: Service, own: YamlFile, surroundings: Surroundings) -> list[str]:
    """What the containers of a module's runs mount, as docker-py has it: all that its code server does."""
    found = []
    for item in service.node.get("volumes").items:
        source, target = mount(item)
        if not source:
            continue
        named = own.root.get("volumes").get(source).get("name").text
        real = named or surroundings.volume_name(source)
        found.append(":".join([real, target, *_mode(item, target)]))
    return found


def _mode(item: Node, target: str) -> list[str]:
    if item.kind == "mapping":
        return ["ro"] if item.get("read_only").text == "true" else []
    words = parts(item.text)
    return words[words.index(target) + 1 :]
