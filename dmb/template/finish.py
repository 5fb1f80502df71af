"""What is left to do when a module's tree is rendered: files for some answers only, `.env`, the link to the template.

Runs in the post_gen hook's own interpreter (with cookiecutter's dependencies alone) and inside `dmb new`: standard
library only.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..formats import marked_blocks
from ..ports.reservations import confirm

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Made:
    """A module that was just made. `link` is the template's `address@commit`, or None with the reason in `unlinked`."""

    project: Path
    answers: Mapping[str, Any]
    link: str | None
    unlinked: str
    notes: tuple[str, ...]

    def report(self) -> list[str]:
        """What was made, in lines ready to print."""
        answers = self.answers
        kind = ", ".join(answers[key] for key in ("database", "governance", "code_location"))
        wanted = [f"gRPC port {answers['__grpc_port']}"]
        if answers["__db_port"]:
            wanted.append(f"{answers['database']} port {answers['__db_port']}")
        return [
            f"Made {answers['module_slug']} ({kind}; prefers {' and '.join(wanted)}) in {self.project}",
            f"Linked to {self.link}; run `cruft update` to get its changes." if self.link else self.unlinked,
            *(f"Note: {note}" for note in self.notes),
        ]

    def next_commands(self) -> list[str]:
        """Shell lines that load and test the module, and put it into a workspace."""
        folder = shlex.quote(str(self.project))
        return [
            f"cd {folder}",
            "python3 -m venv .venv && .venv/bin/pip install -U pip && .venv/bin/pip install -e . --group dev",
            ".venv/bin/dg check defs && .venv/bin/pytest",
            f"dmb workspace add {folder}",
        ]


def finish(plan: Mapping[str, Any], project: Path | None = None) -> Made:
    """Carry out `dmb.template`'s plan in `project`, by default the working folder, where cookiecutter runs the hook."""
    project = Path.cwd() if project is None else project
    for name, text in plan["files"].items():
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    write_env(project)
    workspace = plan["workspace"]
    confirm(plan["answers"]["module_slug"], project, workspace=Path(workspace) if workspace else None)
    link, unlinked = _link(project, plan)
    return Made(project, plan["answers"], link, unlinked, tuple(plan["notes"]))


def env_text(project: Path) -> str:
    """What `.env` starts with: `.env.example`, with a new random password wherever it leaves one empty.

    Raises FileNotFoundError where there is no example, DmbError where it is not UTF-8.
    """
    example = project / ".env.example"
    text = marked_blocks.read(example)
    return re.sub(r"^\w+_PASSWORD=(?=\r?$)", lambda name: name[0] + secrets.token_hex(16), text, flags=re.MULTILINE)


def write_env(project: Path) -> bool:
    """Make `.env` for work on this machine, readable by its owner only. False: it exists and stays as it is."""
    text = env_text(project)
    try:
        handle = os.open(project / ".env", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(marked_blocks.encode(text))
    return True


# --- the link that `cruft` follows ------------------------------------------------------------------------------------

# Answers that say nothing of the module: .cruft.json is committed.
_OF_THIS_MACHINE = {"_repo_dir", "_output_dir", "_checkout", "__workspace"}


def _link(project: Path, plan: Mapping[str, Any]) -> tuple[str | None, str]:
    """Write `.cruft.json`: a module made by plain cookiecutter can be updated like one made by `cruft create`."""
    answers = plan["answers"]
    if "_commit" in answers:  # cruft is at work and writes its own
        return f"{answers['_template']}@{answers['_commit'][:9]}", ""
    try:
        address, commit = origin(Path(plan["root"]), plan["address"])
    except LookupError as reason:
        return None, f"Not linked to the template: {reason}. To link it later: cruft link {plan['address']}"
    context = {key: value for key, value in answers.items() if key not in _OF_THIS_MACHINE}
    state = {
        "template": address,
        "commit": commit,
        "checkout": answers.get("_checkout"),
        "context": {"cookiecutter": {**context, "_template": address, "_commit": commit}},
        "directory": None,
    }
    text = json.dumps(state, indent=2, ensure_ascii=False)
    (project / ".cruft.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return f"{address}@{commit[:9]}", ""


def origin(root: Path, public_address: str) -> tuple[str, str]:
    """The template's address and commit. Raises LookupError, with the reason, when no commit says what was rendered."""
    built = root / "built-from.json"
    if built.is_file():  # the wheel's bundle
        commit = json.loads(built.read_text(encoding="utf-8"))["commit"]
        if commit is None:
            raise LookupError("this dmb was not built from a clean commit")
        return public_address, commit
    if not (root / ".git").exists():
        raise LookupError(f"{root} is not a git checkout, so its commit is unknown")
    try:
        status = _git(root, "status", "--porcelain=v2", "--branch")
        address = _git(root, "config", "--default", str(root), "--get", "remote.origin.url").strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise LookupError(f"git cannot read {root} ({error})") from error
    lines = status.splitlines()
    commit = next(line.split()[2] for line in lines if line.startswith("# branch.oid "))
    changed = [line for line in lines if not line.startswith("# ")]
    if changed or commit == "(initial)":
        raise LookupError(f"{root} has uncommitted changes")
    # An address with a token in it is a secret, and this file is committed.
    return re.sub(r"^(https?://)[^/@]*@", r"\1", address), commit


def _git(root: Path, *arguments: str) -> str:
    # Inside a git hook these variables point at another repository.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
