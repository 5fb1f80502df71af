"""Names and the checks of answers."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dmb import answers
from dmb.template import extension as template

ROOT = Path(__file__).parent.parent


@given(st.text())
def test_a_slug_from_any_name_is_accepted_or_empty_or_clearly_refused(name: str) -> None:
    slug = answers.slug_from(name)
    problem = answers.problem_with("module_slug", slug)
    assert (
        problem is None or slug == "" or not slug[0].isalpha() or len(slug) > answers.SLUG_MAX or "reserved" in problem
    )
    assert slug == slug.lower()
    assert slug.isascii()


@given(st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True))
def test_every_accepted_slug_gives_an_accepted_package_and_prefix(slug: str) -> None:
    if answers.problem_with("module_slug", slug) is None:
        assert answers.problem_with("__package", answers.package_from(slug)) is None
        assert answers.problem_with("__prefix", answers.prefix_from(slug)) is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Bar One", "bar-one"),
        ("  Größe & Maß!  ", "groe-ma"),
        ("Café Crème", "cafe-creme"),
        ("a__b--c", "a-b-c"),
        ("数据", ""),
        ("2nd try", "2nd-try"),
    ],
)
def test_slug_from(name: str, slug: str) -> None:
    assert answers.slug_from(name) == slug


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        (
            "module_name",
            ["Bar One", "Ünï 数据 🚀", 'say "hi"', "$(date)", "-x", "a" * 64],
            ["", "a" * 65, "a\nb", "{{ x }}"],
        ),
        (
            "module_slug",
            ["bar-one", "a", "a1-2b", "con-data"],
            ["", "Bar", "1a", "a--b", "-a", "a-", "a_b", "../x", "a.b"],
        ),
        ("module_slug", [], ["con", "nul", "com1", "lpt9", "dagster", "webserver", "a" * 51, "ä", "a b", "a\n"]),
        ("__package", ["bar_one_dagster", "x"], ["", "class", "json", "dagster", "a-b", "A", "1a", "a b", "ä"]),
        ("__prefix", ["BAR_ONE", "X1"], ["", "bar", "DAGSTER", "1A", "A__B", "A_", "A B"]),
        (
            "description",
            ["x", "שלום", "it's 100 %", "C:\\new", "a" * 300],
            ["", "a" * 301, "a\x00", "\u202eabc", "{% if %}"],
        ),
        (
            "owner",
            ["team:data", "team:Data.Eng-1", "a.b+c@x.example"],
            ["", "data", "team:", "team:a b", "a@b", "@x.de", "a@x.de\n"],
        ),
        ("database", ["duckdb", "none"], ["", "DuckDB", "oracle"]),
        ("governance", ["quick", "standard", "enterprise"], ["", "gold"]),
        ("code_location", ["isolated", "shared"], ["", "both"]),
        (
            "__schedules",
            ["none", "daily", "weekly", "daily,weekly"],
            ["", "hourly", "daily,daily", "none,daily", "daily, weekly"],
        ),
        ("__python_version", ["3.11", "3.14"], ["3.10", "3", "3.12.1", "4.0"]),
        (
            "__grpc_port",
            ["", "4001", "65535", "1024"],
            ["0", "80", "65536", "4001.0", "x", "-4001", "٤٠٠١", "99999999999"],
        ),
    ],
)
def test_each_answer_is_accepted_or_refused_with_one_sentence(key: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert answers.problem_with(key, value) is None, value
    for value in bad:
        problem = answers.problem_with(key, value)
        assert problem, value
        assert "\n" not in problem
        assert not problem.endswith(".")


def test_every_question_of_the_template_is_checked_and_every_check_has_its_question() -> None:
    asked = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    own = {key for key in asked if not key.startswith(("__check", "_extensions", "__prompts", "__version"))}
    assert own == set(answers.QUESTIONS)
    visible = [key for key in asked if not key.startswith("_")]
    assert len(visible) <= 8
    assert (
        len([key for key in visible if len(asked[key]) > 1 or isinstance(asked[key], str)]) <= 7
    )  # a choice of one is none
    assert set(asked["__prompts__"]) == set(visible)
    for key, choices in asked.items():
        if isinstance(choices, list) and not key.startswith("_"):
            assert all(answers.problem_with(key, choice) is None for choice in choices)
            assert answers.problem_with(key, "no such choice")


one_line = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(one_line)
def test_a_quoted_value_comes_back_whole_from_toml_json_and_yaml(value: str) -> None:
    text = template.quoted(value)
    assert "\n" not in text
    assert tomllib.loads(f"x = {text}")["x"] == value
    assert json.loads(text) == value
    assert yaml.safe_load(f"x: {text}")["x"] == value


@given(st.text())
def test_a_python_literal_comes_back_whole_and_is_ascii(value: str) -> None:
    text = template.python_literal(value)
    assert text.isascii()
    assert "\n" not in text
    assert eval(text, {}) == value  # noqa: S307  the literal is what is tested


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_markdown_text_shows_every_character_and_marks_nothing_up(value: str) -> None:
    text = template.markdown(value)
    assert re.sub(r"\\([\\`*_{}\[\]<>#|~!&.)=+-])", r"\1", text) == value
    assert not re.search(r"(?<!\\)(\\\\)*[`*_<\[|]", text)
    assert not re.match(r"[-+=]|\d+[.)]", text)
