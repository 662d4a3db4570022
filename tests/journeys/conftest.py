"""A browser for the journeys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.stack import Stack

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it these tests are skipped with a line that says how to get it."""
    if CHROMIUM is None:
        pytest.skip("không có Chromium: sudo apt-get install chromium fonts-dejavu-core")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of a phone, 360 pixels wide."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, locale="vi-VN")
    yield context.new_page()
    context.close()


@pytest.fixture(params=[360, pytest.param(1366, marks=pytest.mark.long)], ids=["phone", "desktop"])
def citizen(request: pytest.FixtureRequest, browser: Browser, stack: Stack) -> Iterator[Page]:
    """A page of a phone, then of a desktop."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 760}, has_touch=request.param < 500, locale="vi-VN",
        base_url=stack.base_url,
    )  # fmt: skip
    yield context.new_page()
    context.close()
