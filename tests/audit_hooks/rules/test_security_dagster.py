"""What SEC009 says is so, and its way out keeps what was materialized: with Dagster itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

# Another user's file in the folder of FilesystemIOManager, and an asset that reads it.
PLANTED = """
import pathlib, pickle, sys
import dagster as dg
folder, proof = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
class Evil:
    def __reduce__(self):
        return (pathlib.Path.touch, (proof,))
(folder / "upstream").write_bytes(pickle.dumps(Evil()))
@dg.asset
def upstream():
    return 1
@dg.asset
def downstream(upstream):
    return 2
manager = dg.FilesystemIOManager(base_dir=str(folder))
with dg.DagsterInstance.ephemeral() as instance:
    dg.materialize([upstream, downstream], selection=[downstream], resources={"io_manager": manager}, instance=instance)
"""

REPORT = """
import json
import dagster as dg
with dg.DagsterInstance.get() as instance:
    count = dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION)
    keys = [record.asset_key.to_user_string() for record in instance.get_event_records(count)]
    print(json.dumps(sorted(keys)))
"""


def run(*words: str, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env=os.environ | env,
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_pickle_that_another_user_put_there_is_run(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    run("-c", PLANTED, str(shared), str(tmp_path / "proof"), cwd=tmp_path, env={})
    assert (tmp_path / "proof").exists()


def test_the_way_out_keeps_values_and_materializations(cookies_session: Cookies, tmp_path: Path) -> None:
    made = cookies_session.bake(extra_context={"governance": "quick", "database": "none"})
    assert made.exception is None
    (tmp_path / "home").mkdir()
    old, new = tmp_path / "old", tmp_path / "lib" / "new"
    env = {"PYTHONPATH": str(Path(made.project_path) / "src"), "DAGSTER_HOME": str(tmp_path / "home")}
    target = ("-m", "dagster", "asset", "materialize", "-m", "bar_one_dagster.definitions", "--select")
    run(*target, "*", cwd=tmp_path, env=env | {"DAGSTER_STORAGE_PATH": str(old)})
    before = sorted(path.relative_to(old) for path in old.rglob("*.pkl"))
    assert len(before) == 3

    page = (ROOT / "docs" / "how-to" / "move-storage.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    script = re.sub(r"^OLD=\S+ NEW=\S+$", f"OLD='{old}' NEW='{new}'", block, flags=re.MULTILINE)
    assert str(new) in script
    (old / "bar_one" / "link.pkl").symlink_to("/etc/passwd")
    moved = subprocess.run(["bash", "-euc", script], text=True, capture_output=True, check=False)
    assert (moved.returncode, moved.stdout) == (0, f"{old}/bar_one/link.pkl\n"), moved.stderr
    (new / "bar_one" / "link.pkl").unlink()
    assert sorted(path.relative_to(new) for path in new.rglob("*.pkl")) == before
    assert new.stat().st_mode & 0o077 == 0
    old.rename(tmp_path / "gone")

    run(*target, "key:bar_one/revenue_by_country", cwd=tmp_path, env=env | {"DAGSTER_STORAGE_PATH": str(new)})
    keys = json.loads(run("-c", REPORT, cwd=tmp_path, env=env).splitlines()[-1])
    assert keys == ["bar_one/orders", "bar_one/raw_orders", "bar_one/revenue_by_country", "bar_one/revenue_by_country"]
