"""The code locations of a workspace.yaml: what each loads, and what Dagster calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Callable

    from dmb.formats.yaml_nodes import Node

    from ..reading.sources import Sources


class Location(NamedTuple):
    """One item of `load_from`. `target` is its kind (`grpc_server`), "" when it is no mapping of one key."""

    item: Node
    target: str
    body: Node
    owner: str | None
    spot: Spot

    @property
    def name(self) -> str | None:
        """The location's name; None where Dagster makes one of more than is written here."""
        name = (
            self.body.get("location_name").text
            or self.body.get("module_name").text
            or self.body.get("package_name").text
        )
        if not name and self.body.kind == "scalar" and self.target in ("python_module", "python_package"):
            return self.body.text
        return name or None

    @property
    def subject(self) -> str:
        """How a finding calls it."""
        return self.name or self.target or "an item of load_from"


def locations(files: Sources, file: str) -> list[Location]:
    """The items of `load_from` in a workspace.yaml."""
    owners = files.owners(file)
    return [
        Location(
            item,
            item.pairs[0][0].text if len(item.pairs) == 1 else "",
            item.pairs[0][1] if len(item.pairs) == 1 else item,
            owners.get(item.line),
            Spot.at(file, item),
        )
        for item in files.yaml(file).get("load_from").items
    ]


def name_of(location: Location, text: Callable[[Node], str | None]) -> str:
    """The name that is given, else the one that Dagster makes; "" where it depends on what is not written there.

    `text` is a scalar with variables put in, None where that cannot be known.
    """
    name = location.body.get("location_name")
    return (text(name) or "") if name.line else default_name(location, text)


def target_key(location: Location) -> str:
    """The key of what a location of Python code loads."""
    return {"python_file": "relative_path", "python_package": "package_name"}.get(location.target, "module_name")


def default_name(location: Location, text: Callable[[Node], str | None]) -> str:
    """The name that Dagster makes; "" where it depends on what is not written there. `text` as in `name_of`."""
    body = location.body
    if location.target == "grpc_server":
        where = text(body.get("socket")) or text(body.get("port"))
        host = text(body.get("host")) if body.get("host").line else "localhost"
        known = not any("$" in body.get(key).text or body.get(key).pairs for key in ("host", "port", "socket"))
        return f"grpc:{host}:{where}" if known and where and host else ""
    target = body.text if body.kind == "scalar" else body.get(target_key(location)).text
    if location.target == "python_file":
        target = target.rpartition("/")[2]
    attribute = body.get("attribute").text
    return f"{target}:{attribute}" if attribute and target else target
