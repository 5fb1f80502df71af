"""Rendering of the template. The extension's shim asks this package for `install`, in every version of the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment


def install(environment: Environment, root: Path) -> None:
    """Add the filters and functions to cookiecutter's environment; `root` is the template's folder."""
    from .extension import install as add

    add(environment, root)
