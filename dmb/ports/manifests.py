"""The ports that the modules in a folder prefer, from their manifests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import DmbError
from ..formats import marked_blocks, toml
from .tables import Holder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def manifest_holders(folder: Path, notes: list[str]) -> Iterator[Holder]:
    """`[tool.dmb.ports]` in the pyproject.toml of each folder in `folder`.

    Nothing is refused, since the folder may hold other people's files: a broken manifest is noted.
    """
    try:
        # A folder with braces in its name is a template, and its manifest no TOML yet.
        files = sorted(path / "pyproject.toml" for path in folder.iterdir() if "{{" not in path.name)
    except OSError:
        return
    for file in files:
        try:
            data = file.read_bytes()
        except OSError:
            continue
        if b"dmb" in data:  # Most have no manifest; they are not parsed.
            yield from _holders(file, data, notes)


def _holders(file: Path, data: bytes, notes: list[str]) -> Iterator[Holder]:
    try:
        text = marked_blocks.decode(data, str(file))
        manifest = toml.document(text, str(file))["tool"]["dmb"]
        name, ports = manifest.get("name", file.parent.name), dict(manifest["ports"])
    except KeyError:
        return
    except (DmbError, ValueError, TypeError, AttributeError) as error:
        notes.append(f"{file} cannot be read ({error.args[0]}), so its preferred ports are unknown")
        return
    for kind, port in ports.items():
        if isinstance(port, int):
            yield Holder(port, kind, str(name), _place(file, text, kind, port), "manifest")


def _place(file: Path, text: str, kind: str, port: int) -> str:
    """`path:line` of the line that reads like the entry, or the path alone: tomllib gives no lines."""
    match = re.search(rf"^.*\b{re.escape(kind)}[\"']?\s*=\s*{port}\b", text, re.MULTILINE)
    return f"{file}:{text.count(chr(10), 0, match.start()) + 1}" if match else str(file)
