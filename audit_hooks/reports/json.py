"""Findings for programs: schema `dmb.findings/1`. The number changes when a field goes or means something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..findings import Finding

SCHEMA = "dmb.findings/1"


def data(findings: Sequence[Finding]) -> dict[str, Any]:
    """The report as it is serialized."""
    return {"schema": SCHEMA, "findings": [finding._asdict() for finding in findings]}


def render(findings: Sequence[Finding], more: Mapping[str, Any] | None = None) -> str:
    """The report, ending in a newline; `more` are fields of the command that made it."""
    return json.dumps({**data(findings), **(more or {})}, indent=2, ensure_ascii=False) + "\n"
