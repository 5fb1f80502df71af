"""The ports that the Compose files of a workspace publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..compose.names import is_compose
from ..compose.published import PortReader
from ..databases import SERVERS
from ..formats.interpolation import variables_in
from .port_source import read
from .port_variables import module_of
from .tables import Holder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ..compose.published import Published
    from ..formats.yaml_nodes import Documents, Node
    from ..layout import Layout
    from .port_source import PortSource, Reader

_KIND_OF_TARGET = {str(server.container_port): name for name, server in SERVERS.items()}
_ELSEWHERE = ("git@", "oci:", "github.com/")


def compose_holders(
    layout: Layout, named: Iterable[str], values: Mapping[str, str], notes: list[str], documents: Reader
) -> Iterator[Holder]:
    """Every TCP port that a Compose file of the workspace publishes on this host, on whichever address.

    The workspace's own counts, all files beside it or at the top that are named like Compose files, the `named` ones,
    and what one of these includes or extends. `${…}` is replaced by `values`. DmbError for a broken file; what cannot
    be known is noted.
    """
    waiting = [layout.root / name for name in named]
    for folder in dict.fromkeys((layout.root, layout.compose.parent)):
        waiting += sorted(path for path in _listed(folder) if is_compose(path.name) or path == layout.compose)
    seen = set()
    while waiting:
        path = waiting.pop(0)
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        source = read(path, notes)
        if source is None:
            notes.append(
                f"{path} is named in a Compose file or in COMPOSE_FILE but is missing, so its ports are unknown"
            )
            continue
        reader = PortReader(source, values, notes)
        parsed = documents(source)
        for root in parsed.roots:
            for name, service in root.get("services").entries.items():
                for published in reader.published_by(service):
                    yield _holder(published, name, source, parsed)
            waiting += _other_files(root, source, reader)


def _listed(folder: Path) -> Iterable[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return ()


def _holder(published: Published, service: str, source: PortSource, parsed: Documents) -> Holder:
    """The claim of the module whose block holds it, or whose name is in the port's variable."""
    node = published.node
    variable = next(variables_in(node.text), None)
    owner, kind = module_of(variable.name) if variable else ("", "")
    who = parsed.owners.get(node.line) or owner or f"service {service}"
    kind = _KIND_OF_TARGET.get(published.target, kind)
    return Holder(published.port, kind, who, source.place(node.line), "compose")


def _other_files(root: Node, source: PortSource, reader: PortReader) -> list[Path]:
    """The files that this one includes or extends. Those that are elsewhere are noted."""
    included = (item.entries.get("path", item) for item in root.get("include").items)
    extended = (service.get("extends").get("file") for service in root.get("services").entries.values())
    files = []
    for node in (*included, *extended):
        for item in node.scalars():
            name = reader.text(item)
            if "://" in name or name.startswith(_ELSEWHERE):
                reader.note(item, f"{name} is not on this machine, so its ports are unknown")
            elif name:
                files.append(source.path.parent / name)
    return files
