"""Defects of resources and of what files do at import."""

from __future__ import annotations

from . import EXTRA, HEAD, Seed

_QUICK, _STANDARD = ({"governance": tier} for tier in ("quick", "standard"))
_PIECE = "workspace/local/docker-compose.yml"
_PLAIN = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "bar-one-dagster"
version = "0.1.0"
requires-python = ">=3.11,<3.15"
dependencies = ["dagster>=1.13,<1.14"]

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "bar_one_dagster"
code_location_name = "bar-one"

[tool.dmb.audit]
tier = "standard"
"""
_DAGSTER = "import dagster as dg\n"

SEEDS = [
    Seed(
        "RES001",
        _QUICK,
        {EXTRA: HEAD.replace(_DAGSTER, f"import os\n\n{_DAGSTER}") + 'EXECUTOR = os.environ["BAR_ONE_EXECUTOR"]\n'},
        EXTRA,
        "EXECUTOR",
    ),
    Seed(
        "RES004",
        _STANDARD,
        {
            EXTRA: HEAD.replace(_DAGSTER, f"import subprocess\n\n{_DAGSTER}")
            + 'HEAD = subprocess.check_output(["git", "rev-parse", "HEAD"])\n'
        },
        EXTRA,
        "HEAD",
    ),
    Seed(
        "RES005",
        _STANDARD,
        {
            EXTRA: HEAD.replace(_DAGSTER, f"{_DAGSTER}from dagster_dbt import DbtCliResource\n")
            + 'DbtCliResource(project_dir="dbt").cli(["parse"]).wait()\n'
        },
        EXTRA,
        "parse",
    ),
    Seed(
        "RES006",
        {"governance": "standard", "database": "none"},
        {"src/bar_one_dagster/defs/resources.py": ('            "io_manager": PickleIOManager(),\n', "")},
        "src/bar_one_dagster/defs/orders/assets.py",
        "@dg.asset",
    ),
    Seed(
        "RES006",
        {"governance": "standard", "database": "none"},
        {_PIECE: ("      DAGSTER_STORAGE_PATH: /var/lib/dagster/storage", "      DAGSTER_STORAGE_PATH: /var/lib/bar")},
        _PIECE,
        "DAGSTER_STORAGE_PATH",
    ),
    Seed(
        "RES007",
        {"governance": "standard", "database": "none"},
        {
            "pyproject.toml": _PLAIN,
            **dict.fromkeys(
                f"workspace/local/{name}" for name in ("docker-compose.yml", "workspace.yaml", ".env.example")
            ),
            "src/bar_one_dagster/defs/resources.py": ('            "io_manager": PickleIOManager(),\n', ""),
            "deploy/dagster.yaml": "run_launcher:\n  module: dagster_docker\n  class: DockerRunLauncher\n",
        },
        "src/bar_one_dagster/defs/orders/assets.py",
        "@dg.asset",
    ),
    Seed(
        "RES008",
        _QUICK,
        {
            EXTRA: HEAD + "\nclass Api(dg.ConfigurableResource[None]):\n"
            f'    """A server that is asked."""\n\n    api_key: str = "{"k3Rqv9-" + "Zt_w1"}"\n'
        },
        EXTRA,
        "api_key",
    ),
    Seed("RES002", {}, {EXTRA: HEAD + 'PATH = dg.EnvVar("BAR_ONE_EXECUTOR") + "/a"\n'}, EXTRA, "EnvVar"),
    Seed("RES003", {}, {EXTRA: HEAD + 'PATH = str(dg.EnvVar("BAR_ONE_EXECUTOR"))\n'}, EXTRA, "EnvVar"),
]
