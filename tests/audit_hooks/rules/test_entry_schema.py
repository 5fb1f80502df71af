"""WSP001 against Dagster's own schema of workspace.yaml: the two agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.workspace.config_schema import process_workspace_config

from audit_hooks.judging.engine import judge, workspace
from audit_hooks.rules.workspace.wsp001_entry_schema import EntrySchema

ITEMS: list[Any] = [
    {"python_file": "a.py"},
    {"python_file": {"relative_path": "a.py", "attribute": "defs", "working_directory": "/"}},
    {"python_file": {"path": "a.py"}},
    {"python_file": {}},
    {"python_module": {"module_name": "a", "executable_path": "/p", "location_name": {"env": "A"}}},
    {"python_module": {"module_name": 3}},
    {"python_module": {"module_name": ["a"]}},
    {"python_module": {"attribute": "defs"}},
    {"python_package": "a"},
    {"python_package": {"package_name": "a", "module_name": "b"}},
    {"autoload_defs_module": {"module_name": "a"}},
    {"autoload_defs_module": {"module_name": "a", "attribute": "defs"}},
    {"grpc_server": {"host": "a", "port": 4000}},
    {"grpc_server": {"host": "a", "port": {"env": "PORT"}}},
    {"grpc_server": {"host": "a", "port": "4000"}},
    {"grpc_server": {"host": "a", "port": 4000, "ssl": True, "additional_metadata": {"x": 1}}},
    {"grpc_server": {"host": "a", "port": 4000, "name": "x"}},
    {"grpc_server": "a"},
    {"python_file": "a.py", "python_module": "a"},
    {"dagster_cloud": {}},
    "python_file",
    {},
    None,
]


@pytest.mark.parametrize("item", ITEMS, ids=repr)
def test_an_item_is_refused_by_both_or_by_none(item: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "a")
    monkeypatch.setenv("PORT", "4000")
    config = {"load_from": [item]}
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump(config))
    assert bool(process_workspace_config(config).success) == (judge(workspace(tmp_path), [EntrySchema]) == [])
