"""Defects of resources and of what files do at import."""

from __future__ import annotations

from . import Seed
from .code import EXTRA, HEAD

_QUICK, _STANDARD = ({"governance": tier} for tier in ("quick", "standard"))
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
        "RES008",
        _QUICK,
        {
            EXTRA: HEAD + "\nclass Api(dg.ConfigurableResource[None]):\n"
            f'    """A server that is asked."""\n\n    api_key: str = "{"k3Rqv9-" + "Zt_w1"}"\n'
        },
        EXTRA,
        "api_key",
    ),
]
