"""Python environments of a workspace and its modules: by uv where it can be had, else by `python -m venv` and pip."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import DmbError

if TYPE_CHECKING:
    from collections.abc import Sequence

STAMP = ".dmb-installed"  # in the environment: what it was to hold when it was last brought up to date
TAIL = 15  # lines of an installer's output that an error shows


@dataclass(frozen=True)
class Environment:
    """An environment in the folder `venv` that is to hold what `install` names.

    `install` are pip's arguments, taken in the folder `project`. `inputs` are the files that decide what gets
    installed: a change in one of them makes the environment stale.
    """

    venv: Path
    project: Path
    install: tuple[str, ...]
    inputs: tuple[Path, ...]

    @classmethod
    def of_module(cls, project: Path, host: Environment) -> Environment:
        """A module's own environment: the module installed in place, so that its sources are what runs.

        Its Dagster is at most as new as that of `host`, the workspace's: webserver and daemon must understand it.
        """
        newest = host.version_of("dagster")
        limit = (f"dagster<={newest}",) if newest else ()
        return cls(project / ".venv", project, ("--editable", ".", *limit), (project / "pyproject.toml",))

    @classmethod
    def of_workspace(cls, root: Path, requirements: Path) -> Environment:
        """The environment of webserver and daemon."""
        return cls(root / ".venv", root, ("--requirement", requirements.name), (requirements,))

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.venv / "bin" / "python"

    def version_of(self, distribution: str) -> str | None:
        """The version of what is installed in the environment under that name, None where it is not installed."""
        for site in self.venv.glob("lib/python*/site-packages"):
            for installed in Distribution.discover(name=distribution, path=[str(site)]):
                return installed.version
        return None

    def commands(self) -> list[str]:
        """The same by hand, as shell lines."""
        folder = shlex.quote(str(self.project))
        return [
            f"cd {folder} && python3 -m venv .venv && .venv/bin/python -m pip install {shlex.join(self.install)}",
        ]

    def state(self) -> Literal["missing", "stale", "current"]:
        """What `bring_up_to_date` would find."""
        if not os.path.lexists(self.venv):
            return "missing"
        if not os.access(self.python, os.X_OK):
            raise DmbError(
                "the environment has no Python that runs",
                place=str(self.venv),
                remedy="delete it, and run again to create it anew",
            )
        with contextlib.suppress(OSError):
            if (self.venv / STAMP).read_text("ascii") == self._stamp():
                return "current"
        return "stale"

    def bring_up_to_date(self) -> Literal["made", "updated", "unchanged"]:
        """Make the environment, or install into the one that is there.

        Raises DmbError with the end of the installer's output. An environment that was made here and could not be
        filled is deleted again.
        """
        state = self.state()
        if state == "current":
            return "unchanged"
        uv = find_uv()
        try:
            if state == "missing":
                self._run([uv, "venv", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"], self.venv)
            python = str(self.python)
            pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
            self._run(pip, *self.install)
        except BaseException:
            if state == "missing":
                shutil.rmtree(self.venv, ignore_errors=True)
            raise
        (self.venv / STAMP).write_text(self._stamp(), "ascii")
        return "made" if state == "missing" else "updated"

    def _stamp(self) -> str:
        # The folder counts: an installation in place names it.
        content = repr((str(self.project), self.install)).encode() + b"".join(file.read_bytes() for file in self.inputs)
        return sha256(content).hexdigest()

    def _run(self, command: Sequence[str], *arguments: str | Path) -> None:
        words = [str(word) for word in (*command, *arguments)]
        # The environment that dmb itself runs in is not the one to install into.
        environ = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONHOME"}}
        try:
            result = subprocess.run(
                words, cwd=self.project, env=environ, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise DmbError(
                f"{words[0]} cannot be run: {error.strerror}", place=str(self.venv), remedy="fix that and run again"
            ) from error
        if result.returncode:
            output = result.stdout.decode("utf-8", "replace").strip().splitlines()
            shown = "".join(f"\n    {line}" for line in output[-TAIL:])
            raise DmbError(
                f"`{shlex.join(words)}` ended with code {result.returncode}; the end of its output:{shown}",
                place=str(self.venv),
                remedy="fix that and run again, or run with --no-install and install by hand",
            )


def find_uv() -> str | None:
    """The uv on PATH, else one that is installed beside the running interpreter, else None."""
    beside = Path(sys.executable).parent / "uv"
    return shutil.which("uv") or (str(beside) if os.access(beside, os.X_OK) else None)
