"""`dmb new` as a person and as a program run it."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.command import run_dmb as dmb
from tests.support.paths import ROOT

BIN = Path(sys.executable).parent


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_makes_what_cookiecutter_makes(tmp_path: Path) -> None:
    answers = {"description": 'It\'s "quoted" \\ 🚀', "governance": "enterprise", "__python_version": "3.13"}
    typed = [f"{key}={value}" for key, value in answers.items()]
    command = [str(BIN / "cookiecutter"), str(ROOT), "--no-input", "-o", "theirs", "module_name=Foo Two", *typed]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    settings = [word for key, value in answers.items() for word in ("--set", f"{key.lstrip('_')}={value}")]
    dmb("new", "Foo Two", "--no-input", "--output-dir", "ours", *settings, cwd=tmp_path)
    theirs, ours = files(tmp_path / "theirs" / "foo-two"), files(tmp_path / "ours" / "foo-two")
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} <= {".cruft.json"}


def test_json_says_what_was_made(tmp_path: Path) -> None:
    printed = json.loads(dmb("new", "Foo", "--json", "--set", "grpc_port=4777", "--database", "none", cwd=tmp_path))
    assert printed["schema"] == "dmb.new/1"
    assert printed["project"] == str(tmp_path / "foo")
    assert printed["answers"]["grpc_port"] == "4777"
    assert printed["answers"]["database"] == "none"
    assert printed["added"] is None
    manifest = tomllib.loads((tmp_path / "foo" / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dmb"]
    assert manifest["ports"] == {"grpc": 4777}


def test_a_dry_run_shows_every_file_and_makes_none(tmp_path: Path) -> None:
    printed = dmb("new", "Foo", "--no-input", "--dry-run", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
    shown = {line.removeprefix("+++ foo/") for line in printed.splitlines() if line.startswith("+++ ")}
    dmb("new", "Foo", "--no-input", cwd=tmp_path)
    empty = {name for name, data in files(tmp_path / "foo").items() if not data}
    assert shown | empty | {".env"} == set(files(tmp_path / "foo"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "governanse=quick"], "did you mean governance?"),
        (["--set", "nonsense=1"], "the keys are: module_name"),
        (["--set", "owner"], "is not KEY=VALUE"),
        (["--set", "owner=me"], "is not an owner that Dagster accepts"),
        (["--set", "module_slug=../x"], "cannot be the module's folder"),
        (["--set", "description={{ 1 }}"], "contains {{"),
        (["--set", "grpc_port=99999"], "is not a port"),
        (["--database", "oracle"], "oracle"),
    ],
)
def test_a_wrong_answer_is_refused_with_nothing_made(arguments: list[str], said: str, tmp_path: Path) -> None:
    printed = dmb("new", "Foo Two", "--no-input", *arguments, cwd=tmp_path, exit_code=2)
    assert said in printed
    assert "Traceback" not in printed
    assert list(tmp_path.iterdir()) == []
    if "answers so far: " in printed:
        command = shlex.split(printed.partition("answers so far: ")[2])
        dmb(*command[1:], "--no-input", cwd=tmp_path)
        assert (tmp_path / "foo-two" / "pyproject.toml").is_file()


def test_without_a_name_and_a_terminal_it_says_what_to_write(tmp_path: Path) -> None:
    assert "dmb new 'Bar One'" in dmb("new", cwd=tmp_path, exit_code=2)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "foo").mkdir()
    (tmp_path / "foo" / "mine").write_text("mine", encoding="utf-8")
    printed = dmb("new", "Foo", "--no-input", cwd=tmp_path, exit_code=2)
    assert "already exists" in printed
    assert files(tmp_path) == {"foo/mine": b"mine"}


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    printed = dmb("new", "Foo", "--no-input", "--output-dir", "out/below", cwd=tmp_path, exit_code=2)
    assert "Traceback" not in printed
    assert files(tmp_path) == {"out": b"mine"}


def test_add_refuses_before_it_makes_anything_where_there_is_no_workspace(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    command = [str(BIN / "dmb"), "new", "Foo", "--no-input", "--add"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 3, done.stderr
    assert "dmb workspace init" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_it_asks_for_what_is_missing(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(BIN / "dmb"), "new", "--set", "governance=standard"],
        cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, b"Foo Two\n" + b"\n" * 7)
    printed = process.communicate(timeout=60)[0].decode()
    os.close(ours)
    assert process.returncode == 0, printed
    assert "Name of the module" in printed
    manifest = tomllib.loads((tmp_path / "foo-two" / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dmb"]
    assert manifest["title"] == "Foo Two"
    assert manifest["governance"] == "standard"


def test_the_wheel_carries_the_template_and_makes_the_same_module(tmp_path: Path) -> None:
    build = [
        "uv",
        "build",
        "--quiet",
        "--no-build-isolation",
        "--wheel",
        "--out-dir",
        str(tmp_path / "dist"),
        str(ROOT),
    ]
    subprocess.run([str(BIN / build[0]), *build[1:]], check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "dmb/template.zip" in names
    assert not any("cookiecutter.module_slug" in name or name.endswith(".pyc") for name in names)
    site = tmp_path / "site"
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", str(site)]
    subprocess.run([str(BIN / install[0]), *install[1:], str(wheel)], check=True, capture_output=True)
    # As installed: no checkout on the path.
    program = tmp_path / "dmb"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[:] = [{str(site)!r}, *(p for p in sys.path if p != {str(ROOT)!r})]\n"
        "from dmb.cli import main\nmain()\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    printed = json.loads(dmb("new", "Foo", "--json", "--output-dir", "wheel", cwd=tmp_path, program=program))
    dmb("new", "Foo", "--no-input", "--output-dir", "checkout", cwd=tmp_path)
    ours, theirs = files(tmp_path / "wheel" / "foo"), files(tmp_path / "checkout" / "foo")
    from_where = {".cruft.json", ".pre-commit-config.yaml"}
    assert {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)} <= from_where
    built_from = json.loads(zipfile.ZipFile(site / "dmb" / "template.zip").read("built-from.json"))["commit"]
    if built_from is None:
        assert printed["link"] is None
    else:
        state = json.loads(ours[".cruft.json"])
        assert (state["template"], state["commit"]) == ("https://github.com/org/dagster-module-builder", built_from)
