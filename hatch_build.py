"""Build hook: the wheel carries the template as one zip, with the commit that it was built from.

A zip, since pip compiles what it finds in a wheel's folders, and cookiecutter would copy those .pyc files into every
module.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PARTS = ("cookiecutter.json", "template_extension.py", "{{cookiecutter.module_slug}}", "templates")


class TemplateBundle(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `dmb/template.zip` to a wheel, and `built-from.json` to an sdist, where no git can be asked any more."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before each target is built."""
        root, work = Path(self.root), Path(self.directory)
        if self.target_name == "wheel" and version == "editable":
            return  # the checkout itself is the template
        work.mkdir(parents=True, exist_ok=True)
        known = root / "built-from.json"
        built_from = known.read_text() if known.is_file() else json.dumps({"commit": _clean_commit(root)})
        if self.target_name == "sdist":
            stamp = work / "built-from.json"
            stamp.write_text(built_from)
            build_data["force_include"][str(stamp)] = "built-from.json"
            return
        target = work / "template.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("built-from.json", built_from)
            for part in PARTS:
                for file in sorted([root / part, *(root / part).rglob("*")]):
                    if file.is_file() and "__pycache__" not in file.parts:
                        bundle.write(file, file.relative_to(root))
        build_data["force_include"][str(target)] = "dmb/template.zip"


def _clean_commit(root: Path) -> str | None:
    if not (root / ".git").exists():
        return None
    try:
        status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return None if status.stdout else head.stdout.strip()
