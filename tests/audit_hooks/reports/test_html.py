"""The page as it is written: one file, with data in it that cannot get out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from audit_hooks.reports import html
from audit_hooks.reports.plain import one_line
from tests.support.samples import HOSTILE, PLAIN, finding, fleet, hostile, sources, verdict


class Page(HTMLParser):
    """The elements with their attributes, and the text of scripts and styles, as a browser's parser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.raw.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[-1] += data

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]


def data(text: str) -> Any:
    return json.loads(Page(text).raw[1])


def test_the_page_is_whole_and_asks_for_nothing(tmp_path: Path) -> None:
    text = html.render(fleet(50), sources(tmp_path))
    assert text.startswith("<!doctype html>")
    page = Page(text)
    for _, attributes in page.elements:
        assert attributes.get("src") is None
        assert (attributes.get("href") or "data:").startswith("data:")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert "@import" not in page.raw[0]
    assert "url(" not in page.raw[0]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|fetch\(|https?:", page.raw[2])


def test_its_policy_allows_its_own_style_and_script_alone(tmp_path: Path) -> None:
    page = Page(html.render([], sources(tmp_path)))
    (policy,) = (told["content"] for _, told in page.elements if told.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    style, _, script = page.raw
    for kind, text in (("style-src", style), ("script-src", script)):
        mark = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{mark}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_hostile_words_add_no_element_and_come_back_as_they_were(tmp_path: Path) -> None:
    text = html.render([hostile()], sources(tmp_path))
    text.encode()
    assert Page(text).tags == Page(html.render([], sources(tmp_path))).tags
    (module,) = data(text)["modules"]
    assert {one["message"] for one in module["findings"]} == {one_line(words) for words in HOSTILE}
    assert module["name"] == module["owner"] == one_line("".join(HOSTILE))


def test_no_secret_is_in_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PLAIN[0], "secret", True)
    files = sources(tmp_path, a_py="x = 'hunter2'\ny = 'shown'\n")
    found = [finding(PLAIN[0].code), finding(PLAIN[1].code), finding(PLAIN[1].code, line=2)]
    text = html.render([verdict(*found)], files)
    assert "hunter2" not in text
    assert "y = 'shown'" in [one["excerpt"] for one in data(text)["modules"][0]["findings"]]
