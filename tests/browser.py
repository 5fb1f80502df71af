"""A real browser for tests: Debian's Chromium, headless, driven by playwright.

Where there is none a test is skipped, and with DMB_TEST_SERVICES=required it fails.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from .databases import unavailable


@pytest.fixture(
    scope="module"
)  # no longer: while it runs, its thread has an event loop, and other tests start their own
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        unavailable("there is no Chromium: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, chromium_sandbox=os.geteuid() != 0)
        yield browser
        browser.close()
