"""What runs on a real Docker engine: every test here needs one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.engine import built_modules, engine

__all__ = ["built_modules", "engine"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.needs_docker)
            item.add_marker(pytest.mark.usefixtures("engine"))
