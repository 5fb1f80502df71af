from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dmb.errors import DmbError, NothingToWorkOn
from dmb.module import Module

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
[project]
name = "bar-one-dagster"

[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "bar_one_dagster"
code_location_name = "bar-one"

[tool.dmb]
manifest = 1
name = "bar-one"
title = "Bår „One“ 1"
owner = "team:data"
code_location = "isolated"
database = "duckdb"
governance = "quick"
template_version = "0.1.0"
requires = ["API_TOKEN"]

[tool.dmb.ports]
grpc = 4001
"""


def write(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_everything_is_read(tmp_path: Path) -> None:
    module = Module.read(write(tmp_path / "a b", GOOD))
    assert module == Module(
        path=(tmp_path / "a b").resolve(),
        name="bar-one",
        title="Bår „One“ 1",
        owner="team:data",
        package="bar_one_dagster",
        location_name="bar-one",
        prefix="BAR_ONE",
        code_location="isolated",
        database="duckdb",
        governance="quick",
        ports={"grpc": 4001},
        requires=("API_TOKEN",),
        template_version="0.1.0",
    )


def test_a_link_to_a_module_is_that_module(tmp_path: Path) -> None:
    folder = write(tmp_path / "real", GOOD)
    (tmp_path / "link").symlink_to(folder)
    assert Module.read(tmp_path / "link").path == folder.resolve()


def test_ports_requires_and_location_name_may_be_left_out(tmp_path: Path) -> None:
    text = GOOD.replace('requires = ["API_TOKEN"]\n', "").replace('code_location_name = "bar-one"\n', "")
    module = Module.read(write(tmp_path, text.partition("[tool.dmb.ports]")[0]))
    assert (dict(module.ports), module.requires, module.location_name) == ({}, (), "bar-one")


def test_a_module_that_was_made_before_manifests_had_an_owner_has_none(tmp_path: Path) -> None:
    assert Module.read(write(tmp_path, GOOD.replace('owner = "team:data"\n', ""))).owner == ""


def test_a_prefix_of_its_own_is_taken(tmp_path: Path) -> None:
    text = GOOD.replace('name = "bar-one"\n', 'name = "bar-one"\nprefix = "B1"\n')
    assert Module.read(write(tmp_path, text)).prefix == "B1"


@pytest.mark.parametrize("text", [None, "[project]\nname = 'x'\n", "[tool]\nother = 1\n", "tool = 3\n"])
def test_what_is_no_module_is_nothing_to_work_on(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        write(tmp_path, text)
    with pytest.raises(NothingToWorkOn) as refusal:
        Module.read(tmp_path)
    assert str(tmp_path) in refusal.value.place
    assert "dmb new" in refusal.value.remedy


def test_a_folder_that_is_not_there_is_nothing_to_work_on(tmp_path: Path) -> None:
    with pytest.raises(NothingToWorkOn, match="no such folder"):
        Module.read(tmp_path / "nowhere")


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DmbError, match="broken TOML") as refusal:
        Module.read(write(tmp_path, GOOD.replace('title = "', "title = ")))
    assert refusal.value.place == f"{tmp_path.resolve()}/pyproject.toml:13"


@pytest.mark.parametrize(
    ("data", "cause"),
    [(b"a = '\xff'", "not UTF-8"), (b"a = " + b"[" * 20000, "nested too deep|broken TOML")],
)
def test_a_file_that_cannot_be_parsed_is_refused(tmp_path: Path, data: bytes, cause: str) -> None:
    with pytest.raises(DmbError, match=cause):
        Module.read(write(tmp_path, data))


def test_a_pyproject_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(DmbError, match="cannot be read"):
        Module.read(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("manifest = 1", "manifest = 2", r"manifest is 2; this dmb reads 1"),
        ("manifest = 1", "manifest = true", r"\[tool.dmb\] manifest: it must be a whole number"),
        ("manifest = 1", "", r"\[tool.dmb\] manifest: it is missing"),
        ('name = "bar-one"\ntitle', "title", r"\[tool.dmb\] name: it is missing"),
        ('name = "bar-one"\ntitle', 'name = "../x"\ntitle', r"\[tool.dmb\] name: '../x' cannot be"),
        ('name = "bar-one"\ntitle', 'name = "webserver"\ntitle', r"\[tool.dmb\] name: 'webserver' is reserved"),
        ('title = "Bår „One“ 1"', 'title = "a\\nb"', r"\[tool.dmb\] title: .*U\+000A"),
        ('"team:data"', '"me"', r"\[tool.dmb\] owner: 'me' is not an owner that Dagster accepts"),
        ('"team:data"', '""', r"\[tool.dmb\] owner: it must be a quoted string"),
        ('"isolated"', '"both"', r"code_location: 'both' is not one of: isolated, shared"),
        ('"duckdb"', '"oracle"', r"database: 'oracle' is not one of: duckdb, postgresql, mysql, none"),
        ('"quick"', "7", r"governance: it must be a quoted string"),
        ('template_version = "0.1.0"', "", r"template_version: it is missing"),
        ('["API_TOKEN"]', '["A B"]', r"requires: it must be a list of names"),
        ('["API_TOKEN"]', '["api_token"]', r"requires: it must be a list of names"),
        ('["API_TOKEN"]', '"API_TOKEN"', r"requires: it must be a list of names"),
        ("grpc = 4001", 'grpc = "4001"', r"\[tool.dmb.ports\] grpc: it must be a whole number"),
        ("grpc = 4001", "grpc = 80", r"\[tool.dmb.ports\] grpc: it must be a whole number from 1024"),
        ("grpc = 4001", "'g r' = 4001", r"\[tool.dmb.ports\] g r: it is not a port name"),
        ('"bar_one_dagster"', '"bar-one; rm"', r"root_module: 'bar-one; rm' is not an import package"),
        ('"bar_one_dagster"', '"a..b"', r"root_module: 'a..b' is not an import package"),
        ('code_location_name = "bar-one"', 'code_location_name = "a\\u0007"', "cannot be printed"),
        ("[tool.dg.project]", "[tool.dg.other]", r"\[tool.dg.project\] is missing"),
    ],
)
def test_each_wrong_key_is_named(tmp_path: Path, old: str, new: str, cause: str) -> None:
    assert old in GOOD
    folder = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(DmbError, match=cause) as refusal:
        Module.read(folder)
    assert refusal.value.exit_code == 2
    assert refusal.value.place.endswith("pyproject.toml")
    assert refusal.value.remedy
