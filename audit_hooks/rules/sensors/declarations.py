"""What the rules on sensors have in common."""

from __future__ import annotations

# The head of the examples.
HEAD = "import dagster as dg\n\nnightly = dg.define_asset_job('nightly')\n\n"

# Decorators of functions that Dagster asks again and again.
KINDS = (
    "sensor",
    "asset_sensor",
    "multi_asset_sensor",
    "run_status_sensor",
    "run_failure_sensor",
    "freshness_policy_sensor",
)
