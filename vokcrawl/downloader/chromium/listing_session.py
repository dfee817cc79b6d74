"""One listing in Chromium: it is opened once, and "More Articles" is clicked until the crawl of the listing ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from scrapy.exceptions import IgnoreRequest

from vokcrawl.downloader.chromium.open_page import OpenPage
from vokcrawl.downloader.rendering.errors import PageRequestFailed
from vokcrawl.downloader.rendering.page_functions import CLICK, FRESH, HAS_MORE, HTML, READY, TAKE
from vokcrawl.downloader.rendering.result import Outcome, Rendered
from vokcrawl.normalize import article_shape
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import BrowserRoute

# Seconds between two checks of the page.
LOOK = 0.1
# Number of checks without a change after which the page is complete; without any result; and in all, while the page
# does not wait for the site.
_STABLE, _NOTHING, _MOST = 3, 15, 100
# Number of checks until the button must be there; only the last one reads the whole page.
_LOOKS_FOR_MORE = 10
# So many requests may the page send while it is opened, and for each click.
TO_OPEN, FOR_A_CLICK = 100, 10
_MOST_REDIRECTS = 3
# The state of the script is unknown behind these; the page is not used again.
_LAST = frozenset(Outcome) - {Outcome.MORE}


class ListingSession:
    """Steps through the listing `url` in an open page. `is_closing` says whether the crawl is about to end.

    A step continues where the one before ended. A request of the page that has failed is reported once what was read
    before is delivered, that is, by the next step. `nodes` is the number of nodes that were read in the page: in each
    step those that it has added.
    """

    def __init__(self, page: OpenPage, url: str, is_closing: Callable[[], bool]) -> None:
        self.url = url
        self.clicks = 0
        self.nodes = 0
        self.is_over = False
        self._page = page
        self._is_closing = is_closing
        self._is_open = False
        self._failure: Rendered | PageRequestFailed | None = None

    def continues(self, route: BrowserRoute) -> bool:
        """Whether a step begins where the one before ended, so that the page need not be loaded again."""
        return not self.is_over and (self.url, self.clicks) == (route.url, route.skip) and route.clicks > 0

    async def step(self, route: BrowserRoute) -> Rendered:
        """Carry out one step, and return what it has found.

        Raises `ChromiumFailed`; `PageRequestFailed` for a request of the page without an answer; and
        `DownloadCancelledError` for too large a page.
        """
        self._page.requests.release()
        try:
            rendered = await self._opened(route) if not self._is_open else None
            if rendered is None:
                rendered = await self._clicked(route)
        except BaseException:
            self.is_over = True
            raise
        finally:
            self._page.requests.hold()
        self.is_over |= rendered.outcome in _LAST
        return rendered

    async def close(self) -> None:
        """Close the page."""
        self.is_over = True
        await self._page.close()

    async def _opened(self, route: BrowserRoute) -> Rendered | None:
        """Load the page; None if the clicks of the step can begin."""
        refusal = await self._loaded(route.url)
        if refusal is not None:
            return refusal
        self._is_open = True
        if not await self._fresh():
            return self._rendered(Outcome.STRANGE, html=await self._page.call(HTML))
        whole = await self._take(want=not route.clicks)
        if not route.clicks:
            outcome = Outcome.MORE if await self._offers_more() else Outcome.END
            return self._rendered(outcome, pages=(whole["html"],))
        if not await self._offers_more():
            return self._rendered(Outcome.END if route.skip else Outcome.MISSING)
        return None

    async def _loaded(self, url: str) -> Rendered | None:
        requests, page = self._page.requests, self._page
        requests.begin(TO_OPEN)
        for _ in range(_MOST_REDIRECTS + 1):
            requests.redirected = None
            is_shown = await page.go(url)
            if requests.redirected is None:
                break
            url = requests.redirected
        if requests.refusal is not None and not requests.good:
            return self._refused()
        if not is_shown:
            if requests.redirected is not None:
                raise PageRequestFailed(f"{url}: too many redirects") from IgnoreRequest("too many redirects")
            self._raise_error()
            return self._rendered(Outcome.STRANGE)
        looks = quiet = 0
        while quiet < _STABLE and looks < _MOST:
            await self._look()
            is_quiet = not requests.in_flight and await page.call(READY)
            looks += not requests.in_flight
            quiet = quiet + 1 if is_quiet else 0
        return None

    async def _clicked(self, route: BrowserRoute) -> Rendered:
        """Click on "More Articles" as often as the route says."""
        if self._failure is not None:
            if isinstance(self._failure, Rendered):
                return self._failure
            raise self._failure
        pages: list[str] = []
        done = 0
        works = self.clicks > 0
        while self.clicks < route.skip + route.clicks and not (pages and self._is_closing()):
            want = self.clicks >= route.skip
            if await self._fresh():
                # It came without a click, since the last one.
                late = await self._take(want)
                if want:
                    pages.append(late["html"])
            await self._click_once()
            if not await self._fresh():
                return await self._without_articles(pages, done, works)
            works = True
            new = await self._take(want)
            self.clicks += 1
            if want:
                pages.append(new["html"])
                done += 1
            if not await self._offers_more():
                return self._rendered(Outcome.END, tuple(pages), done)
        return self._rendered(Outcome.MORE, tuple(pages), done)

    async def _click_once(self) -> None:
        """Click, and wait until the page is complete again."""
        requests = self._page.requests
        requests.begin(FOR_A_CLICK)
        await self._page.call(CLICK, site().more.button.pattern)
        found = still = idle = looks = 0
        while looks < _MOST:
            await self._look()
            if requests.redirected is not None:
                await self._page.go(requests.redirected)
                requests.redirected = None
            now = await self._fresh()
            looks += not requests.in_flight
            still = still + 1 if now == found else 0
            idle = idle + 1 if now == found and not requests.in_flight else 0
            found = now
            if (found and (idle >= _STABLE or still >= _NOTHING)) or (not found and idle >= _NOTHING):
                return

    async def _without_articles(self, pages: list[str], done: int, works: bool) -> Rendered:
        """The result of a click that has added no article: a failure, the end, or a script that does not work."""
        requests = self._page.requests
        rest = (await self._take(want=False))["text"]
        if requests.error is not None or requests.refusal is not None:
            try:
                self._raise_error()
                self._failure = self._refused(rest)
            except PageRequestFailed as failure:
                self._failure = failure
            if pages:
                return self._rendered(Outcome.MORE, tuple(pages), done)
            if isinstance(self._failure, Rendered):
                return self._failure
            raise self._failure
        if not requests.good and requests.blocked:
            return self._rendered(Outcome.OFFSITE, tuple(pages), done)
        if not requests.good and not works:
            return self._rendered(Outcome.DEAD, tuple(pages), done)
        return self._rendered(Outcome.END, tuple(pages), done, rest=rest)

    def _refused(self, rest: str = "") -> Rendered:
        refusal = self._page.requests.refusal
        if refusal is None:
            return self._rendered(Outcome.REFUSED, rest=rest)
        retry_after = (refusal.headers.get("Retry-After") or b"").decode("latin-1")
        html = refusal.body[:60_000].decode("utf-8", "replace")
        return self._rendered(Outcome.REFUSED, status=refusal.status, retry_after=retry_after, rest=rest, html=html)

    def _raise_error(self) -> None:
        """Raise `PageRequestFailed` if a request of the page got no answer."""
        error = self._page.requests.error
        if error is not None:
            raise PageRequestFailed(str(error) or type(error).__name__) from error

    def _rendered(self, outcome: Outcome, pages: tuple[str, ...] = (), clicks: int = 0, **more: Any) -> Rendered:
        return Rendered(self._page.url, outcome, pages, clicks, blocked=self._page.requests.blocked, **more)

    async def _fresh(self) -> int:
        return int(await self._page.call(FRESH, article_shape()))

    async def _take(self, want: bool) -> dict[str, Any]:
        taken: dict[str, Any] = await self._page.call(TAKE, article_shape(), site().more.button.pattern, want)
        self.nodes += int(taken["visited"])
        return taken

    async def _offers_more(self) -> bool:
        """Whether the button is there, or appears within a second."""
        for number in range(1, _LOOKS_FOR_MORE + 1):
            if await self._page.call(HAS_MORE, site().more.button.pattern, number == _LOOKS_FOR_MORE):
                return True
            await self._look()
        return False

    async def _look(self) -> None:
        await asyncio.sleep(LOOK)
