"""WSP018: a module whose repository is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmb.errors import DmbError, NothingToWorkOn

from ...judging.rule import Rule
from ..examples import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_EMPTY = {"workspace.yaml": "load_from: []\n"}


class ModuleGone(Rule):
    """Every registered module can be read where it was."""

    code = "WSP018"
    title = "The repository of a module is gone"
    kinds = ("workspace",)
    what = "The folder that the registry names for a module is not there, is no module, or its manifest is broken."
    why = "Its code does not load, and the workspace cannot be brought up to date with it."
    remedy = (
        "put the folder back, add it from where it is now (dmb workspace add), or take it out (dmb workspace remove)"
    )
    bad = (
        {**_EMPTY, **registry("/no/such/bar")},
        {**_EMPTY, **registry("/")},
    )
    good = (
        {**_EMPTY, **registry("")},
        {**_EMPTY, ".dmb/registry.json": '{"registry": 1, "runtime": "local", "modules": {}}'},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Registry against module repositories."""
        workspace = subject.workspace
        for name, member in workspace.members.items():
            if isinstance(member, NothingToWorkOn):
                where = member.place or (workspace.registry.modules[name].path if workspace.registry else "")
                yield self.diagnosis(workspace.registered(name), name, f"{name}: {member.cause} ({where})")
            elif isinstance(member, DmbError):
                yield self.diagnosis(
                    workspace.registered(name), name, f"{name}: {member.cause} ({member.place})", member.remedy
                )
