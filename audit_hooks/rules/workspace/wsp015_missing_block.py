"""WSP015: a module that is registered and whose block is gone."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot
from ..examples import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_BLOCK = "load_from:\n  # BEGIN: bar\n  - python_module: bar\n  # END: bar\n"


class MissingBlock(Rule):
    """Every block that was written is there."""

    code = "WSP015"
    title = "A block of a module is gone"
    kinds = ("workspace",)
    what = "The registry says that a module has a block in a file, and the file has none of that name."
    why = "The workspace holds the module by half: it does not load, or its variables are not set."
    remedy = "put it in again, or take the module out: dmb workspace remove"
    bad = (
        {**registry(blocks='"workspace.yaml": "-"'), "workspace.yaml": "load_from: []\n"},
        {
            **registry(blocks='"workspace.yaml": "-"'),
            "workspace.yaml": _BLOCK.replace("BEGIN: bar", "BEGIN: x").replace("END: bar", "END: x"),
        },
    )
    good = (
        {**registry(blocks='"workspace.yaml": "-"'), "workspace.yaml": _BLOCK},
        {**registry(), "workspace.yaml": "load_from: []\n"},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Registry against files."""
        workspace = subject.workspace
        owners = {name: {block.owner for block in blocks} for name, blocks in workspace.marked.items()}
        for module, entry in (workspace.registry.modules if workspace.registry else {}).items():
            remedy = f"dmb workspace add {shlex.quote(entry.path)}" if entry.path else ""
            for name in entry.blocks:
                if module not in owners.get(name, set()):
                    is_there = name in owners
                    message = (
                        f"{name} has no block of {module}"
                        if is_there
                        else f"{name}, with the block of {module}, is gone"
                    )
                    spot = Spot(name) if is_there else workspace.registered(module)
                    yield self.diagnosis(spot, module, message, remedy and f"{remedy} puts it in again")
