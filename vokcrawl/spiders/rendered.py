"""Listings that only a browser can unfold: walked in steps through a Splash server."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from vokcrawl.config.required_components import splash_installed
from vokcrawl.crawling.listing_task import ListingWalk, Step
from vokcrawl.downloader.failures import SPLASH_REFUSED, SPLASH_UNREACHABLE
from vokcrawl.downloader.splash.pages import rendered_pages
from vokcrawl.downloader.splash.result import Outcome, Rendered
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.document import PageFault
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import FIRST_CLICKS, Route, SplashRoute
from vokcrawl.pages.tree import Element
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.spiders.base import LISTING_PRIORITY
from vokcrawl.spiders.starts import StartSpider

logger = logging.getLogger(__name__)

# What the browser's last step means for the walk; for any other there is a next step.
_ENDS = {
    Outcome.END: StopReason.END,
    Outcome.MISSING: StopReason.NO_WAY,
    Outcome.DEAD: StopReason.NO_WAY,
    Outcome.OFFSITE: StopReason.OFFSITE,
}
# Where scrapy-splash wants to stand among the middlewares.
_MIDDLEWARE, _PLACE = "vokcrawl.downloader.splash.middleware.RenderingMiddleware", 725
_FINGERPRINTER = "vokcrawl.downloader.splash.compat.SplashRequestFingerprinter"


class RenderedSpider(StartSpider):
    """Takes to Splash where `VOK_PAGINATION` says so, or where a page has a "More Articles" that cannot be read."""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Adds the Splash components where `SPLASH_URL` is set (`check_required_components` wants the package)."""
        super().update_settings(settings)
        if settings.get("SPLASH_URL") and splash_installed():
            middlewares = {**settings.getdict("DOWNLOADER_MIDDLEWARES"), _MIDDLEWARE: _PLACE}
            settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="spider")
            settings.set("REQUEST_FINGERPRINTER_CLASS", _FINGERPRINTER, priority="spider")

    # The way

    def more_of(self, root: Element, url: str, received: int) -> More:
        more = super().more_of(root, url, received)
        if more.route is not None or not more.said or self.options.pagination not in ("auto", "browser"):
            return more
        if not self.options.splash_url:
            self.note("more_needs_splash", url)
            logger.error("%s: only a browser can follow its More Articles, and SPLASH_URL names no Splash server", url)
            return more
        return More(True, SplashRoute(url, 0, FIRST_CLICKS))

    def way_into_listing(self, page: ArticlePage, url: str) -> Route | None:
        """As ever; where only a browser can follow the page's block, the walk begins with the block itself."""
        route = super().way_into_listing(page, url)
        return replace(route, clicks=0) if isinstance(route, SplashRoute) else route

    def page_request(self, walk: ListingWalk, step: Step, headers: Mapping[str, str] | None = None) -> Request:
        route = step.route
        if not isinstance(route, SplashRoute):
            return super().page_request(walk, step, headers)
        from vokcrawl.downloader.splash.request import splash_request  # noqa: PLC0415

        walk.first = walk.first or route
        most = walk.walk.rules.max_pages
        if most is not None and not step.again:
            route = replace(route, clicks=min(route.clicks, most - walk.walk.pages))
        settings = self.crawler.settings
        return splash_request(
            route,
            self.options,
            self.allowed_authorities,
            settings["USER_AGENT"],
            settings.getfloat("DOWNLOAD_TIMEOUT"),
            callback=self.parse_rendered,
            errback=self.failed_listing,
            cb_kwargs={"listing": walk.url, "step": replace(step, route=route)},
            priority=LISTING_PRIORITY,
        )

    # The answer

    def parse_rendered(self, response: Response, listing: str, step: Step) -> Iterator[Any]:
        """What a step of a browser has brought: some pages of a listing."""
        walk = self.walks[listing]
        if isinstance(step.route, SplashRoute):
            yield from self._rendered(response.meta["vok_rendered"], walk, step.route, step.again)
        yield from self.over(walk)

    def _rendered(self, rendered: Rendered, walk: ListingWalk, route: SplashRoute, again: int) -> Iterator[Any]:
        try:
            pages = self._pages_of(rendered, walk, route)
        except PageFault as fault:
            self._listing_failed(walk, fault.name, route.url, again)
            return
        following = route.after(rendered.clicks)
        entries: list[Entry] = []
        if again:
            for raws in pages:
                entries += yield from self.take(raws, route.url, walk)
            if again == 1:
                walk.walk.head = tuple(entry.id for entry in entries)
            if not walk.walk.again(entries) and again < walk.walk.pages and rendered.outcome is Outcome.MORE:
                yield self.page_request(walk, Step(following, again=again + 1))
            else:
                walk.rereading = False
            return
        first = walk.walk.pages == 0
        for raws in pages:
            entries = yield from self.take(raws, route.url, walk)
            walk.last_received = len(raws)
            if walk.walk.page(entries) is not None:
                break
        walk.way = route.way
        if walk.walk.stopped is None:
            why = _ENDS.get(rendered.outcome)
            if why is None:
                yield from self.go_on(walk, self.page_request(walk, Step(following)), entries)
            else:
                self._stop(walk, why, rendered, route.url)
        yield from self._taken(walk, route, route.url, first)

    def _stop(self, walk: ListingWalk, why: StopReason, rendered: Rendered, url: str) -> None:
        walk.walk.stop(why)
        if why is StopReason.OFFSITE:
            self.note("offsite_more", rendered.blocked)
        elif why is StopReason.NO_WAY:
            logger.error(
                '%s: in the browser its "More Articles" %s%s',
                url,
                "is not to be seen" if rendered.outcome is Outcome.MISSING else "does nothing",
                f"; {rendered.blocked} is on another host and was not loaded" if rendered.blocked else "",
            )

    def _pages_of(self, rendered: Rendered, walk: ListingWalk, route: SplashRoute) -> list[Sequence[RawTeaser]]:
        """The teasers that each click has brought. Raises `PageFault` for what is no listing."""
        if rendered.outcome is Outcome.LATE:
            logger.error(
                "%s: %d clicks deep, VOK_SPLASH_TIMEOUT=%d is too short (Splash's own --max-timeout must allow it)",
                route.url,
                route.skip,
                self.options.splash_timeout,
            )
        pages = rendered_pages(rendered, route.url, self.allowed_authorities, self.reading.teasers)
        self.run.statistics.pages_read += len(pages)
        return pages

    # Failing

    def first_page_failed(self, walk: ListingWalk, reason: str, url: str) -> StopReason:
        """As ever; but a way is not lost because Splash is."""
        if reason in (SPLASH_UNREACHABLE, SPLASH_REFUSED):
            self.start_failed(reason, url)
            return StopReason.FAILED
        return super().first_page_failed(walk, reason, url)

    def _listing_failed(self, walk: ListingWalk, reason: str, url: str, again: int) -> None:
        self.run.statistics.splash_failed |= reason in (SPLASH_UNREACHABLE, SPLASH_REFUSED)
        super()._listing_failed(walk, reason, url, again)
