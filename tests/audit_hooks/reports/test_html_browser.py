"""The page in a real browser, as people use it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from audit_hooks.judging.verdict import Verdict
from audit_hooks.reading.sources import Sources
from audit_hooks.reports import html
from audit_hooks.reports.plain import one_line
from tests.support.browser import chromium
from tests.support.samples import HOSTILE, PLAIN, SEVERITIES, finding, fleet, hostile, sources, verdict

__all__ = ["chromium"]  # a fixture
pytestmark = pytest.mark.needs_browser

Open = Callable[..., Page]
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a report as a file; at the end nothing was said on the console, and nothing was asked of any network."""
    said: list[str] = []
    asked: list[str] = []
    contexts = []

    def opened(verdicts: Sequence[Verdict], files: Sources | None = None, **settings: object) -> Page:
        target = tmp_path / "report.html"
        target.write_text(html.render(verdicts, files or sources(tmp_path / "files")), encoding="utf-8")
        context = chromium.new_context(**{"viewport": WIDE, **settings})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda box: said.append(box.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(target.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert {url for url in asked if not url.startswith("data:")} == {(tmp_path / "report.html").as_uri()}


def names(page: Page) -> list[str]:
    return page.locator("#modules tbody .open bdi").all_text_contents()


def cell(page: Page, module: str, area: str) -> str:
    return page.locator("#modules tbody tr", has_text=module).locator(f'[data-area="{area}"]').text_content() or ""


SOME = [
    verdict(
        finding("SEC001", "error", "a/.env", 0, 0, message="the file .env is committed"),
        finding("SEC001", "error", "a/key.pem", 0, 0, message="a key is committed"),
        finding("SCH001", "warning", "a/x.py", 2, 3, subject="daily"),
        name="alpha",
        folder="a",
        owner="team:data",
        checked=("SEC001", "SCH001", "PKG001"),
        ports={"grpc": 4001, "db": 5440},
    ),
    verdict(
        finding("SCH001", "warning", "b/x.py", 2, 3, subject="hourly"),
        name="beta",
        folder="b",
        checked=("SCH001",),
        ports={"grpc": 4001},
    ),
    verdict(name="gamma", folder="c", tier="quick", checked=("SCH001", "PKG001"), ports={"grpc": 4002}),
]


@pytest.mark.parametrize("size", [0, 1, 50, 500])
def test_every_module_has_its_row(show: Open, size: int) -> None:
    started = time.monotonic()
    page = show(fleet(size))
    expect(page.locator("#modules tbody tr")).to_have_count(size)
    assert time.monotonic() - started < 10  # on a machine that does much else; by itself well below one
    assert sorted(names(page)) == sorted(one.name for one in fleet(size))
    assert page.locator("#total").inner_text().startswith(f"{size or 'no'} module")
    if size == 0:
        expect(page.locator("#modules")).to_have_text("Nothing was audited.")


def test_the_matrix_tells_areas_apart_and_the_worst_come_first(show: Open) -> None:
    page = show(SOME)
    assert names(page) == ["alpha", "beta", "gamma"]
    assert cell(page, "alpha", "SEC") == "2"
    assert cell(page, "alpha", "SCH") == "1"
    label = page.locator("tbody tr", has_text="alpha").locator('[data-area="SEC"]').get_attribute("aria-label")
    assert label == "alpha, Security: 2 errors"
    marks = [
        page.locator("tbody tr", has_text=name).locator('[role="img"]').evaluate_all("all => all.map(e => e.ariaLabel)")
        for name in ("alpha", "beta", "gamma")
    ]
    assert marks == [
        ["Package: no findings"],
        ["Package: not asked", "Security: not asked"],
        ["Package: no findings", "Schedules: no findings", "Security: not asked"],
    ]


def test_a_heading_sorts(show: Open) -> None:
    page = show(SOME)
    page.click('[data-key="name"] button')
    assert names(page) == ["alpha", "beta", "gamma"]
    page.keyboard.press("Enter")  # the heading keeps the focus
    assert names(page) == ["gamma", "beta", "alpha"]
    expect(page.locator('[data-key="name"]')).to_have_attribute("aria-sort", "descending")
    page.click('[data-key="warning"] button')
    assert names(page) == ["alpha", "beta", "gamma"]


@pytest.mark.parametrize(
    ("words", "severity", "area", "left"),
    [
        ("", "", "", ["alpha", "beta", "gamma"]),
        ("BETA", "", "", ["beta"]),
        ("hourly", "", "", ["beta"]),
        ("committed", "", "", ["alpha"]),
        ("alpha hourly", "", "", []),
        ("quick", "", "", ["gamma"]),
        ("team:data", "", "", ["alpha"]),
        ("", "error", "", ["alpha"]),
        ("", "warning", "", ["alpha", "beta"]),
        ("", "clean", "", ["gamma"]),
        ("", "", "SCH", ["alpha", "beta"]),
        ("", "warning", "SEC", []),
        ("b", "warning", "SCH", ["beta"]),
    ],
)
def test_the_filter_narrows(show: Open, words: str, severity: str, area: str, left: list[str]) -> None:
    page = show(SOME)
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.select_option("#severity", severity)
    page.select_option("#area", area)
    assert names(page) == left
    assert page.locator("#shown").inner_text().startswith(f"{len(left)} of 3 shown")
    page.click("text=Clear")
    expect(page.locator("#modules tbody tr")).to_have_count(3)


def test_counts_are_of_what_passes_the_filter(show: Open) -> None:
    page = show(SOME)
    page.fill("#words", "key.pem")
    assert cell(page, "alpha", "SEC") == "1"
    expect(page.locator("#shown")).to_have_text("1 of 3 shown, 1 finding")
    page.click("tbody .open")
    expect(page.locator(".finding")).to_have_count(1)
    page.click("text=Show all 3")
    expect(page.locator(".finding")).to_have_count(3)


def test_the_end_of_500_modules_is_a_key_away(show: Open) -> None:
    page = show(fleet(500))
    page.focus("tbody .open")
    page.keyboard.press("End")
    last = page.locator("#modules tbody tr").last.locator(".open")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    page.keyboard.press("PageUp")
    assert page.evaluate("document.activeElement.closest('tr').sectionRowIndex") == 484


def test_500_modules_are_filtered_while_one_types(show: Open) -> None:
    page = show(fleet(500))
    page.focus("#words")
    started = time.monotonic()
    page.keyboard.type("orders-0")
    expect(page.locator("#modules tbody tr")).to_have_count(sum("orders-0" in one.name for one in fleet(500)))
    assert time.monotonic() - started < 10


def test_a_module_is_opened_read_and_left_by_keyboard(show: Open, tmp_path: Path) -> None:
    files = sources(tmp_path / "m", a_py="import os\nx = 🦆 + y\n")
    rule = PLAIN[1]
    some = [
        verdict(
            finding(rule.code, "warning", "a.py", 2, 9, remedy="add one"),
            name="one",
            owner="team:data",
            silenced=2,
            made=False,
        ),
        verdict(finding(rule.code, "info"), name="two"),
    ]
    page = show(some, files)
    page.focus("#tab-modules")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tbody') !== null"):
            break
    assert page.evaluate("document.activeElement.textContent").startswith("one")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="one")
    expect(dialog).to_be_visible()
    expect(dialog.locator("#name")).to_be_focused()
    expect(dialog.locator(".top")).to_contain_text(rule.title)
    expect(dialog.locator(".place")).to_have_text("a.py:2:9")
    expect(dialog.locator("mark")).to_have_text("y")
    expect(dialog.locator(".remedy").first).to_have_text("add one")
    expect(dialog.locator(".facts")).to_contain_text("Silenced2 findings")
    expect(dialog.locator(".facts")).to_contain_text("not made by dmb")
    page.keyboard.press("j")
    expect(page.get_by_role("dialog", name="two")).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("k")  # there is none before
    expect(page.get_by_role("dialog", name="one")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("tbody .open", has_text="two")).to_be_focused()  # where one has got to


def test_arrows_move_in_the_table_and_a_cell_opens_its_area(show: Open) -> None:
    page = show(SOME)
    page.focus("tbody .open")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.area") == "SEC"
    page.keyboard.press("ArrowDown")  # beta has nothing there: its name
    assert page.evaluate("document.activeElement.textContent").startswith("beta")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent").startswith("gamma")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .finding")).to_have_count(2)
    expect(page.locator("dialog h3")).to_have_text(["Security"])
    page.keyboard.press("Escape")
    expect(page.locator("tbody tr", has_text="alpha").locator('[data-area="SEC"]')).to_be_focused()
    assert page.locator('tbody [tabindex="0"]').count() == 1  # one stop of the Tab key, however large the table


def test_the_focus_is_seen(show: Open) -> None:
    page = show(SOME)
    page.focus("#theme")
    for _ in range(9):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline in ("solid", "auto"), page.evaluate("document.activeElement.outerHTML")


def test_ports_show_who_prefers_which_and_what_clashes(show: Open) -> None:
    page = show(SOME)
    page.click("#tab-ports")
    rows = page.locator("#ports tbody tr")
    assert rows.all_inner_texts()[0].split() == ["4001", "alpha", "grpc", "▲", "clash:", "2", "prefer", "it"]
    assert [row.split() for row in rows.all_inner_texts()[1:]] == [
        ["beta", "grpc"],
        ["4002", "gamma", "grpc"],
        ["5440", "alpha", "db"],
    ]
    expect(page.locator("#ports .clash")).to_have_count(2)
    expect(page.locator("#ports caption")).to_contain_text("3 ports, 1 clash.")
    page.check("text=Clashes only")
    expect(rows).to_have_count(2)
    page.uncheck("text=Clashes only")
    page.fill("#words", "gamma")
    expect(rows).to_have_count(1)
    page.click("#ports .link")
    expect(page.get_by_role("dialog", name="gamma")).to_be_visible()


def test_rules_are_listed_and_lead_to_their_modules(show: Open) -> None:
    page = show(SOME)
    page.focus("#tab-modules")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Rules")).to_be_focused()
    first = page.locator("#rules tbody tr").first
    expect(first).to_contain_text("SCH001")
    assert first.locator(".number").all_inner_texts() == ["2", "2"]
    first.get_by_role("button").click()
    expect(page.locator("#words")).to_have_value("SCH001")
    assert names(page) == ["alpha", "beta"]


def test_hostile_words_are_text_and_nothing_else(show: Open) -> None:
    long = verdict(finding(message="x" * 10_000), name="y" * 10_000, folder="z" * 200)
    page = show([hostile(), long], viewport=NARROW)
    assert sorted(page.locator("tbody bdi").all_text_contents()) == sorted([one_line("".join(HOSTILE)), "y" * 10_000])
    page.locator("tbody .open").first.click()
    seen = {text.strip() for text in page.locator("dialog .what").all_text_contents()}
    assert seen == {one_line(text).strip() for text in HOSTILE}
    assert page.locator("img, iframe, object, dialog script").count() == 0
    page.keyboard.press("j")
    expect(page.locator("dialog .what")).to_have_text("x" * 10_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.evaluate("document.getElementById('module').scrollWidth") <= NARROW["width"]


def test_the_policy_holds(chromium: Browser, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text(html.render(SOME, sources(tmp_path)), encoding="utf-8")
    page = chromium.new_page()
    page.goto(target.as_uri())
    broken = page.evaluate(
        """async () => {
          const broken = [];
          document.addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
          const add = (tag, told) => document.body.append(Object.assign(document.createElement(tag), told));
          add("img", { src: "https://example.org/x.png" });
          add("link", { rel: "stylesheet", href: "https://example.org/x.css" });
          try { document.body.innerHTML = "<b>x</b>"; } catch { }
          await fetch("https://example.org/").catch(() => {});
          await new Promise((done) => setTimeout(done, 200));
          return broken.sort();
        }"""
    )
    assert broken == ["connect-src", "img-src", "require-trusted-types-for", "style-src-elem"]
    page.close()


def ground(page: Page) -> str:
    found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


def test_light_and_dark_follow_the_system_until_one_is_chosen(show: Open) -> None:
    light, dark = show(SOME, color_scheme="light"), show(SOME, color_scheme="dark")
    day, night = ground(light), ground(dark)
    assert day != night
    light.click("#theme")
    expect(light.locator("#theme")).to_have_text("Theme: light")
    light.emulate_media(color_scheme="dark")
    assert ground(light) == day
    light.click("#theme")
    expect(light.locator("#theme")).to_have_text("Theme: dark")
    assert ground(light) == night
    light.reload()
    assert ground(light) == night  # it is remembered
    light.click("#theme")
    light.emulate_media(color_scheme="light")
    assert ground(light) == day


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_anybody(show: Open, scheme: str, viewport: dict[str, int], tmp_path: Path) -> None:
    """Contrast, names, roles and the rest of what axe judges, in every view."""
    found = [finding(rule.code, severity) for rule, severity in zip(PLAIN, SEVERITIES, strict=False)]
    some = [verdict(*found, name="all kinds"), *SOME, *fleet(8)]
    files = sources(tmp_path / "m", a_py="import x\n")
    page = show(some, files, color_scheme=scheme, viewport=viewport, reduced_motion="reduce")

    def judged() -> list[str]:
        found = Axe().run(page).response["violations"]
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]

    views = {"modules": judged()}
    for view in ("rules", "ports"):
        page.click(f"#tab-{view}")
        views[view] = judged()
    page.click("#tab-modules")
    page.locator("tbody .open", has_text="all kinds").click()
    expect(page.locator("dialog pre")).to_have_count(3)
    page.locator("dialog summary").first.click()
    views["module"] = judged()
    assert views == {view: [] for view in views}


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_only_the_table_scrolls_sideways(show: Open, viewport: dict[str, int]) -> None:
    page = show(fleet(50), viewport=viewport)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.locator("#modules").evaluate("e => e.scrollTo(400, 400)")
    box = page.locator("thead th").first.bounding_box()
    header = page.locator("header").bounding_box()
    assert box is not None
    assert header is not None
    assert abs(box["x"]) <= 20  # names and titles stay
    assert abs(box["y"] - header["height"]) <= 2


def test_a_module_with_thousands_of_findings_opens(show: Open) -> None:
    found = [finding("SEC001", line=line, message=f"number {line}") for line in range(1, 5001)]
    page = show([verdict(*found), verdict(name="other")])
    page.locator("tbody .open").first.click()
    expect(page.locator(".finding")).to_have_count(200)
    page.click("text=Show 200 more of 5000")
    expect(page.locator(".finding")).to_have_count(400)
    assert page.evaluate("document.activeElement.className").startswith("finding")


def test_a_report_on_one_module_shows_what_was_found_at_once(show: Open) -> None:
    page = show([verdict(finding("WSP001", "error"), finding("WSP002", "warning", line=2))])
    expect(page.locator("#modules .finding")).to_have_count(2)
    page.select_option("#severity", "error")
    expect(page.locator("#modules .finding")).to_have_count(1)
    page = show([verdict(*(finding(line=line) for line in range(1, 302)))])
    expect(page.locator("#modules .finding")).to_have_count(200)
    expect(page.locator("#modules .single")).to_contain_text("101 more: open the module above.")


def test_on_paper_the_table_is_whole(show: Open) -> None:
    page = show(fleet(50))
    page.emulate_media(media="print")
    assert page.locator("#modules").evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    expect(page.locator("#filter label").first).to_be_hidden()
    assert ground(page) == "rgba(0, 0, 0, 0)"
    page.emulate_media(media="screen")
    page.locator("tbody .open").first.click()
    page.emulate_media(media="print")
    expect(page.locator("#modules")).to_be_hidden()
    expect(page.locator("#detail")).to_be_visible()
