"""TOML whose errors name the line."""

from __future__ import annotations

import pytest

from dmb.errors import DmbError
from dmb.formats import toml


def test_what_a_file_says() -> None:
    assert toml.document("a = 1\n[b]\nc = 'd'\n", "f.toml") == {"a": 1, "b": {"c": "d"}}


@pytest.mark.parametrize(
    ("text", "place"), [("a = 1\nb = \n", "f.toml:2"), ("a = 1\nb = [1,", "f.toml:2"), ("=", "f.toml:1")]
)
def test_what_is_broken_is_told_with_its_line(text: str, place: str) -> None:
    with pytest.raises(DmbError, match="broken TOML") as caught:
        toml.document(text, "f.toml")
    assert caught.value.place == place
    assert "at line" not in caught.value.cause


def test_values_that_are_nested_too_deep() -> None:
    with pytest.raises(DmbError, match=r"nested too deep|broken TOML"):
        toml.document("a = " + "[" * 20_000, "f.toml")


def test_a_number_that_python_does_not_read() -> None:
    with pytest.raises(DmbError, match="broken TOML") as caught:
        toml.document("a = " + "9" * 5_000, "f.toml")
    assert caught.value.place == "f.toml"
