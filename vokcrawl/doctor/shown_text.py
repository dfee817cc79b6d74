"""The text that Chromium shows of an archived page. Nothing is loaded from the network."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response

from vokcrawl.doctor.captured import Page
from vokcrawl.downloader.chromium.launch import Chromium, ChromiumFailed
from vokcrawl.downloader.chromium.open_page import OpenPage
from vokcrawl.downloader.chromium.page_requests import PageRequests
from vokcrawl.downloader.rendering.page_functions import READY
from vokcrawl.normalize import authority

__all__ = ["ChromiumFailed", "ShownText"]

# Seconds for one answer of Chromium, and between two checks whether the page is complete; how many of these.
_PATIENCE, _LOOK, _MOST_LOOKS = 20.0, 0.05, 100
# Shows e-mail addresses as the script of Cloudflare does, which is not loaded.
_TEXT = """function () {
  for (const link of document.querySelectorAll("[data-cfemail]")) {
    const bytes = (link.dataset.cfemail.match(/../g) || []).map(each => parseInt(each, 16));
    link.replaceWith(String.fromCharCode(...bytes.slice(1).map(each => each ^ bytes[0])));
  }
  return document.body ? document.body.innerText : "";
}"""


class ShownText:
    """Renders archived pages in one Chromium, each with its own profile. Used in a `with` block.

    `most_memory` is in bytes, `most_text` the maximum length of a text.
    """

    def __init__(self, program: str, user_agent: str, most_memory: int, most_text: int) -> None:
        self._program = program
        self._user_agent = user_agent
        self._most_memory = most_memory
        self._most_text = most_text
        self._runner = asyncio.Runner()
        self._chromium: Chromium | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._runner.run(self._close())
        finally:
            self._runner.close()

    def __call__(self, page: Page) -> str:
        """The text of a page. Raises `ChromiumFailed`; the next page gets a new Chromium then."""
        return self._runner.run(self._shown(page))

    async def _shown(self, page: Page) -> str:
        async def answer(request: Request) -> Response:
            if request.url != page.url:
                raise IgnoreRequest("not archived with the page")
            headers = {"Content-Type": page.answer.headers.get("content-type", "")}
            return HtmlResponse(page.url, status=page.answer.status, headers=headers, body=page.answer.body)

        requests = PageRequests(answer, [authority(page.url)], page.url)
        requests.begin(1)
        requests.release()
        try:
            if self._chromium is None:
                self._chromium = await Chromium.start(self._program)
            opened = await OpenPage.new(
                self._chromium, requests, self._user_agent, _PATIENCE, self._most_memory, self._most_text
            )
            await opened.go(page.url)
            for _ in range(_MOST_LOOKS):
                if await opened.call(READY):
                    break
                await asyncio.sleep(_LOOK)
            text = str(await opened.call(_TEXT))
            await opened.close()
        except ChromiumFailed:
            await self._close()
            raise
        return text

    async def _close(self) -> None:
        chromium, self._chromium = self._chromium, None
        if chromium is not None:
            await chromium.close()
