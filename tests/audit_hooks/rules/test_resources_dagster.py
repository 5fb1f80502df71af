"""Where Dagster puts values when nobody says it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_without_an_io_manager_a_value_is_pickled_to_the_instances_folder(tmp_path: Path) -> None:
    script = (
        "import dagster as dg, sys\n@dg.asset\ndef total(): return 1\n@dg.asset\ndef nothing() -> None: ...\n"
        "with dg.DagsterInstance.local_temp(sys.argv[1]) as instance:\n"
        "    print(dg.materialize([total, nothing], instance=instance).success)\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]
    assert {path.name for path in (tmp_path / "storage").iterdir() if path.is_file()} == {"total"}
