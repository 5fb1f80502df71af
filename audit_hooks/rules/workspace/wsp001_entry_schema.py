"""WSP001: an item of `load_from` that Dagster does not take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dmb.formats.yaml_nodes import Node

    from ...facts.locations import Location
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_COMMON = {"attribute", "location_name", "working_directory", "executable_path"}
# The key that each kind of item needs, and those that it may have.
KINDS: dict[str, tuple[str, set[str]]] = {
    "python_file": ("relative_path", _COMMON),
    "python_module": ("module_name", _COMMON),
    "python_package": ("package_name", _COMMON),
    "autoload_defs_module": ("module_name", _COMMON - {"attribute"}),
    "grpc_server": ("", {"host", "port", "socket", "location_name", "ssl", "additional_metadata"}),
}
_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*")


def _is_text(node: Node) -> bool:
    """Whether a value loads as a text: a scalar that YAML takes for no number, truth value, date or null."""
    guesses = yaml.SafeLoader.yaml_implicit_resolvers.get(node.text[:1], [])
    return node.kind == "scalar" and (node.quoted or not any(guess.match(node.text) for _, guess in guesses))


class EntrySchema(Rule):
    """Each item of `load_from` by Dagster's own schema."""

    code = "WSP001"
    title = "An item of load_from that Dagster does not take"
    what = "An item of `load_from` with an unknown or missing key, two kinds at once, or a value of the wrong type."
    why = (
        "Webserver and daemon do not start with it, and a daemon that runs stops five minutes after the file was saved."
    )
    remedy = "write it as Dagster's reference of workspace.yaml has it"
    bad = (
        {"workspace.yaml": "load_from:\n  - python_module:\n      module: bar_dagster\n"},
        {"workspace.yaml": "load_from:\n  - grpc_server:\n      host: bar\n      port: '4000'\n"},
        {"workspace.yaml": "load_from:\n  python_module: bar_dagster\n"},
    )
    good = (
        {"workspace.yaml": "load_from:\n  - python_module: bar_dagster\n"},
        {
            "workspace.yaml": "load_from:\n  - grpc_server: {host: bar, port: {env: BAR_PORT}, location_name: b}\n",
            ".env": "BAR_PORT=4000\n",
        },
        {"workspace.yaml": "load_from: []\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Judge the root, then each item."""
        workspace = subject.workspace
        name = workspace.workspace_yaml
        root = subject.files.yaml(name)
        for key, _ in root.pairs:
            if key.text != "load_from":
                yield self.diagnosis(Spot.at(name, key), key.text, f"the file has no key `{key.text}` for Dagster")
        loaded = root.get("load_from")
        if (root.kind not in ("mapping", "null")) or loaded.kind not in ("sequence", "null"):
            spot = Spot.at(name, root if root.kind != "mapping" else loaded)
            yield self.diagnosis(spot, "load_from", "`load_from` is no list")
        for location in workspace.locations:
            for node, problem in _problems(location):
                yield self.diagnosis(Spot.at(name, node), location.subject, problem)


def _problems(location: Location) -> Iterator[tuple[Node, str]]:
    item, body, target = location.item, location.body, location.target
    if item.kind != "mapping" or len(item.pairs) != 1:
        yield item, f"an item has one key, which is one of: {', '.join(KINDS)}"
        return
    if target not in KINDS:
        yield item, f"`{target}` is no kind of location; there are: {', '.join(KINDS)}"
        return
    required, optional = KINDS[target]
    if body.kind == "scalar" and required:
        return
    if body.kind != "mapping":
        yield body if body.line else item, f"`{target}` needs keys" + (f", at least `{required}`" if required else "")
        return
    for key, value in body.pairs:
        if key.text not in {*optional, required}:
            yield key, f"`{target}` has no key `{key.text}`"
        elif key.text == "port":
            if not value.get("env").text and (value.quoted or not _NUMBER.fullmatch(value.text)):
                yield value, "`port` must be a number, without quotes"
        elif key.text not in ("ssl", "additional_metadata") and not _is_text(value) and not value.get("env").text:
            yield (value if value.line else key), f"`{key.text}` must be a text or `env: NAME`"
    if required and not body.get(required).line:
        yield item, f"`{target}` needs `{required}`"
    if target == "grpc_server" and bool(body.get("port").line) == bool(body.get("socket").line):
        yield item, "`grpc_server` needs either `port` or `socket`"
