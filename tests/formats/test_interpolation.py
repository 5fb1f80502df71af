"""Which variables a text of a Compose file uses, and which of them may be unset."""

from __future__ import annotations

import pytest

from dmb.formats.interpolation import default_of, variables_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("plain: text", []),
        ("$A-$B_1", [("A", ""), ("B_1", "")]),
        ("${A}${B}", [("A", ""), ("B", "")]),
        ("${A:-1}:${B-}", [("A", ":-"), ("B", "-")]),
        ("${A:?say so} ${B?}", [("A", ":?"), ("B", "?")]),
        ("${A:+x} ${B+x}", [("A", ":+"), ("B", "+")]),
        ("${A:-${B:?}}", [("A", ":-"), ("B", ":?")]),
        ("$$A $${B} $$$C", [("C", "")]),
        ("$1 ${} ${1} ${A!} ${A", []),
    ],
)
def test_the_variables_of_a_text(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(variables_in(text)) == expected


@pytest.mark.parametrize("operator", ["-", ":-", "+", ":+"])
def test_a_variable_with_a_default_or_that_stands_for_something_else_may_be_unset(operator: str) -> None:
    assert [use.may_be_unset for use in variables_in(f"${{A{operator}x}}")] == [True]


@pytest.mark.parametrize("text", ["$A", "${A}", "${A?}", "${A:?x}"])
def test_any_other_may_not(text: str) -> None:
    assert [use.may_be_unset for use in variables_in(text)] == [False]


@pytest.mark.parametrize(
    ("text", "default"),
    [("${A:-1.2}", "1.2"), ("${A-}", ""), ("${A}", None), ("v${A:-1}", None), ("${A:-$B}", None), ("${A:-${B}}", None)],
)
def test_the_default_of_a_text_that_is_one_variable(text: str, default: str | None) -> None:
    assert default_of(text) == default
