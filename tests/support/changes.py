"""One workspace of containers, and a change of each kind to it that touches several of its files."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from dmb.layout import find
from dmb.module import Module
from dmb.workspace.changes.add import add_modules
from dmb.workspace.changes.adopt import adopt
from dmb.workspace.changes.init import init_docker
from dmb.workspace.changes.remove import remove_modules
from dmb.workspace.changes.sync import sync
from dmb.workspace.state.registry import Registry

from .modules import isolated, shared
from .workspaces import contents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BY_HAND = """\
  # By hand.
  shop-code:
    image: shop:1
    networks: [dagster]
  shop-db:
    image: mysql:8.4
    networks: [dagster]
"""


KINDS = ("add", "adopt", "remove", "sync")


class Prepared(NamedTuple):
    """A workspace to copy, and the changes to make to a copy: `changes[kind](root)`."""

    root: Path
    changes: dict[str, Callable[[Path], object]]

    def copied(self, to: Path) -> Path:
        """A copy of the workspace."""
        shutil.copytree(self.root, to, symlinks=True)
        return to


def silent(_: str) -> None:
    """Tell nothing."""


def add(root: Path, *modules: Path) -> None:
    """Put modules in, in one change."""
    read = [Module.read(module) for module in modules]
    add_modules(find(root), read, install=False, dry_run=False, tell=silent)


def remove(root: Path, *names: str) -> None:
    """Take modules out, in one change."""
    remove_modules(find(root), names, with_data=False, force=False, commit=True)


def prepare(folder: Path) -> Prepared:
    """The workspace `folder/ws` with two modules that dmb put in, one of them from a folder that is gone, and one by
    hand."""
    root, projects = folder / "ws", folder / "projects"
    init_docker(root, run_launcher="docker", dry_run=False)
    foo, alpha, gone = isolated(projects, "foo"), shared(projects, "alpha"), isolated(projects, "gone", 5450)
    add(root, foo, alpha, gone)
    isolated(projects, "new", 5460)
    alpha.joinpath("workspace/local/.env.example").write_text("ALPHA_EXECUTOR=in_process\nALPHA_MORE=1\n")
    shutil.rmtree(gone)
    compose, listed, env = root / "docker-compose.yml", root / "home/workspace.yaml", root / ".env"
    compose.write_text(compose.read_text().replace("services:\n", f"services:\n{BY_HAND}"))
    entry = "\n  - grpc_server: {host: shop-code, port: 4000, location_name: shop}\n"
    listed.write_text(listed.read_text().rstrip() + entry)
    env.write_text(env.read_text() + "SHOP_REGION=north\n")
    later = isolated(folder / "later", "bar-one", 5470), shared(folder / "later", "beta")
    return Prepared(
        root,
        {
            "add": lambda at: add(at, *later),
            "adopt": lambda at: adopt(at, ["shop"], mapped={}, given=(), commit=True),
            "remove": lambda at: remove(at, "foo", "alpha"),
            "sync": lambda at: sync(
                find(at), projects, prune=True, force=False, install=False, dry_run=False, tell=silent
            ),
        },
    )


def state(root: Path) -> dict[str, object]:
    """What the workspace's files say, passwords and its own place aside, and the modules of its registry."""
    files: dict[str, object] = {
        name: re.sub(rb"(?<=_PASSWORD=)\w+", b"", data).replace(str(root).encode(), b"ROOT")
        for name, data in contents(root).items()
        if not name.startswith(".dmb/")
    }
    registry = root / ".dmb/registry.json"
    return files | {"modules": sorted(Registry.parse(registry.read_bytes(), registry).modules)}
