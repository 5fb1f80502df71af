"""PKG001: a package that is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...facts.loaded_modules import targets
from ...judging.rule import Rule
from ...reading.sources import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...judging.findings import Diagnosis
    from ...judging.subject import Subject

_PROJECT = '[project]\nname = "bar"\nversion = "1.0"\ndependencies = ["dagster>=1.13,<1.14"]\n'
_LOADED = '\n[tool.dg.project]\nroot_module = "bar"\n'
_BUILT = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
_CODE = {"src/bar/__init__.py": "", "src/bar/definitions.py": "import dagster as dg\n\ndefs = dg.Definitions()\n"}


class NoBuildSystem(Rule):
    """A package that Dagster loads can be installed."""

    code = "PKG001"
    title = "A package that is not installed"
    kinds = ("module",)
    what = (
        "A pyproject.toml without `[build-system]`, in a module that the template made, or in a project of uv whose "
        "package Dagster loads from `src/`. A pyproject.toml that does not parse is WSP013."
    )
    why = (
        "uv installs what the project needs and not the project: the package is found only where `src` happens to be "
        "on the path, as under `dg`, and not by a code server."
    )
    remedy = 'add [build-system] with requires = ["hatchling"] and build-backend = "hatchling.build"'
    bad = (
        {"pyproject.toml": _PROJECT + _LOADED, "uv.lock": "version = 1\n", **_CODE},
        {"pyproject.toml": f"{_PROJECT}{_LOADED}\n[tool.uv]\ndev-dependencies = []\n", **_CODE},
        {"pyproject.toml": f'{_PROJECT}\n[tool.dmb]\nmanifest = 1\nname = "bar"\n', **_CODE},
    )
    good = (
        {"pyproject.toml": _BUILT + _PROJECT + _LOADED, "uv.lock": "version = 1\n", **_CODE},
        {"pyproject.toml": f"{_PROJECT}{_LOADED}\n[tool.uv]\npackage = false\n", **_CODE},
        {"pyproject.toml": _PROJECT + _LOADED, **_CODE},  # pip falls back on setuptools
        {"pyproject.toml": f'{_PROJECT}\n[tool.dagster]\nmodule_name = "bar"\n', "uv.lock": "", "bar/__init__.py": ""},
        {"pyproject.toml": "[tool.ruff]\nline-length = 120\n", "uv.lock": "version = 1\n", "setup.py": "", **_CODE},
    )

    def check(self, subject: Subject) -> Iterator[Diagnosis]:
        """One for the project."""
        project = subject.project
        document = project.pyproject
        if "project" not in document or "build-system" in document:
            return
        uv = project.setting("tool", "uv")
        managed = isinstance(uv, dict) or subject.files.has("uv.lock") or subject.repository.has("uv.lock")
        aside = isinstance(uv, dict) and "package" in uv  # said on purpose
        apart = any(subject.files.has(f"src/{target.module.split('.')[0]}/") for target in targets(subject.files))
        if project.made or (managed and not aside and apart and not subject.files.has("setup.py")):
            name = subject.name
            yield self.diagnosis(
                Spot("pyproject.toml"), name, "there is no [build-system]: uv does not install the package"
            )
