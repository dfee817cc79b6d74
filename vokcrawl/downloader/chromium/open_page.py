"""One open page: functions run in it, apart from its own scripts, with bounded time and bounded results."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable
from typing import Any, TypeVar

from playwright.async_api import CDPSession, Error, Page
from scrapy.exceptions import DownloadCancelledError

from vokcrawl.downloader.chromium.launch import Chromium, ChromiumFailed, first_line
from vokcrawl.downloader.chromium.page_requests import PageRequests

T = TypeVar("T")
# A world of JavaScript that sees the page's elements, but whose objects the page's scripts cannot replace.
_WORLD = "vokcrawl"
# A page may load another one while a function is called in it.
_ATTEMPTS = 5
# What Chromium shows instead of a page that could not be loaded, and the longest wait for it in milliseconds.
_ERROR_PAGE, _ERROR_PAGE_WAIT = "chrome-error://**", 2000
# Returns what a function returns, or null if that is longer than the first argument.
_BOUNDED = """function (most, args) {
  const found = (%s).apply(null, args);
  return JSON.stringify(found).length > most ? null : {found: found};
}"""


class OpenPage:
    """A page of Chromium.

    `seconds` is the longest time without an answer, `most_memory` the most bytes that Chromium may use, `most_result`
    the maximum length of a result.
    """

    def __init__(
        self, chromium: Chromium, page: Page, requests: PageRequests, seconds: float, most_memory: int, most_result: int
    ) -> None:
        self._chromium = chromium
        self._page = page
        self.requests = requests
        self._seconds = seconds
        self._most_memory = most_memory
        self._most_result = most_result
        self._session: CDPSession | None = None
        self._world: int | None = None
        self._has_crashed = False

    @classmethod
    async def new(
        cls,
        chromium: Chromium,
        requests: PageRequests,
        user_agent: str,
        seconds: float,
        most_memory: int,
        most_result: int,
    ) -> OpenPage:
        """A new page without any data of others. Raises `ChromiumFailed`."""

        async def open_page() -> OpenPage:
            context = await chromium.browser.new_context(
                user_agent=user_agent, service_workers="block", accept_downloads=False
            )
            page = await context.new_page()
            opened = cls(chromium, page, requests, seconds, most_memory, most_result)
            page.on("crash", opened._note_crash)
            await requests.serve(page)
            # A page that opens another one would not be watched.
            context.on("page", lambda other: other.close())
            opened._session = await context.new_cdp_session(page)
            return opened

        try:
            return await chromium.watch(open_page(), seconds, most_memory, lambda: False)
        except Error as fault:
            raise ChromiumFailed(first_line(fault)) from fault

    @property
    def url(self) -> str:
        """The URL of the page that is shown now."""
        return self._page.url

    async def go(self, url: str) -> bool:
        """Load a page, and return whether one is shown now. Raises `ChromiumFailed`."""
        self._world = None
        try:
            await self._watched(self._page.goto(url, wait_until="commit", timeout=0))
            await self._chromium.note_processes()
        except Error as fault:
            self._check(fault)
            await self._error_page()
            return False
        return True

    async def _error_page(self) -> None:
        """Wait for Chromium's page about a failed load, because it would interrupt the next one."""
        with contextlib.suppress(Error):
            await self._watched(self._page.wait_for_url(_ERROR_PAGE, wait_until="commit", timeout=_ERROR_PAGE_WAIT))

    async def call(self, function: str, *args: Any) -> Any:
        """Call a JavaScript function in the page, and return its result.

        Raises `ChromiumFailed`, and `DownloadCancelledError` for a result that is too long.
        """
        for attempt in range(_ATTEMPTS):
            try:
                answer = await self._watched(self._send(function, args))
                break
            except Error as fault:
                self._check(fault)
                self._world = None
                if attempt == _ATTEMPTS - 1:
                    raise ChromiumFailed(first_line(fault)) from fault
        value = answer["result"].get("value")
        if "exceptionDetails" in answer:
            raise ChromiumFailed(f"a function failed in the page: {json.dumps(answer['exceptionDetails'])[:300]}")
        if value is None:
            raise DownloadCancelledError(f"{self.url}: the page has more than {self._most_result} characters")
        return value["found"]

    async def close(self) -> None:
        """Close the page and forget its data; errors do not matter."""
        self.requests.begin(0)
        self.requests.release()
        try:
            await self._watched(self._page.context.close())
        except (Error, ChromiumFailed):
            return

    async def _send(self, function: str, args: tuple[Any, ...]) -> dict[str, Any]:
        session = self._session
        if session is None:
            raise ChromiumFailed("the page is not open")
        if self._world is None:
            frame = await session.send("Page.getFrameTree")
            made = await session.send(
                "Page.createIsolatedWorld", {"frameId": frame["frameTree"]["frame"]["id"], "worldName": _WORLD}
            )
            self._world = made["executionContextId"]
        answer: dict[str, Any] = await session.send(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": _BOUNDED % function,
                "executionContextId": self._world,
                "arguments": [{"value": self._most_result}, {"value": list(args)}],
                "returnByValue": True,
            },
        )
        return answer

    async def _watched(self, answer: Awaitable[T]) -> T:
        return await self._chromium.watch(answer, self._seconds, self._most_memory, self._waits)

    def _waits(self) -> bool:
        """Whether the page waits for the site. Raises `ChromiumFailed` if it has crashed."""
        if self._has_crashed:
            raise ChromiumFailed("the page crashed")
        return bool(self.requests.in_flight)

    def _note_crash(self, _page: Page) -> None:
        self._has_crashed = True

    def _check(self, fault: Error) -> None:
        """Raise `ChromiumFailed` if the page cannot be used any more."""
        if self._has_crashed or self._page.is_closed() or not self._chromium.browser.is_connected():
            raise ChromiumFailed("the page crashed" if self._has_crashed else "it has ended") from fault
