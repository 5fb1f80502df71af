"""Modules of a few lines: in a folder alone, and with the pieces for a workspace of containers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{package}"
version = "1.0"
dependencies = {dependencies}

[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "{package}"
code_location_name = {location}

[tool.dmb]
manifest = 1
name = "{name}"
title = "{name}"
code_location = "isolated"
database = "{database}"
governance = "quick"
template_version = "0.1.0"
requires = {requires}

[tool.dmb.ports]
grpc = {port}
"""

# The asset writes down what reached the process that computed it.
DEFINITIONS = """\
import json
import os
from pathlib import Path

import dagster as dg


@dg.asset(name="{package}_seen")
def seen() -> None:
    found = {{name: value for name, value in os.environ.items() if name.startswith(("DAGSTER_", "{prefix}_"))}}
    Path(os.environ["DAGSTER_STORAGE_PATH"], "{package}.json").write_text(json.dumps(found))


defs = dg.Definitions(assets=[seen], executor=dg.in_process_executor)
"""


COMPOSE = """\
# of bar-one
services:
  bar-one:
    image: ${BAR_ONE_IMAGE:?the image}
    environment:
      DAGSTER_CURRENT_IMAGE: ${BAR_ONE_IMAGE}
      BAR_ONE_DB_HOST: bar-one-db  # inside
      BAR_ONE_DB_PASSWORD: ${BAR_ONE_DB_PASSWORD:?password}
    volumes:
      - dagster_storage:/var/lib/dagster/storage
    networks: [dagster]
    depends_on:
      bar-one-db:
        condition: service_started
  bar-one-db:
    image: postgres:17
    environment:
      POSTGRES_PASSWORD: ${BAR_ONE_DB_PASSWORD:?password}
    ports:
      - "127.0.0.1:${BAR_ONE_DB_PORT:?port}:5432"
    volumes:
      - bar-one-db:/var/lib/postgresql/data
    networks: [dagster]
volumes:
  bar-one-db:
"""


def make_module(
    parent: Path,
    name: str = "bar-one",
    *,
    database: str = "none",
    port: int = 4001,
    location: str | None = None,
    requires: tuple[str, ...] = (),
    dependencies: tuple[str, ...] = (),
) -> Path:
    """A module whose package stands in its own folder, so that it loads from there without being installed."""
    folder, package = parent / name, name.replace("-", "_") + "_dagster"
    (folder / package).mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        PYPROJECT.format(
            package=package,
            name=name,
            location=json.dumps(location or name),
            database=database,
            port=port,
            requires=list(requires),
            dependencies=list(dependencies),
        )
    )
    (folder / package / "__init__.py").touch()
    prefix = name.replace("-", "_").upper()
    (folder / package / "definitions.py").write_text(DEFINITIONS.format(package=package, prefix=prefix))
    return folder


def isolated(parent: Path, name: str = "bar-one", port: int = 5440, requires: tuple[str, ...] = ()) -> Path:
    module = make_module(parent, name, database="postgresql", requires=requires)
    prefix = name.replace("-", "_").upper()
    manifest = module / "pyproject.toml"
    manifest.write_text(manifest.read_text() + f"postgresql = {port}\n")
    folder = module / "workspace" / "local"
    folder.mkdir(parents=True)
    entry = {"grpc_server": {"host": name, "port": 4000, "location_name": name}}
    (folder / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [entry]}))
    (folder / "docker-compose.yml").write_text(COMPOSE.replace("bar-one", name).replace("BAR_ONE", prefix))
    (folder / ".env.example").write_text(f"{prefix}_IMAGE={name}:1\n{prefix}_DB_PORT=\n{prefix}_DB_PASSWORD=\n")
    return module


def shared(parent: Path, name: str, requires: tuple[str, ...] = ()) -> Path:
    module = make_module(parent, name, requires=requires)
    manifest = module / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace('"isolated"', '"shared"'))
    folder = module / "workspace" / "local"
    folder.mkdir(parents=True)
    entry = {"python_module": {"module_name": f"{name}.definitions", "location_name": name}}
    (folder / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [entry]}))
    (folder / ".env.example").write_text(f"{name.upper()}_EXECUTOR=in_process\n")
    (folder / "dockerfile.snippet").write_text(
        f"RUN --mount=type=bind,from={name},target=/m \\\n    uv pip install /m\n"
    )
    return module


def make_runnable_module(parent: Path, name: str) -> Path:
    """A module that loads in the environment of the tests."""
    folder = make_module(parent, name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder
