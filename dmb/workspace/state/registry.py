"""The workspace's own record: which modules it holds, which ports they were given, what was written for them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ...errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from pathlib import Path

    from ...formats.marked_blocks import Block

VERSION = 1
RUNTIMES = ("local", "docker")


@dataclass(frozen=True)
class Entry:
    """One module in the workspace. `path` is "" and `package` may be for one that was adopted with no repository."""

    path: str  # of its repository, absolute
    location_name: str
    package: str
    database: str
    added: str  # UTC, ISO 8601 to the second
    ports: Mapping[str, int] = field(default_factory=dict)  # assigned: {"grpc": 4001}
    blocks: Mapping[str, str] = field(default_factory=dict)  # file below the workspace -> `fingerprints` of its blocks

    def with_block(self, file: str, fingerprint: str) -> Entry:
        """This entry with another content of the module's block in a file."""
        return replace(self, blocks={**self.blocks, file: fingerprint})


@dataclass(frozen=True)
class Registry:
    """`.dmb/registry.json`. Modules are kept in the order in which they were added.

    `places` says where a file of the workspace is that is not in its usual place: usual name -> path below it.
    `compose_files` are the paths of its Compose files in the order in which Compose reads them; () for one alone.
    """

    runtime: str
    code_servers: bool = False
    modules: Mapping[str, Entry] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    compose_files: Sequence[str] = ()

    def with_modules(self, changed: Mapping[str, Entry | None]) -> Registry:
        """This registry with modules added, replaced, or (None) removed."""
        modules = {**self.modules, **changed}
        return replace(self, modules={name: entry for name, entry in modules.items() if entry is not None})

    def text(self) -> str:
        """The file's content."""
        head: dict[str, Any] = {"registry": VERSION, "runtime": self.runtime, "code_servers": self.code_servers}
        if self.places:
            head["places"] = dict(self.places)
        if self.compose_files:
            head["compose_files"] = list(self.compose_files)
        document = head | {"modules": {name: vars(entry) for name, entry in self.modules.items()}}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, data: bytes, file: Path) -> Registry:
        """Read the content of `file`. DmbError when it is broken, of a later version, or for an unknown runtime."""
        remedy = f"restore {file} from your backup or version control, or upgrade dmb if a newer one wrote it"
        try:
            document: dict[str, Any] = json.loads(data)
            version = document.pop("registry")
            if version != VERSION:
                raise DmbError(
                    f"the registry has version {version}; this dmb reads {VERSION}",
                    place=str(file),
                    remedy="upgrade dmb",
                )
            if document["runtime"] not in RUNTIMES:
                raise DmbError(
                    f"the workspace has the runtime {document['runtime']!a}; this dmb supports: {', '.join(RUNTIMES)}",
                    place=str(file),
                    remedy="upgrade dmb, or create another workspace: dmb workspace init DIR",
                )
            modules = {name: Entry(**entry) for name, entry in document.pop("modules").items()}
            return cls(modules=modules, **document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DmbError(f"the registry is broken: {error}", place=str(file), remedy=remedy) from error


def fingerprints(blocks: Iterable[Block], owners: Container[str]) -> dict[str, str]:
    """What the registry keeps of the blocks that each of `owners` has in one file, to tell later whether they changed.

    That is the digest of their bodies in the order of the file; neither place nor indent counts.
    """
    bodies: dict[str, list[str]] = {}
    for block in blocks:
        if block.owner in owners:
            bodies.setdefault(block.owner, []).append(block.body)
    return {owner: sha256("\0".join(texts).encode()).hexdigest() for owner, texts in bodies.items()}
