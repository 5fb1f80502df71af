"""A repository that means harm is judged like any other: nothing runs, nothing outside is read, and it ends."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from audit_hooks.rules.examples import MANIFEST
from tests.support.trees import git, repository, write

pytestmark = pytest.mark.slow

SECONDS, MEGABYTES = 60, 600

LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))


def booby_trapped(root: Path) -> Path:
    """Everything that a tool could stumble over; whatever runs leaves a file named `ran` behind."""
    bang = f"import pathlib\npathlib.Path({str(root.parent / 'ran')!r}).touch()\n"
    outside = write(root.parent / "outside", {"secret.py": "import dagster as dg\nSECRET = 'hunter2-outside'\n"})
    repository(
        root,
        {
            "pyproject.toml": MANIFEST + "[tool.dmb.audit]\nignore = 7\n",
            "setup.py": bang,
            "conftest.py": bang,
            "sitecustomize.py": bang,
            "usercustomize.py": bang,
            "yaml.py": bang,
            "dagster.py": bang,
            "audit_hooks.py": bang,
            "dmb/__init__.py": bang,
            "src/bar_dagster/__init__.py": bang + "import dagster as dg\n",
            "src/bar_dagster/definitions.py": bang + "raise SystemExit(3)\n",
            "src/bar_dagster/nested.py": "import dagster as dg\nx = " + "[" * 3000 + "]" * 3000 + "\n",
            "src/bar_dagster/long_sum.py": "import dagster as dg\nx = " + " + ".join(["1"] * 50_000) + "\n",
            "src/bar_dagster/attributes.py": "import dagster as dg\nx = dg" + ".a" * 20_000 + "\n",
            "src/bar_dagster/elifs.py": "import dagster as dg\nif x: pass\n" + "elif x: pass\n" * 3_000,
            "src/bar_dagster/ignores.py": "import dagster as dg\n"
            + "dg.ScheduleDefinition(name='a', cron_schedule='0 6 * * *')  # dmb: ignore[SCH001]\n" * 10_000,
            "src/bar_dagster/bytes.py": b"\xff\xfe\x00import dagster",
            "src/bar_dagster/names.py": "import dagster as dg\n"
            + "".join(f"N{n} = N{n + 1} + N{n + 1}\n" for n in range(99)),
            "workspace/local/workspace.yaml": "!!python/object/apply:os.system ['touch ran']\n",
            "workspace/local/docker-compose.yml": LAUGHS + "services: *a59\n",
            "docker-compose.yml": "{" * 20_000,
            "deploy/docker-compose.yml": "services:\n  s0: {image: x}\n"
            + "".join(f"  s{n}: {{extends: s{n - 1}}}\n" for n in range(1, 2_000)),
            "compose.yaml": "a: " * 20_000,
            "deep.yaml": "- " * 50_000,
            ".github/workflows/ci.yml": LAUGHS,
            "Dockerfile": "FROM " + "x" * 1_000_000 + "\nRUN <<EOF\n",
            ".pre-commit-config.yaml": "repos: &r [*r]\n",
            ".env.example": "A='\n" * 20_000,
        },
    )
    with (root / "huge.py").open("wb") as file:
        file.write(b"import dagster as dg\nx = '")
        file.truncate(50_000_000)
    with (root / "src/bar_dagster/data.yaml").open("wb") as file:
        file.truncate(50_000_000)
    for name, target in {
        "src/bar_dagster/link.py": outside / "secret.py",
        "src/bar_dagster/zero.py": Path("/dev/zero"),
        "src/bar_dagster/loop.py": Path("loop.py"),
        "src/bar_dagster/out": outside,
        ".env": Path("/etc/passwd"),
    }.items():
        (root / name).symlink_to(target)
    git(root, "add", "-A")
    # Git knows these as files; what stands there now is something else.
    for name in ("src/bar_dagster/pipe.py", "src/bar_dagster/folder.py"):
        write(root, {name: "import dagster\n"})
        git(root, "add", name)
        (root / name).unlink()
    os.mkfifo(root / "src/bar_dagster/pipe.py")
    (root / "src/bar_dagster/folder.py").mkdir()
    return root


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEGABYTES * 2**20, MEGABYTES * 2**20))


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return booby_trapped(tmp_path_factory.mktemp("trap") / "repository")


@pytest.mark.parametrize("with_git", [True, False], ids=["git", "folder"])
@pytest.mark.parametrize("words", [("json",), ("text",), ("sarif",), ("html",)], ids=lambda words: words[0])
def test_it_is_judged_and_nothing_runs(trap: Path, words: tuple[str], *, with_git: bool) -> None:
    if not with_git:
        (trap / ".git").rename(trap.parent / "git")
    try:
        done = subprocess.run(
            [Path(sys.executable).with_name("dmb-audit"), "--tier", "enterprise", "--preview", "--format", *words],
            cwd=trap,
            capture_output=True,
            text=True,
            timeout=4 * SECONDS,
            preexec_fn=limited,
            check=False,
        )
    finally:
        if not with_git:
            (trap.parent / "git").rename(trap / ".git")
    assert done.returncode == 1, (done.returncode, done.stderr[-2000:])
    assert done.stderr == ""
    assert not (trap.parent / "ran").exists()
    assert not (trap / "ran").exists()
    assert "hunter2-outside" not in done.stdout
    assert "root:" not in done.stdout
    if words == ("json",):
        paths = {finding["path"] for verdict in json.loads(done.stdout)["verdicts"] for finding in verdict["findings"]}
        assert {"huge.py", "workspace/local/workspace.yaml"} <= paths
