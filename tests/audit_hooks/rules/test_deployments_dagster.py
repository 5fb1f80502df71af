"""Dagster+ itself refuses what DEP001 calls broken, and takes what it calls right."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster_cloud_cli.config.models import load_dagster_cloud_yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from audit_hooks.judging.engine import judge
from audit_hooks.rules.deployments.dep001_cloud_schema import CloudSchema
from tests.support.trees import module

FILE = "dagster_cloud.yaml"


@pytest.mark.parametrize("files", CloudSchema.bad)
def test_what_it_finds_is_refused(files: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        load_dagster_cloud_yaml(files[FILE])


@pytest.mark.parametrize("files", [files for files in CloudSchema.good if "{{" not in files[FILE]])
def test_what_it_passes_over_is_taken(files: dict[str, str]) -> None:
    assert load_dagster_cloud_yaml(files[FILE]).locations is not None


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "a", "b", 1, True, [], ["a"], {}, {"directory": "."}, {"k8s": {}}]
)
SOURCES = st.dictionaries(st.sampled_from(["package_name", "module_name", "python_file", "x"]), VALUES, max_size=2)
LOCATIONS = st.fixed_dictionaries(
    {"location_name": st.sampled_from(["a", "b", "", None, 1])},
    optional={
        "code_source": VALUES | SOURCES,
        "build": VALUES,
        "container_context": VALUES,
        "image": VALUES,
        "attribute": VALUES,
        "x": VALUES,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"locations": VALUES | st.lists(VALUES | LOCATIONS, max_size=3)},
    optional={"defaults": VALUES | LOCATIONS, "x": VALUES},
)


@settings(deadline=None, max_examples=300)
@given(DOCUMENTS, st.sampled_from([True, False]))
def test_what_dagster_takes_is_passed_over(document: dict[str, Any], flow: bool) -> None:
    text = yaml.safe_dump(document, default_flow_style=flow)
    try:
        load_dagster_cloud_yaml(text)
    except (ValidationError, AttributeError):  # the latter of a code_source that is no mapping
        return
    with tempfile.TemporaryDirectory() as folder:
        assert judge(module(Path(folder), {FILE: text}), [CloudSchema]) == []
