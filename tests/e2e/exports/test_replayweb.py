"""The real replayweb.page opens a WACZ file in Chromium, finds an article by its title, and shows the archived page."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.children import ROOT
from tests.support.commands import ALWAYS, scrapy
from tests.support.crawling import Crawl
from vokcrawl.sample import SampleServer

# CI sets `none` where the package cannot be fetched, and says so.
IS_UNAVAILABLE = os.environ.get("VOK_TEST_REPLAYWEBPAGE") == "none"
FOLDER = Path(os.environ.get("VOK_TEST_REPLAYWEBPAGE") or ROOT / ".replaywebpage") / "package"
MISSING = f"no replayweb.page in {FOLDER}; `tests/support/install/replaywebpage.sh` fetches it"


class Handler(SimpleHTTPRequestHandler):
    """Serves the program and the WACZ file; of the latter ranges, as replayweb.page asks for them."""

    def __init__(self, *args: Any, wacz: Path, **options: Any) -> None:
        self.wacz = wacz
        super().__init__(*args, directory=str(FOLDER), **options)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def send_head(self) -> Any:
        if self.path != "/archive.wacz":
            return super().send_head()
        content = self.wacz.read_bytes()
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        start = int(first) if first else len(content) - int(last)
        part = content[start : int(last) + 1 if first and last else None]
        self.send_response(206)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        return BytesIO(part)


@contextmanager
def serving(wacz: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, wacz=wacz)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.skipif(IS_UNAVAILABLE or not (FOLDER.exists() or os.environ.get("CI")), reason=MISSING)
def test_an_article_is_found_by_its_title_and_its_archived_page_is_shown(
    browser: Browser, crawl: Callable[..., Crawl], serve: Callable[..., SampleServer], tmp_path: Path
) -> None:
    server = serve(25)
    output = tmp_path / "output"
    # In the second run the pages are revisits.
    for _ in range(2):
        done = crawl(f"{server.url}/article/163/", output, settings={**ALWAYS, "VOK_RECHECK_DAYS": 4000})
        assert done.code == 0, done.stderr
    exported = scrapy("export", "--to", str(tmp_path / "archive.wacz"), output=output)
    assert exported.code == 0, exported.stderr
    # What is shown comes from the file, not from the site.
    server.close()
    article = done.records("articles")[7]
    with serving(tmp_path / "archive.wacz") as url:
        page = browser.new_page()
        try:
            page.goto(f"{url}/index.html?source={url}/archive.wacz#view=pages")
            expect(page.locator("wr-page-entry")).to_have_count(25, timeout=30_000)
            page.get_by_placeholder("Search by Page URL, Title, or Text").fill(article["title"])
            found = page.locator("wr-page-entry").filter(has_text=article["title"])
            expect(found.first).to_be_visible(timeout=30_000)
            found.first.locator("a").first.click()
            shown = page.frame_locator("iframe")
            expect(shown.locator("body")).to_contain_text(article["title"], timeout=30_000)
            for paragraph in article["body"].split("\n\n"):
                expect(shown.locator("body")).to_contain_text(paragraph)
            frames = [frame.url for frame in page.frames if "/newstream/" in frame.url]
            assert frames
            assert all(frame.startswith(url) for frame in frames)
        finally:
            page.close()
