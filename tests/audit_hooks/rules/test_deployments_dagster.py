"""Dagster+ itself refuses what DEP001 calls broken, and takes what it calls right."""

from __future__ import annotations

import pytest
from dagster_cloud_cli.config.models import load_dagster_cloud_yaml
from pydantic import ValidationError

from audit_hooks.rules.deployments.dep001_cloud_schema import CloudSchema

FILE = "dagster_cloud.yaml"


@pytest.mark.parametrize("files", CloudSchema.bad)
def test_what_it_finds_is_refused(files: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        load_dagster_cloud_yaml(files[FILE])


@pytest.mark.parametrize("files", [files for files in CloudSchema.good if "{{" not in files[FILE]])
def test_what_it_passes_over_is_taken(files: dict[str, str]) -> None:
    assert load_dagster_cloud_yaml(files[FILE]).locations is not None
