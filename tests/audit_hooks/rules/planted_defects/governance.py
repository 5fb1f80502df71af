"""Defects in how a module's repository is kept."""

from __future__ import annotations

from . import EXTRA, HEAD, Seed

CI = ".github/workflows/ci.yml"
CONFIG = ".pre-commit-config.yaml"

SEEDS = [
    Seed("GOV003", {"governance": "standard"}, {"README.md": None}, "pyproject.toml"),
    Seed("GOV004", {"governance": "standard"}, {CONFIG: ("rev: v6.0.0", "rev: main")}, CONFIG, "rev: main"),
    Seed(
        "GOV005",
        {"governance": "enterprise"},
        {EXTRA: HEAD + "RETRIES = dg.RetryPolicy(backoff=dg.Backoff.LINEAR)  # dmb: ignore[AST008]\n"},
        EXTRA,
        "dmb: ignore",
    ),
    Seed("GOV007", {"governance": "enterprise"}, {"CODEOWNERS": None}, "pyproject.toml"),
    Seed(
        "GOV002",
        {"governance": "standard"},
        {CI: "on: push\npermissions: {}\njobs:\n  lint:\n    runs-on: ubuntu-latest\n    steps: [{run: ruff check}]\n"},
        CI,
    ),
    Seed(
        "GOV001",
        {"governance": "standard"},
        {
            f"tests/{name}.py": None
            for name in (
                "conftest",
                "test_assets",
                "test_database",
                "test_definitions",
                "test_io_managers",
                "test_schedules",
                "test_sensors",
            )
        },
        "pyproject.toml",
    ),
    Seed(
        "GOV006",
        {"governance": "standard"},
        {EXTRA: HEAD + "R = dg.RetryPolicy(max_retries=3)  # dmb: ignore[AST008] not any more\n"},
        EXTRA,
        "dmb: ignore",
    ),
    Seed(
        "GOV008",
        {},
        {"pyproject.toml": ("[tool.dmb.ports]\n", "[tool.dmb.audit]\nselected = []\n\n[tool.dmb.ports]\n")},
        "pyproject.toml",
        "selected",
    ),
]
