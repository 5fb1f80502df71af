"""What Dagster calls a code location."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...judging.subject import Location, Subject


def name_of(subject: Subject, location: Location) -> str:
    """The name that is given, else the one that Dagster makes; "" where it depends on what is not written there."""
    given = location.body.get("location_name")
    return (subject.text(given) or "") if given.line else default_name(subject, location)


def default_name(subject: Subject, location: Location) -> str:
    """The name that Dagster makes; "" where it depends on what is not written there."""
    body = location.body
    if location.target == "grpc_server":
        where = subject.text(body.get("socket")) or subject.text(body.get("port"))
        host = subject.text(body.get("host")) if body.get("host").line else "localhost"
        known = not any("$" in body.get(key).text or body.get(key).pairs for key in ("host", "port", "socket"))
        return f"grpc:{host}:{where}" if known and where and host else ""
    key = {"python_file": "relative_path", "python_package": "package_name"}.get(location.target, "module_name")
    target = body.text if body.kind == "scalar" else body.get(key).text
    if location.target == "python_file":
        target = target.rpartition("/")[2]
    attribute = body.get("attribute").text
    return f"{target}:{attribute}" if attribute and target else target
