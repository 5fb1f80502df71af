"""The workspace's own record: which modules it holds, which ports they were given, what was written for them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ..errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1
RUNTIMES = ("local",)


@dataclass(frozen=True)
class Entry:
    """One module in the workspace."""

    path: str  # of its repository, absolute
    location_name: str
    package: str
    database: str
    added: str  # UTC, ISO 8601 to the second
    ports: Mapping[str, int] = field(default_factory=dict)  # assigned: {"grpc": 4001}
    blocks: Mapping[str, str] = field(default_factory=dict)  # file name -> fingerprint of the block by `fingerprint`


@dataclass(frozen=True)
class Registry:
    """`.dmb/registry.json`. Modules are kept in the order in which they were added."""

    runtime: str
    code_servers: bool = False
    modules: Mapping[str, Entry] = field(default_factory=dict)

    def with_module(self, name: str, entry: Entry) -> Registry:
        """This registry with one module added or replaced."""
        return replace(self, modules={**self.modules, name: entry})

    def text(self) -> str:
        """The file's content."""
        data = {"registry": VERSION, **asdict(self)}
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, data: bytes, file: Path) -> Registry:
        """Read the content of `file`. DmbError when it is broken, of a later version, or for a runtime that we lack."""
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
                    f"the workspace has the runtime {document['runtime']!a}; this dmb has: {', '.join(RUNTIMES)}",
                    place=str(file),
                    remedy="upgrade dmb, or make another workspace: dmb workspace init DIR",
                )
            modules = {name: Entry(**entry) for name, entry in document.pop("modules").items()}
            return cls(modules=modules, **document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DmbError(f"the registry is broken: {error}", place=str(file), remedy=remedy) from error


def fingerprint(body: str) -> str:
    """What the registry keeps of a block's body, to tell later whether a person changed it."""
    return sha256(body.encode()).hexdigest()
