"""`python -m bench`: every part is run, in folders that are there for all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.pairs import Pair
from dmb.template.create import create


def fails() -> Iterator[Pair]:
    yield Pair("the first", 1, 1, 1, None)
    raise AssertionError("broken on purpose")


def makes_a_module(folder: Path) -> Iterator[Pair]:
    folder.mkdir()
    create({}, output_dir=folder, no_input=True)
    yield Pair(f"made in {folder.name}", 1, 1, 1, 2)


def test_a_part_that_fails_does_not_hide_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = os.environ.get("COOKIECUTTER_CONFIG")
    parts = {"a": lambda: makes_a_module(tmp_path / "a"), "b": fails, "c": lambda: makes_a_module(tmp_path / "c")}
    assert main([], parts) == 1
    out, err = capsys.readouterr()
    assert [line.split("  ")[0] for line in out.splitlines()] == ["made in a", "the first", "made in c"]
    assert "b failed:" in err
    assert "broken on purpose" in err
    assert main(["c"], {"c": lambda: makes_a_module(tmp_path / "d")}) == 0
    assert os.environ.get("COOKIECUTTER_CONFIG") == before


def test_a_missed_promise_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {"slow": lambda: iter([Pair("slow", 3, 1, 3, 2)])}) == 1
    assert main([], {"fast": lambda: iter([Pair("fast", 1, 1, 1, 2)])}) == 0
    assert main(["gone"], {}) == 2
    assert "no part is called gone" in capsys.readouterr().err
