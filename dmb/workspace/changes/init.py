"""Create a workspace: existing files stay as they are, missing ones are created, all or none."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import DmbError
from ...formats import envfile, marked_blocks
from ...layout import Layout
from ...ports.known_workspaces import remember
from ...transaction.transaction import Change, transaction
from ..runtimes import docker, local
from ..runtimes.python_environment import Environment
from ..state.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ...formats.envfile import Assignment

SKIPPED = "skipped"


@dataclass(frozen=True)
class Initialized:
    """What `init` did. `kept` are files that existed already; `environment` as in Environment, or SKIPPED."""

    layout: Layout
    runtime: str
    code_servers: bool
    changes: tuple[Change, ...]
    kept: tuple[Path, ...]
    environment: str


def init_local(
    root: Path, *, code_servers: bool, install: bool, dry_run: bool, tell: Callable[[str], None]
) -> Initialized:
    """Make the folder `root` a workspace of the local runtime.

    `tell` is given a sentence before what takes long. Raises DmbError: the workspace is of another kind, an
    existing `.env` lacks the workspace's variables, a folder that cannot be written, a failed installation.
    """
    layout = Layout(root)
    registry = _registry(layout, Registry(runtime="local", code_servers=code_servers))
    if registry.code_servers != code_servers:
        raise DmbError(
            f"this workspace was made {'with' if registry.code_servers else 'without'} --code-servers",
            place=str(layout.root),
            remedy="run init again with the same options, or create another workspace in another folder",
        )
    wanted = local.files(layout, code_servers=code_servers)
    if layout.env.exists():
        _refuse_another_home(layout, _refuse_unset(layout, local.variables_of_workspace(layout)))
    missing, kept = _missing(layout, registry, wanted)
    environment = Environment.of_workspace(layout.root, layout.requirements)
    outcome = SKIPPED
    if not dry_run:
        _make(layout, missing, folders=(layout.auth, layout.instance, layout.storage))
        if install:
            if environment.state() != "current":
                tell(f"Installing Dagster into {environment.venv}")
            outcome = environment.bring_up_to_date()
            if outcome == "updated":  # maybe another Dagster: the next start brings the storage to its schema
                (layout.root / local.STORAGE_MADE).unlink(missing_ok=True)
    return Initialized(layout, "local", code_servers, _changes(missing), kept, outcome)


def init_docker(root: Path, *, run_launcher: str, dry_run: bool) -> Initialized:
    """Make the folder `root` a workspace of the docker runtime; nothing is built or started.

    Raises DmbError: the workspace is of another kind, an existing `.env` lacks the workspace's variables, a folder
    that cannot be written, no port that is free.
    """
    layout = Layout(root, docker.PLACES)
    registry = _registry(layout, Registry(runtime="docker", places=docker.PLACES))
    wanted = docker.files(layout, run_launcher=run_launcher)
    if (
        layout.exists
        and layout.dagster_yaml.exists()
        and docker.launches(layout.dagster_yaml.read_text("utf-8")) != run_launcher
    ):
        raise DmbError(
            f"this workspace has a run launcher other than {run_launcher}",
            place=str(layout.dagster_yaml),
            remedy="run init again with the same options, or create another workspace in another folder",
        )
    if layout.env.exists():  # a password is not printed, so none is proposed
        _refuse_unset(layout, docker.variables(layout, run_launcher) | {"DAGSTER_POSTGRES_PASSWORD": ""})
    missing, kept = _missing(layout, registry, wanted)
    if not dry_run:
        _make(layout, missing, folders=(layout.auth,))
        remember(layout.root)
    return Initialized(layout, "docker", False, _changes(missing), kept, SKIPPED)


def _registry(layout: Layout, wanted: Registry) -> Registry:
    """The existing registry, else `wanted`. Refuses a workspace of another runtime."""
    if not layout.exists:
        return wanted
    registry = Registry.parse(layout.registry.read_bytes(), layout.registry)
    if registry.runtime != wanted.runtime:
        raise DmbError(
            f"this workspace was made with --runtime {registry.runtime}",
            place=str(layout.root),
            remedy="run init again with the same options, or create another workspace in another folder",
        )
    return registry


def _missing(
    layout: Layout, registry: Registry, wanted: Mapping[Path, str]
) -> tuple[dict[Path, bytes], tuple[Path, ...]]:
    """The files to create, and those that exist."""
    kept = tuple(path for path in wanted if path.exists())
    missing = {path: text.encode() for path, text in wanted.items() if path not in kept}
    if not layout.exists:
        missing[layout.registry] = registry.text().encode()
    return missing, kept


def _changes(missing: Mapping[Path, bytes]) -> tuple[Change, ...]:
    return tuple(Change(path, None, data) for path, data in missing.items())


def _refuse_unset(layout: Layout, needed: Mapping[str, str]) -> dict[str, Assignment]:
    """An existing `.env` is not written to, so it must set what the workspace needs. Returns what it sets, by name."""
    text = marked_blocks.read(layout.env)
    present = {variable.key: variable for variable in envfile.assignments(text, str(layout.env))}
    lines = local.env_lines({name: value for name, value in needed.items() if name not in present})
    if lines:
        raise DmbError(
            "this file already exists and lacks variables that the workspace needs",
            place=str(layout.env),
            remedy="add these and run again:\n" + textwrap.indent(lines.rstrip(), "     "),
        )
    return present


def _refuse_another_home(layout: Layout, present: Mapping[str, Assignment]) -> None:
    home = present["DAGSTER_HOME"]
    if home.value != str(layout.root):
        line = local.env_lines({home.key: str(layout.root)}).strip()
        raise DmbError(
            "DAGSTER_HOME is another folder, so Dagster would not read the dagster.yaml of this one",
            place=f"{layout.env}:{home.line}",
            remedy=f"make that folder the workspace, or write {line}",
        )


def _make(layout: Layout, files: Mapping[Path, bytes], *, folders: tuple[Path, ...]) -> None:
    """Write the files of a new workspace, all or none; on failure, a folder that was created for them is deleted."""
    made_here = not layout.root.exists()
    try:
        for path in files:
            if path.parent != layout.state:
                path.parent.mkdir(parents=True, exist_ok=True)
        with transaction(layout.state) as tx:
            for path, data in files.items():
                if tx.read(path) is None:  # another init may have been faster
                    tx.write(path, data, mode=0o600 if path in {layout.env, layout.registry} else 0o644)
            tx.commit()
        for folder in folders:
            folder.mkdir(mode=0o700, exist_ok=True)
    except BaseException as error:
        if made_here:
            shutil.rmtree(layout.root, ignore_errors=True)
        if isinstance(error, OSError):
            raise DmbError(
                f"the workspace cannot be created: {error.strerror}",
                place=str(error.filename or layout.root),
                remedy="fix that, or choose another folder",
            ) from error
        raise
