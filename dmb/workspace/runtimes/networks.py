"""Put a module's services where webserver and daemon reach them.

The services are written for a workspace that dmb made. In a workspace whose network or storage has another name, they
get the one that webserver and daemon have.
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


def placed(own: YamlFile, surroundings: Surroundings, servers: Collection[str]) -> YamlFile:
    """The module's Compose file `own` with the network and the storage of this workspace.

    `servers` are its code servers. Refuses (DmbError) them where webserver or daemon find no service by its name.
    """
    if not services(own).keys().isdisjoint(servers):
        _refuse_no_network(surroundings)
    shared = surroundings.instance.networks
    for service in services(own).values():
        where = ("services", service.name, "networks")
        if shared and not _known(NETWORK, "networks", own, surroundings) and NETWORK in networks(service):
            own = own.replaced(where, {NETWORK: shared[0]})
            for name in shared[1:]:
                own = own.headed_list(where, scalar(name)).headed(where, f"{scalar(name)}:")
        elif shared not in ([], [DEFAULT[1]]) and not {"networks", "network_mode"} & service.node.entries.keys():
            own = own.headed(("services", service.name), f"networks: [{', '.join(map(scalar, shared))}]")
        own = own.replaced(("services", service.name, "volumes"), _storage(service, own, surroundings))
    return own


def problems(own: YamlFile, surroundings: Surroundings, servers: Collection[str]) -> Iterator[tuple[str, DmbError]]:
    """What prevents adding the module's file `own` as it was placed, each with its subject: a network or a volume that
    neither file has, a code server that could not be reached.
    """
    for service in services(own).values():
        unknown = dict(_unknown(service, own, surroundings, server=service.name in servers))
        yield from unknown.items()
        if service.name in servers and not any(about.startswith("network ") for about in unknown):
            yield from _unreachable(service, own, surroundings)


def _known(name: str, kind: str, own: YamlFile, surroundings: Surroundings) -> bool:
    """Whether one of the files has the network, or the volume."""
    return name in own.root.get(kind).entries or surroundings.has(kind, name)


def _storage(service: Service, own: YamlFile, surroundings: Surroundings) -> dict[str, str]:
    """Mounts of volumes that the workspace lacks -> the same of what webserver or daemon mount at that place."""
    sources = {target: source for launcher in surroundings.launching for source, target in mounts(launcher)}
    replacements = {}
    for item in service.node.get("volumes").items:
        source, target = mount(item)
        instead = sources.get(target)
        if item.text and instead and source in service.volumes and not _known(source, "volumes", own, surroundings):
            replacements[item.text] = instead + item.text[len(source) :]
    return replacements


def _refuse_no_network(surroundings: Surroundings) -> None:
    for service in surroundings.launching:
        mode = service.node.get("network_mode").text
        if mode and not mode.startswith("service:"):
            raise DmbError(
                f"{service.name} has `network_mode: {mode}`, so it cannot find a code server by its name",
                place=surroundings.place_of(service.name, "network_mode"),
                remedy="give it `networks:` instead; or let the module publish its port, as `host: localhost`",
            )


def _unknown(
    service: Service, own: YamlFile, surroundings: Surroundings, *, server: bool
) -> Iterator[tuple[str, DmbError]]:
    """A network and a volume must be the module's or the workspace's."""
    for kind, used in (("networks", networks(service)), ("volumes", service.volumes)):
        for name in used:
            if not _known(name, kind, own, surroundings):
                if kind == "networks":
                    instead = list(surroundings.root.get(kind).entries)
                else:
                    instead = _dagster_volumes(surroundings) if server else []
                remedy = f"add it below `{kind}:` of {surroundings.compose.place}:\n       {name}:"
                if instead:
                    remedy = f"write {' or '.join(instead)} there; or {remedy}"
                about = f"{kind[:-1]} {name}"
                yield (
                    about,
                    DmbError(
                        f"{service.name} uses {about}, which the workspace does not have",
                        place=f"{own.place}:{own.line(('services', service.name, kind))}",
                        remedy=remedy,
                    ),
                )


def _dagster_volumes(surroundings: Surroundings) -> list[str]:
    """The volumes of what loads code or starts runs: one of them can be Dagster's storage, a database's cannot."""
    roles = ("webserver", "daemon", "code")
    services_of_dagster = (service for service in surroundings.services.values() if service.role in roles)
    return list(dict.fromkeys(volume for service in services_of_dagster for volume in service.volumes))


def _unreachable(server: Service, own: YamlFile, surroundings: Surroundings) -> Iterator[tuple[str, DmbError]]:
    """A code server must be on a network of the webserver, and of the daemon."""
    own_networks = networks(server)
    for launcher in surroundings.launching:
        launcher_networks = networks(launcher, surroundings.services)
        if not set(own_networks) & set(launcher_networks):
            place = surroundings.place_of(launcher.name, "networks")
            yield (
                server.name,
                DmbError(
                    f"{server.name} would be on the network {', '.join(own_networks)}, where {launcher.name} cannot "
                    f"reach it: {launcher.name} is on {', '.join(launcher_networks)}",
                    place=f"{own.place}:{own.line(('services', server.name, 'networks'))}",
                    remedy=f"add {launcher_networks[0]} to its networks there, or add one of its networks to "
                    f"{launcher.name} in {place}",
                ),
            )
