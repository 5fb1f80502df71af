"""WSP019: a module whose manifest says something else than when it was added."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dmb.module import Module

from ...judging.rule import Rule
from ..examples import MANIFEST, registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_FILES = {"workspace.yaml": "load_from: []\n", "bar/pyproject.toml": MANIFEST}


class ModuleChanged(Rule):
    """The workspace has each module as its manifest is now."""

    code = "WSP019"
    title = "A module has changed since it was added"
    severity = "warning"
    kinds = ("workspace",)
    what = "A module's name, location name, package or database is not what the registry keeps of it."
    why = "The workspace still serves what the module was."
    remedy = "bring it up to date: dmb workspace add MODULE_DIR"
    bad = (
        {**_FILES, **registry("{root}/bar", package="old_dagster")},
        {**_FILES, **registry("{root}/bar", location="old")},
    )
    good = (
        {**_FILES, **registry("{root}/bar")},
        {**_FILES, **registry("", location="old")},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Registry against manifests."""
        workspace = subject.workspace
        for name, member in workspace.members.items():
            if not isinstance(member, Module) or workspace.registry is None:
                continue
            entry = workspace.registry.modules[name]
            now = {"name": (name, member.name), "location name": (entry.location_name, member.location_name)}
            now |= {"package": (entry.package, member.package), "database": (entry.database, member.database)}
            for word, (old, new) in now.items():
                if old != new:
                    remedy = f"bring it up to date: dmb workspace add {shlex.quote(entry.path)}"
                    yield self.diagnosis(
                        workspace.registered(name),
                        name,
                        f"the {word} of {name} was {old}, and is {new} now",
                        remedy,
                    )
