"""PKG002: Dagster is told to load what is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...judging.rule import UNSAFE, Edit, Rule
from ...reading.sources import spot_at
from ..definitions.loaded import targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...judging.findings import Finding
    from ...judging.subject import Subject
    from ..definitions.loaded import Target

_CODE = "import dagster as dg\n\ndefs = dg.Definitions()\n"
_DG = '[project]\nname = "x"\n\n[tool.dg.project]\nroot_module = "{}"\n'
_DAGSTER = '[tool.dagster]\nmodule_name = "{}"\n'


class MissingModule(Rule):
    """The module that pyproject.toml names for Dagster is there."""

    code = "PKG002"
    title = "Dagster is told to load a module that is not there"
    kinds = ("module",)
    mends = UNSAFE
    what = (
        "`root_module` or `code_location_target_module` in `[tool.dg.project]`, `module_name` in `[tool.dagster]` with "
        "a name that no file of the repository has. For `root_module` that is its submodule `definitions`."
    )
    why = "`dg` and `dagster` import it first: nothing is loaded."
    remedy = "name the package as its folder is called, or commit the file"
    bad = (
        {"pyproject.toml": _DG.format("baz"), "src/bar/__init__.py": "", "src/bar/definitions.py": _CODE},
        {"pyproject.toml": _DAGSTER.format("bar.definition"), "bar/__init__.py": "", "bar/definitions.py": _CODE},
        {"pyproject.toml": _DG.format("bar"), "src/bar/__init__.py": "", "src/bar/assets.py": _CODE},
        {"dg.toml": '[project]\nroot_module = "baz"\n', "pyproject.toml": "", "bar/definitions.py": _CODE},
    )
    good = (
        {"pyproject.toml": _DG.format("bar"), "src/bar/__init__.py": "", "src/bar/definitions.py": _CODE},
        {"pyproject.toml": _DAGSTER.format("bar"), "bar/__init__.py": _CODE},
        {"pyproject.toml": _DAGSTER.format("src.definitions"), "src/definitions.py": _CODE},
        {"pyproject.toml": _DG.format("bar") + 'code_location_target_module = "bar.main"\n', "bar/main.py": _CODE},
        {"pyproject.toml": _DG.format("bar") + "autoload_defs = true\n", "src/bar/defs/__init__.py": ""},
        {"pyproject.toml": '[project]\ndependencies = ["our-lib"]\n\n' + _DAGSTER.format("our_lib.defs"), "x.py": ""},
        {"pyproject.toml": _DAGSTER.format("bar"), "elsewhere/lib/bar/defs.py": _CODE},
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Each name that is set."""
        for target in targets(subject):
            top = re.sub(r"[-_.]+", "-", target.module.split(".")[0]).lower()
            if not _there(subject, target.module) and top not in {one.name for one in subject.requirements}:
                at = _at(subject, target)
                text = subject.files.text(target.file) or ""
                message = f"{target.key} says {target.value}, and there is no module {target.module} in the repository"
                yield self.finding(spot_at(target.file, text, max(at, 0)), target.value, message)

    def fix(self, subject: Subject, finding: Finding) -> Iterable[Edit]:
        """Name the only package that has a definitions.py."""
        found = [name for name in subject.package.modules if name.endswith(".definitions") and name.count(".") == 1]
        for target in targets(subject):
            at = _at(subject, target)
            if len(found) == 1 and target.value == finding.subject and at >= 0:
                name = found[0] if target.module == target.value else found[0].rpartition(".")[0]
                yield Edit(target.file, at, at + len(target.value), name)


def _there(subject: Subject, module: str) -> bool:
    path = "/" + module.replace(".", "/")
    names = [f"/{name}" for name in subject.repository.names]
    return any(name.endswith(f"{path}.py") or f"{path}/" in name for name in names)


def _at(subject: Subject, target: Target) -> int:
    """Where the value of a setting begins in its file, -1 where it is written in some other way."""
    text = subject.files.text(target.file) or ""
    found = re.search(rf"""\b{target.key}\s*=\s*["']({re.escape(target.value)})["']""", text)
    return found.start(1) if found else -1
