"""A project's pyproject.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..reading.sources import Sources


def setting(files: Sources, *keys: str) -> Any:
    """A value of pyproject.toml by its keys; None where there is none."""
    value: Any = files.toml("pyproject.toml")
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
