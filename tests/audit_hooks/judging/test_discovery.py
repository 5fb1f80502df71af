"""What there is to judge below a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from audit_hooks.judging.discovery import repositories, subjects
from audit_hooks.reading.git_files import tracked, unignored
from audit_hooks.rules.examples import MANIFEST
from tests.support.trees import git, repository, write

CODE = "import dagster as dg\n"
LOCATIONS = "load_from: []\n"


def found(root: Path) -> list[tuple[str, str]]:
    return [(subject.kind, subject.folder) for subject in subjects(root)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": MANIFEST}, [("module", "")]),
        ({"pyproject.toml": "[tool.dg.project]\nroot_module = 'x'\n"}, [("module", "")]),
        ({"setup.py": "", "etl/defs.py": CODE}, [("module", "")]),
        ({"etl/defs.py": "from dagster import asset\n"}, [("module", "")]),
        ({"a.py": "import dagstermill\n"}, [("module", "")]),
        ({"a.py": "x = 'import dagster'\n", "README.md": "import dagster\n"}, []),
        ({"tests/a.py": CODE, "b/{{x}}/c.py": CODE}, []),
        ({"workspace.yaml": LOCATIONS}, [("workspace", "")]),
        ({"workspace.yaml": "packages: []\n"}, []),
        ({"workspace.yaml": LOCATIONS, "a.py": CODE}, [("module", ""), ("workspace", "")]),
        (
            {"a/pyproject.toml": MANIFEST, "b/pyproject.toml": "[project]\nname='b'\n", "b/b/x.py": CODE},
            [("repository", ""), ("module", "a"), ("module", "b")],
        ),
        (
            {"pyproject.toml": "[project]\nname='lib'\n", "a/pyproject.toml": MANIFEST, "lib/x.py": ""},
            [("repository", ""), ("module", "a")],
        ),
        (
            {"pyproject.toml": MANIFEST, "workspace/local/workspace.yaml": LOCATIONS, "x/workspace.yaml": LOCATIONS},
            [("module", ""), ("workspace", "x")],
        ),
    ],
)
def test_modules_and_workspaces_are_told_apart(
    tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert found(repository(tmp_path, files)) == expected


def test_what_is_in_another_modules_folder_is_not_its_own(tmp_path: Path) -> None:
    files = {"pyproject.toml": MANIFEST, "x.py": CODE, "a/pyproject.toml": MANIFEST, "a/x.py": CODE, "ab/x.py": CODE}
    outer, inner = subjects(repository(tmp_path, files))
    assert [name for name in outer.own if name.endswith(".py")] == ["ab/x.py", "x.py"]
    assert [name for name in inner.own if name.endswith(".py")] == ["x.py"]


def test_repositories_in_a_folder_that_is_none(tmp_path: Path) -> None:
    for name in ("b", "a", "deep/er/c", ".hidden/d"):
        repository(tmp_path / name, {"pyproject.toml": MANIFEST})
    assert [path.relative_to(tmp_path).as_posix() for path in repositories(tmp_path)] == ["a", "b", "deep/er/c"]
    assert list(repositories(tmp_path / "a")) == [tmp_path / "a"]


@pytest.mark.parametrize("with_git", [True, False], ids=["git", "no-git"])
def test_outside_of_git_what_is_ignored_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_git: bool
) -> None:
    names = [".gitignore", "pyproject.toml", "src/x.py", ".env", "node_modules/y.py", "build/z.py", "out/a.py", "k.log"]
    write(tmp_path, {name: CODE if name.endswith(".py") else "" for name in names})
    write(tmp_path, {".gitignore": ".env\n/out/\n*.log\n!keep.log\n", "keep.log": ""})
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    assert tracked(tmp_path) is None
    if with_git:
        assert unignored(tmp_path) == {".gitignore", "pyproject.toml", "src/x.py", "keep.log", "link.py"}
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert {"pyproject.toml", "src/x.py"} <= unignored(tmp_path)
    (subject,) = subjects(tmp_path)
    assert subject.files.text("link.py") is None
    assert not subject.files.has(".env")


def test_a_hooks_environment_does_not_lead_to_another_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = repository(tmp_path / "here", {"pyproject.toml": MANIFEST})
    other = repository(tmp_path / "other", {"workspace.yaml": LOCATIONS})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert found(here) == [("module", "")]


def test_the_settings_of_a_repository_start_no_program(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"pyproject.toml": MANIFEST})
    seen = tmp_path / "seen"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{seen}'\n")
    program.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(program))
    assert found(root) == [("module", "")]
    assert not seen.exists()
    subprocess.run(["git", "-C", str(root), "ls-files", "-o"], check=True, capture_output=True)
    assert seen.exists()  # git itself does start it


def test_odd_names_of_files(tmp_path: Path) -> None:
    names = ["a b.py", "é.py", 'q"uote.py', "new\nline.py", "-x.py", os.fsdecode(b"bytes\xff.py")]
    repository(tmp_path, {"pyproject.toml": MANIFEST, **dict.fromkeys(names, CODE)})
    (subject,) = subjects(tmp_path)
    assert {code.path for code in subject.package.files} == set(names)
