"""WSP016: a block of a module that the workspace does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_NONE = '{"registry": 1, "runtime": "local", "code_servers": false, "modules": {}}\n'
_BLOCK = "load_from:\n  # BEGIN: bar\n  - python_module: bar\n  # END: bar\n"


class OrphanBlock(Rule):
    """Every block belongs to a registered module."""

    code = "WSP016"
    title = "A block of a module that is not registered"
    kinds = ("workspace",)
    what = "A `# BEGIN: NAME` block whose module the registry does not name."
    why = "No command of dmb will change it or take it out."
    remedy = "dmb workspace adopt takes it over; or delete the block with its markers"
    bad = (
        {".dmb/registry.json": _NONE, "workspace.yaml": _BLOCK},
        {".dmb/registry.json": _NONE, "workspace.yaml": "load_from: []\n", ".env": "# BEGIN: bar\nA=1\n# END: bar\n"},
    )
    good = (
        {".dmb/registry.json": _NONE, "workspace.yaml": "load_from: []\n"},
        {"workspace.yaml": _BLOCK},  # a clone has no registry
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Files against registry."""
        workspace = subject.workspace
        if workspace.registry is None:
            return
        for name, blocks in workspace.marked.items():
            for block in blocks:
                if block.owner not in workspace.registry.modules:
                    spot = Spot(name, block.line, len(block.indent) + 1)
                    message = f"this block is of {block.owner}, which is no module of the workspace"
                    yield self.diagnosis(spot, block.owner, message)
