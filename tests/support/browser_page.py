"""Opens a page in a browser, over HTTP from the loopback interface, and records what it does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page


@dataclass
class PageVisit:
    """An open page: its requests, the browser's messages, and the requests that the server received."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)


@contextmanager
def visit_page(browser: Browser, path: Path, **context: Any) -> Iterator[PageVisit]:
    """Opens the page; `context` are options of the browser context: `viewport`, `color_scheme` and so on."""
    served: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            served.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(path.parent))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        opened = browser.new_context(**context)
        try:
            page = opened.new_page()
            looked = PageVisit(page, f"http://127.0.0.1:{server.server_port}/{path.name}", served=served)
            page.on("request", lambda request: looked.requests.append(request.url))
            page.on("console", lambda message: looked.said.append(message.text))
            page.on("pageerror", lambda error: looked.said.append(str(error)))
            page.on("dialog", lambda dialog: (looked.said.append(dialog.message), dialog.dismiss()))
            page.goto(looked.url)
            yield looked
        finally:
            opened.close()
            server.shutdown()
            thread.join()
