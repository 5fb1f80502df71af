"""New entries for mappings of YAML texts that nobody marked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from dmb.formats.source import Source, offset
from dmb.formats.yaml_entries import Insertion, after_last, before_first, is_flow
from dmb.formats.yaml_nodes import Node, read

BLOCK = "services:\n  db:\n    image: a\n    # why\n    ports:\n      - 1\n\n  # of web\n  web: {image: b}\n"


def services(text: str) -> Mapping[str, Node]:
    return read(Source(Path("compose.yaml"), text)).roots[0].get("services").entries


def put_in(text: str, insertion: Insertion | None) -> str:
    assert insertion
    return text[: insertion.at] + insertion.text + text[insertion.at :]


@pytest.mark.parametrize(("name", "flow"), [("db", False), ("web", True)])
def test_an_entry_comes_before_the_first_as_that_is_written(name: str, flow: bool) -> None:
    node = services(BLOCK)[name]
    assert is_flow(BLOCK, node) is flow
    new = put_in(BLOCK, before_first(BLOCK, node, "user: x"))
    wanted = yaml.safe_load(BLOCK)
    wanted["services"][name]["user"] = "x"
    assert yaml.safe_load(new) == wanted
    assert next(iter(services(new)[name].entries)) == "user"


@pytest.mark.parametrize("end", ["\n", "", "\n\n\n", "\n# the end\n"])
def test_lines_come_behind_the_last_of_a_mapping(end: str) -> None:
    text = f"services:\n  db:\n    image: a{end}"
    new = put_in(text, after_last(text, services(text)["db"], "check:\n  test: b\n"))
    assert new.startswith("services:\n  db:\n    image: a\n    check:\n      test: b\n")
    assert yaml.safe_load(new) == {"services": {"db": {"image": "a", "check": {"test": "b"}}}}


def test_comments_of_the_next_mapping_stay_with_it() -> None:
    new = put_in(BLOCK, after_last(BLOCK, services(BLOCK)["db"], "user: x"))
    assert new == BLOCK.replace("      - 1\n", "      - 1\n    user: x\n")


def test_a_mapping_in_braces_takes_no_lines() -> None:
    assert after_last(BLOCK, services(BLOCK)["web"], "user: x") is None


def test_an_offset_counts_characters() -> None:
    assert "é\nä: ö"[offset("é\nä: ö", 2, 4) :] == "ö"
