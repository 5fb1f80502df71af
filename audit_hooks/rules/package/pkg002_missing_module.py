"""PKG002: Dagster is told to load what is not there."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from ...facts.loaded_modules import targets
from ...judging.rule import UNSAFE, Rule
from ...reading.edits import Edit
from ...reading.sources import spot_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...facts.loaded_modules import Target
    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

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

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """Each name that is set."""
        for target in targets(subject.files):
            top = re.sub(r"[-_.]+", "-", target.module.split(".")[0]).lower()
            if not _there(subject, target.module) and top not in {item.name for item in subject.project.requirements}:
                text = subject.files.text(target.file) or ""
                at = _at(text, target)
                message = f"{target.key} says {target.value}, and there is no module {target.module} in the repository"
                edits = partial(_renamed, subject.package.modules, target, at)
                yield self.diagnosis(spot_at(target.file, text, max(at, 0)), target.value, message, edits=edits)


def _there(subject: Subject, module: str) -> bool:
    path = "/" + module.replace(".", "/")
    names = [f"/{name}" for name in subject.repository.names]
    return any(name.endswith(f"{path}.py") or f"{path}/" in name for name in names)


def _at(text: str, target: Target) -> int:
    """Where the value of a setting begins in its file, -1 where it is written in some other way."""
    match = re.search(rf"""\b{target.key}\s*=\s*["']({re.escape(target.value)})["']""", text)
    return match.start(1) if match else -1


def _renamed(modules: Iterable[str], target: Target, at: int) -> Iterator[Edit]:
    """Name the only package that has a definitions.py."""
    candidates = [name for name in modules if name.endswith(".definitions") and name.count(".") == 1]
    if len(candidates) == 1 and at >= 0:
        name = candidates[0] if target.module == target.value else candidates[0].rpartition(".")[0]
        yield Edit(target.file, at, at + len(target.value), name)
