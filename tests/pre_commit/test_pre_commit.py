"""The hook as pre-commit and prek install it: from a git address of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def run(*command: str | Path, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**ENVIRONMENT, "PRE_COMMIT_HOME": str(home / "pre-commit"), "PREK_HOME": str(home / "prek")}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as it is now, committed."""
    folder = tmp_path_factory.mktemp("source") / "dagster-module-builder"
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder.parent, "init", "-q", str(folder))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")
    return folder


@pytest.fixture(scope="module")
def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module made from that commit, itself committed."""
    folder = tmp_path_factory.mktemp("made")
    done = run(BIN / "cookiecutter", source, "--no-input", "-o", folder, cwd=folder, home=folder)
    assert done.returncode == 0, done.stdout
    project = folder / "bar-one"
    git(folder, "init", "-q", str(project))
    git(project, "add", "-A")
    git(project, "commit", "-qm", "made")
    return project


def test_the_manifest_is_valid_and_its_files_are_what_the_rules_read(tmp_path: Path) -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    done = run(BIN / "pre-commit", "validate-manifest", manifest, cwd=ROOT, home=tmp_path)
    assert done.returncode == 0, done.stdout
    hooks = {hook["id"]: hook["files"] for hook in yaml.safe_load(manifest.read_text())}
    assert hooks.keys() == {"dmb-audit", "dmb-workspace-validate"}
    names = [
        "pyproject.toml",
        "workspace/local/workspace.yaml",
        "workspace/local/docker-compose.yml",
        "compose.yaml",
        ".env",
        "workspace/local/.env.example",
        "src/a/b.py",
        "dagster.yaml",
    ]
    for files in hooks.values():
        assert [name for name in names if re.search(files, name)] == names
        assert not [name for name in ("README.md", "a.pyc", ".envrcs/x.csv") if re.search(files, name)]
    assert not re.search(hooks["dmb-workspace-validate"], "myworkspace.yaml")
    only_audited = ["Dockerfile", "docker/api.Dockerfile", ".github/workflows/ci.yml", "deploy/run.sh", "certs/x.pem"]
    assert [name for name in only_audited if re.search(hooks["dmb-audit"], name)] == only_audited


def test_a_module_has_the_hook_of_what_it_was_made_from(source: Path, made: Path) -> None:
    config = yaml.safe_load((made / ".pre-commit-config.yaml").read_text())
    (ours,) = [repo for repo in config["repos"] if repo["hooks"][0]["id"] == "dmb-audit"]
    assert [hook["id"] for hook in ours["hooks"]] == ["dmb-audit", "dmb-workspace-validate"]
    assert (ours["repo"], ours["rev"]) == (str(source), git(source, "rev-parse", "HEAD").strip())


def test_pre_commit_and_prek_install_it_and_judge_a_module(source: Path, made: Path, tmp_path: Path) -> None:
    # prek clones every repository of a configuration, and the others are not on this machine.
    configured = (made / ".pre-commit-config.yaml").read_text()
    config = yaml.safe_load(configured)
    ours = tmp_path / "ours.yaml"
    ours.write_text(yaml.safe_dump({"repos": [repo for repo in config["repos"] if repo["repo"] == str(source)]}))
    runs = [
        (BIN / "pre-commit", "try-repo", f"file://{source}", "dmb-workspace-validate", "--all-files"),
        (BIN / "pre-commit", "run", "--config", ours, "dmb-audit", "--all-files"),
        (BIN / "prek", "run", "--config", ours, "dmb-workspace-validate", "--all-files"),
        (BIN / "prek", "run", "--config", ours, "dmb-audit", "--all-files"),
    ]
    piece = made / "workspace/local/workspace.yaml"
    good = piece.read_text()
    try:
        for command in runs:
            done = run(*command, cwd=made, home=tmp_path)
            assert done.returncode == 0, done.stdout
            assert "Passed" in done.stdout
        piece.write_text(good.replace("location_name: bar-one", "location_name: foo"))
        git(made, "add", "-A")
        for command in runs:
            done = run(*command, cwd=made, home=tmp_path)
            # Where both are hooks, the audit leaves the workspace's rules to the other.
            assert done.returncode == (0 if "dmb-audit" in command else 1), done.stdout
            said = "error WSP020: the location is foo here and bar-one in pyproject.toml" in done.stdout
            assert said is ("dmb-audit" not in command), done.stdout
        hook = "      - id: dmb-workspace-validate\n"
        assert hook in configured
        (made / ".pre-commit-config.yaml").write_text(configured.replace(hook, ""))
        git(made, "add", "-A")
        for command in runs:
            if "dmb-audit" in command:
                done = run(*command, cwd=made, home=tmp_path)
                assert done.returncode == 1, done.stdout
                assert "error WSP020: the location is foo here and bar-one in pyproject.toml" in done.stdout
    finally:
        (made / ".pre-commit-config.yaml").write_text(configured)
        piece.write_text(good)
        git(made, "add", "-A")


def test_autoupdate_moves_it(source: Path, made: Path, tmp_path: Path) -> None:
    config = made / ".pre-commit-config.yaml"
    before = config.read_text()
    git(source, "tag", "v9.9.9")
    try:
        done = run(BIN / "pre-commit", "autoupdate", "--repo", source, cwd=made, home=tmp_path)
        assert done.returncode == 0, done.stdout
        revision = git(source, "rev-parse", "HEAD").strip()
        assert config.read_text() == before.replace(revision, "v9.9.9")
    finally:
        config.write_text(before)
