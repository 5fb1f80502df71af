"""DEF: what keeps Dagster from loading the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .def002_postponed_annotations import PostponedAnnotations

if TYPE_CHECKING:
    from ...rule import Rule

RULES: tuple[type[Rule], ...] = (PostponedAnnotations,)
