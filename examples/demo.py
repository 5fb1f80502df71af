"""The main job, start to end, in `demo/`: a workspace and two modules, integrated, loaded and materialized by Dagster.

Each command is printed before it runs, so that it can be copied. `demo/` is made anew every time.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
WORKSPACE = DEMO / "workspace"
MODULES = {"bar-one": ("Bar One", "duckdb"), "foo-two": ("Foo Two", "none")}

# Run by the workspace's own interpreter: the rows of each asset's latest materialization, asked of the Dagster
# instance.
ROWS = """
import json
from dagster import DagsterInstance
with DagsterInstance.get() as instance:
    rows = {}
    for key in sorted(instance.all_asset_keys()):
        event = instance.get_latest_materialization_event(key)
        if event is not None:
            count = event.asset_materialization.metadata.get("dagster/row_count")
            rows[key.to_user_string()] = count.value if count else None
print(json.dumps(rows))
"""


def run(*command: str | Path, cwd: Path = DEMO, quiet: bool = False) -> str:
    """Run a command and return what it printed; end the demo with its output when it fails."""
    words = [str(word) for word in command]
    if not quiet:
        print(f"\n$ {shlex.join(word.replace(f'{ROOT}/', '') for word in words)}", flush=True)
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(WORKSPACE),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(words, cwd=cwd, env=environment, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(
            f"{done.stdout}{done.stderr}\nThe demo stopped: the command above ended with exit code {done.returncode}."
        )
    return done.stdout


def main() -> None:
    """Run the demo."""
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir()
    print(run("dmb", "workspace", "init", WORKSPACE, "--runtime", "local"))
    for title, database in MODULES.values():
        answers = [f"module_name={title}", f"database={database}", f"__workspace={WORKSPACE}"]
        print(run("cookiecutter", ROOT, "--no-input", "--default-config", "--output-dir", DEMO, *answers))
    print(run("dmb", "workspace", "add", *(DEMO / slug for slug in MODULES), "--workspace", WORKSPACE))
    print(run(WORKSPACE / ".venv/bin/dagster", "definitions", "validate", "-w", "workspace.yaml", cwd=WORKSPACE))
    for slug in MODULES:
        name = slug.replace("-", "_")
        module = ("-m", f"{name}_dagster.definitions")
        run(DEMO / slug / ".venv/bin/dagster", "job", "execute", *module, "-j", f"{name}_refresh", cwd=WORKSPACE)

    rows = json.loads(run(WORKSPACE / ".venv/bin/python", "-c", ROWS, quiet=True))
    print("\nBoth modules are in the workspace, load, and their assets are materialized:")
    for slug, (_, database) in MODULES.items():
        manifest = tomllib.loads((DEMO / slug / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dmb"]
        print(f"\n  {slug}: {DEMO / slug}\n    database {database}, prefers gRPC port {manifest['ports']['grpc']}")
        for asset, count in rows.items():
            if asset.startswith(f"{slug.replace('-', '_')}/"):
                print(f"    {asset:<28} {count:>3} rows")
    print(f"\nLook at them:\n  cd {WORKSPACE} && .venv/bin/dagster dev -w workspace.yaml")


if __name__ == "__main__":
    main()
