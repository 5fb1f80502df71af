"""Defects in how a module is deployed."""

from __future__ import annotations

from . import Seed

SCRIPT = "deploy/production/deploy.sh"

SEEDS = [
    Seed(
        "DEP001",
        {},
        {"dagster_cloud.yaml": "locations:\n  - location_name: bar-one\n    module_name: bar_one_dagster\n"},
        "dagster_cloud.yaml",
        "module_name",
    ),
    Seed(
        "DEP002", {"governance": "standard"}, {SCRIPT: "#!/bin/sh\nssh bar.example.com true\n"}, SCRIPT, "example.com"
    ),
    Seed("DEP003", {}, {SCRIPT: "#!/bin/sh\nssh -o StrictHostKeyChecking=no bar.corp true\n"}, SCRIPT, "ssh"),
    Seed(
        "DEP004",
        {"governance": "standard"},
        {SCRIPT: "#!/bin/sh\nrsync -a --delete ./ deploy@bar.corp:/srv/bar/\n"},
        SCRIPT,
        "rsync",
    ),
    Seed("DEP005", {"governance": "standard"}, {}, "pyproject.toml"),
    Seed("DEP006", {"governance": "enterprise"}, {SCRIPT: "#!/bin/sh\n"}, SCRIPT),
]
