"""A real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("VOK_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
MISSING = "no Chromium to look at the page with; `apt-get install chromium`, or name one in VOK_TEST_CHROMIUM"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window, as long as the tests of this process run."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        # No sandbox, which root is not given; the pages are our own.
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def chromium() -> dict[str, object]:
    """The settings with which a crawl uses Chromium."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return {"VOK_BROWSER": "playwright", "VOK_CHROMIUM": CHROMIUM}
