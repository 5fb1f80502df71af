"""WSP017: a block that was changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...judging.rule import Rule
from ...reading.sources import Spot
from ..examples import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_WRITTEN = registry(blocks='"workspace.yaml": "905e3b2b025cf7b0fa4d8d6c0411ee7a41fdf7cc7394ca781a27b6b7fc7b0ebb"')
_BLOCK = "load_from:\n  # BEGIN: bar\n  - python_module: bar\n  # END: bar\n"


class ChangedBlock(Rule):
    """Blocks are as dmb wrote them. What people change in a block of `.env` is theirs."""

    code = "WSP017"
    title = "A block was changed by hand"
    kinds = ("workspace",)
    what = "The text between the markers of a module is not what dmb wrote there. Blocks of `.env` are left out."
    why = "What is in a block is made anew when the module changes; dmb refuses to do that over an edit."
    remedy = (
        "move the edit out of the block, or take the block out with its markers, and run dmb workspace add MODULE_DIR"
    )
    bad = (
        {**_WRITTEN, "workspace.yaml": _BLOCK.replace("python_module: bar", "python_module: foo")},
        {**_WRITTEN, "workspace.yaml": _BLOCK.replace("  # END", "  # mine\n  # END")},
    )
    good = (
        {**_WRITTEN, "workspace.yaml": _BLOCK},
        {**_WRITTEN, "workspace.yaml": "# mine\n" + _BLOCK.replace("\n  ", "\n    ")},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Digests against the registry's."""
        workspace = subject.workspace
        if workspace.registry is None:
            return
        from dmb.workspace.state.registry import fingerprints  # only here: a commit has no registry

        modules = workspace.registry.modules
        for name, blocks in workspace.marked.items():
            if name == workspace.env:
                continue
            lines = {block.owner: block for block in reversed(blocks)}
            for owner, digest in fingerprints(blocks, modules).items():
                if digest != modules[owner].blocks.get(name, digest):
                    block = lines[owner]
                    spot = Spot(name, block.line, len(block.indent) + 1)
                    yield self.diagnosis(spot, owner, f"the block of {owner} is not as dmb wrote it")
