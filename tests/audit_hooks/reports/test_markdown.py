"""The Markdown, judged by what it is when rendered."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from audit_hooks.reports import markdown
from audit_hooks.reports.plain import one_line
from tests.support.samples import HOSTILE, PLAIN, finding, fleet, hostile, sources, tree, verdict


class Page(HTMLParser):
    """The tags, the addresses and the text of each table's cells."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: set[str] = set()
        self.cells: list[str] = []
        self.text = ""
        self._inside = False
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(source))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}
        if tag in ("td", "th"):
            self.cells.append("")
            self._inside = True

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag not in ("td", "th")


def test_totals_a_row_a_module_and_the_findings_folded_away(tmp_path: Path) -> None:
    files = tree(tmp_path, {"m/a.py": "x = '|'\n"})
    verdicts = [verdict(name="clean"), verdict(finding(path="m/a.py", column=5), name="bad", folder="m", silenced=2)]
    page = Page(markdown.render(verdicts, files))
    assert page.text.startswith("Audit: 1 error\n2 modules: 1 of 2 with findings, 2 findings silenced.\n")
    assert page.cells[7:10] == ["❌", "bad", "standard"]
    assert page.cells[14:16] == ["✅", "clean"]
    assert page.tags.count("details") == 1
    assert page.cells[-3:] == ["WSP001", "m/a.py:1:5", "it is sox = '|'→ change it"]


def test_owners_have_a_column_where_somebody_has_one(tmp_path: Path) -> None:
    owned = verdict(name="owned", owner="team:data")
    page = Page(markdown.render([verdict(name="bar"), owned], sources(tmp_path)))
    assert page.cells[:4] == ["", "module", "owner", "tier"]
    assert [page.cells[8:12], page.cells[16:20]] == [
        ["✅", "bar", "", "standard"],
        ["✅", "owned", "team:data", "standard"],
    ]


def test_a_module_and_the_workspace_of_one_folder_are_told_apart(tmp_path: Path) -> None:
    page = Page(markdown.render([verdict(name="bar"), verdict(name="bar", kind="workspace")], sources(tmp_path)))
    assert [page.cells[8], page.cells[15]] == ["bar", "bar (workspace)"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_text_and_nothing_else(tmp_path: Path, text: str) -> None:
    said = finding(path="a.py", line=1, column=1, message=text, remedy=text)
    page = Page(markdown.render([verdict(said, name=text)], sources(tmp_path, a_py=text.replace("\udcff", ""))))
    plain = Page(markdown.render([verdict(finding(path="a.py"), name="bar")], sources(tmp_path, a_py="x\n")))
    assert [tag for tag in page.tags if tag != "span"] == [tag for tag in plain.tags if tag != "span"]
    assert page.links == plain.links
    assert page.text.count(one_line(text).strip()) >= 4  # name twice, message, remedy
    assert len(page.cells) == len(plain.cells)


def test_what_github_looks_for_after_markdown_is_taken_apart() -> None:
    assert markdown.escaped("@asset #12 $A :x:") == (
        "<span>@</span>asset <span>#</span>12 <span>$</span>A <span>:</span>x<span>:</span>"
    )


def test_a_summary_fits_where_github_takes_it_and_says_what_is_left_out(tmp_path: Path) -> None:
    found = [finding(line=line, message="x" * 300) for line in range(1, 5000)]
    verdicts = [verdict(finding(severity="info"), name="small"), verdict(*found, name="huge")]
    report = markdown.render(verdicts, sources(tmp_path))
    assert len(report.encode()) <= 1_000_000
    page = Page(report)
    assert page.tags.count("details") == report.count("</details>") == 1
    left = int(report.rpartition(" findings more")[0].rpartition("\n")[2])
    assert left == 5000 - sum(cell.startswith("a.py:") for cell in page.cells)
    assert left < 4999


def test_a_fleet_too_large_for_a_table_is_cut_too(tmp_path: Path) -> None:
    report = markdown.render([verdict(name="x" * 1000) for _ in range(2000)], sources(tmp_path))
    assert len(report.encode()) <= 1_000_000
    assert re.search(r"^\d+ more\.$", report, re.MULTILINE)


def test_a_fleet_of_500_and_nothing(tmp_path: Path) -> None:
    page = Page(markdown.render(fleet(500), sources(tmp_path)))
    assert page.tags.count("details") == sum(bool(one.findings) for one in fleet(500))
    assert Page(markdown.render([], sources(tmp_path))).text.startswith("Audit: no findings\nno modules.")


def test_what_nothing_was_asked_of_is_not_told(tmp_path: Path) -> None:
    verdicts = [verdict(name="above", kind="repository", checked=()), verdict(), verdict(kind="workspace")]
    report = markdown.render(verdicts, sources(tmp_path))
    assert "above" not in report
    assert "\n1 module, 1 workspace.\n" in report


def test_no_secret_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PLAIN[0], "secret", True)
    found = [finding(PLAIN[0].code), finding(PLAIN[1].code)]
    assert "hunter2" not in markdown.render([verdict(*found)], sources(tmp_path, a_py="x = 'hunter2'\n"))
    hostile_report = markdown.render([hostile()], sources(tmp_path, a_py="x\n" * 20))
    hostile_report.encode()
