"""A real browser for tests: a Chromium of the system's, headless, driven by playwright.

Where there is none a test is skipped, and with DMB_TEST_SERVICES=required it fails.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from .databases import unavailable


@pytest.fixture(
    scope="module"
)  # no longer: while it runs, its thread has an event loop, and other tests start their own
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("google-chrome", "chromium", "chromium-browser"))), None)
    if program is None:
        unavailable("there is no Chromium: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program)
        yield browser
        browser.close()
