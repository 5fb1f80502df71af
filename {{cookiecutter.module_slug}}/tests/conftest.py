"""Every test stores in a folder of its own, and no variable of the developer's machine reaches it."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The storage folder of this test."""
    for name in os.environ:
        if name == "DAGSTER_HOME" or name.startswith("{{ cookiecutter.__prefix }}_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "storage"
    monkeypatch.setenv("DAGSTER_STORAGE_PATH", str(folder))
    return folder
