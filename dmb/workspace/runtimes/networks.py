"""A module's services put where webserver and daemon reach them.

They are written for a workspace that dmb made. Where one names its network or its storage otherwise, they get the one
that webserver and daemon have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compose.service import mount, mounts, networks
from ...compose.services import services
from ...errors import DmbError
from ...formats.yamlsplice import scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ...compose.service import Service
    from ...formats.yamlsplice import YamlFile
    from .surroundings import Surroundings

NETWORK = "dagster"  # as the template writes it
DEFAULT = ("networks", "default")  # Compose's own, for services that name none


def placed(own: YamlFile, there: Surroundings, servers: Collection[str]) -> YamlFile:
    """The module's Compose file `own` with the network and the storage of this workspace.

    `servers` are its code servers. Refuses (DmbError) them where webserver or daemon find no service by its name.
    """
    if not services(own).keys().isdisjoint(servers):
        _refuse_no_network(there)
    meeting = _meeting(there)
    for one in services(own).values():
        if meeting and not _known(NETWORK, "networks", own, there):
            own = own.replaced(("services", one.name, "networks"), {NETWORK: meeting})
        if meeting not in (None, DEFAULT[1]) and not {"networks", "network_mode"} & one.node.entries.keys():
            own = own.headed(("services", one.name), f"networks: [{scalar(meeting)}]")
        own = own.replaced(("services", one.name, "volumes"), _storage(one, own, there))
    return own


def problems(own: YamlFile, there: Surroundings, servers: Collection[str]) -> Iterator[tuple[str, DmbError]]:
    """What is in the way of the module's file `own` as it was placed, each with what it is about: a network or a volume
    that neither file has, a code server that could not be reached.
    """
    for one in services(own).values():
        unknown = dict(_unknown(one, own, there, server=one.name in servers))
        yield from unknown.items()
        if one.name in servers and not any(about.startswith("network ") for about in unknown):
            yield from _apart(one, own, there)


def _known(name: str, kind: str, own: YamlFile, there: Surroundings) -> bool:
    """Whether one of the files has the network, or the volume."""
    return name in own.root.get(kind).entries or name in there.whole.get(kind).entries or (kind, name) == DEFAULT


def _meeting(there: Surroundings) -> str | None:
    """The first network that webserver and daemon share; None where there is none, or nothing to be reached from."""
    every = [networks(one, there.services) for one in there.launching]
    return next((name for name in every[0] if all(name in each for each in every)), None) if every else None


def _storage(one: Service, own: YamlFile, there: Surroundings) -> dict[str, str]:
    """Mounts of volumes that the workspace lacks -> the same of what webserver or daemon mount at that place."""
    sources = {target: source for each in there.launching for source, target in mounts(each)}
    found = {}
    for item in one.node.get("volumes").items:
        source, target = mount(item)
        instead = sources.get(target)
        if item.text and instead and source in one.volumes and not _known(source, "volumes", own, there):
            found[item.text] = instead + item.text[len(source) :]
    return found


def _refuse_no_network(there: Surroundings) -> None:
    for one in there.launching:
        mode = one.node.get("network_mode").text
        if mode and not mode.startswith("service:"):
            raise DmbError(
                f"{one.name} has `network_mode: {mode}`, so it finds no code server by its name",
                place=f"{there.compose.place}:{there.compose.line(('services', one.name, 'network_mode'))}",
                remedy="give it `networks:` instead; or let the module publish its port, as `host: localhost`",
            )


def _unknown(one: Service, own: YamlFile, there: Surroundings, *, server: bool) -> Iterator[tuple[str, DmbError]]:
    """A network and a volume must be the module's or the workspace's."""
    for kind, used in (("networks", networks(one)), ("volumes", one.volumes)):
        for name in used:
            if not _known(name, kind, own, there):
                instead = list(there.whole.get(kind).entries) if kind == "networks" else _kept(there) if server else []
                remedy = f"add below `{kind}:` of {there.compose.place}:\n       {name}:"
                if instead:
                    remedy = f"write {' or '.join(instead)} there; or {remedy}"
                about = f"{kind[:-1]} {name}"
                yield (
                    about,
                    DmbError(
                        f"{one.name} uses {about}, which the workspace does not have",
                        place=f"{own.place}:{own.line(('services', one.name, kind))}",
                        remedy=remedy,
                    ),
                )


def _kept(there: Surroundings) -> list[str]:
    """The volumes of what loads code or starts runs: one of them can be Dagster's storage, a database's cannot."""
    dagster = [one for one in there.services.values() if one.role in ("webserver", "daemon", "code")]
    return list(dict.fromkeys(volume for one in dagster for volume in one.volumes))


def _apart(server: Service, own: YamlFile, there: Surroundings) -> Iterator[tuple[str, DmbError]]:
    """A code server must be on a network of the webserver, and of the daemon."""
    here = networks(server)
    for one in there.launching:
        theirs = networks(one, there.services)
        if not set(here) & set(theirs):
            place = f"{there.compose.place}:{there.compose.line(('services', one.name, 'networks'))}"
            yield (
                server.name,
                DmbError(
                    f"{server.name} would be on the network {', '.join(here)}, where {one.name} does not reach it: "
                    f"that is on {', '.join(theirs)}",
                    place=f"{own.place}:{own.line(('services', server.name, 'networks'))}",
                    remedy=f"write {theirs[0]} among its networks there, or give {one.name} one of these in {place}",
                ),
            )
