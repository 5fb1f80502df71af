"""The template's Jinja extension: finds the `dmb` of the checkout being rendered and lets it add its functions.

Cookiecutter *appends* the template's folder to `sys.path`, so an installed `dmb` would win over the checkout's, and
`cruft update`, which renders two commits of one checkout in one process, would render the new one with the old one's
code. This shim therefore loads the checkout's own `dmb` under a private name, again whenever a file of it has changed.
It stays as it is from release to release: the first copy that a process imports serves all the others.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cookiecutter.exceptions import FailedHookException
from jinja2.ext import Extension

if TYPE_CHECKING:
    from types import ModuleType

    from jinja2 import Environment

if sys.version_info < (3, 11):  # noqa: UP036  cookiecutter itself still runs on 3.10
    raise FailedHookException(
        f"This template needs Python 3.11 or later, and cookiecutter runs on {sys.version.split()[0]} here; "
        "install cookiecutter with a newer Python, for example: uv tool install --python 3.12 cookiecutter"
    )


class TemplateExtension(Extension):
    """Gives cookiecutter's Jinja environment the filters and functions of `dmb.template`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        root = rendered_root()
        load(root).install(environment, root)


_seen: dict[str, Path] = {}


def rendered_root() -> Path:
    """The template being rendered: the last folder on `sys.path` that is a template, else this file's own.

    An entry is relative when the template's address was. Cookiecutter makes one environment in the folder where it was
    started and others elsewhere, so what the entry meant at first is kept.
    """
    for entry in reversed(sys.path):
        folder = Path(entry)
        if (folder / "template_extension.py").is_file() and (folder / "cookiecutter.json").is_file():
            _seen[entry] = folder.resolve()
        if entry in _seen:
            return _seen[entry]
    return Path(__file__).resolve().parent


def load(root: Path) -> ModuleType:
    """`dmb.template` of that checkout, or the installed one where the template carries no code (the wheel's bundle)."""
    package = root / "dmb"
    installed = sys.modules.get("dmb")
    if not package.is_dir() or (installed and package == Path(installed.__file__ or "").parent):
        return importlib.import_module("dmb.template")
    stamp = sorted((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in package.rglob("*.py"))
    name = f"_dmb_{hashlib.sha256(repr((package, stamp)).encode()).hexdigest()[:16]}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            name, package / "__init__.py", submodule_search_locations=[str(package)]
        )
        if spec is None or spec.loader is None:
            raise FailedHookException(f"{package}: the template's code cannot be loaded; is the checkout whole?")
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        # No bytecode: two commits within one second can have files of one size, and Python would take the old one's.
        kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            spec.loader.exec_module(module)
            importlib.import_module(f"{name}.template")
        finally:
            sys.dont_write_bytecode = kept
    return importlib.import_module(f"{name}.template")
