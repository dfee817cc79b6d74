"""The crawl: `scrapy crawl vok`.

It connects `pages` (what a page says), `walk` (go on or stop) and the run's memory. What is owed is asked for first,
then the listings are walked, then, when nothing else is left, delivered articles are checked again.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider

from vokcrawl.errors import StorageError
from vokcrawl.normalize import article_id
from vokcrawl.policy.pagination import StopReason
from vokcrawl.policy.revisit import next_check
from vokcrawl.spiders.articles import conditional_headers
from vokcrawl.spiders.base import ARTICLE_PRIORITY, RECHECK_PRIORITY
from vokcrawl.spiders.fallbacks import FallbackSpider
from vokcrawl.spiders.rendered import RenderedSpider
from vokcrawl.utils.program import PROGRAM

logger = logging.getLogger(__name__)

# How many requests are queued at a time when nothing else is left to do: memory stays flat.
_CHUNK = 50


class VokSpider(RenderedSpider, FallbackSpider):
    """Follows one source of the site. Arguments: `start_url`, `since`, `until`, `max_pages`, `full`."""

    name = "vok"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._leftovers: Iterator[Request] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_idle, signal=signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        try:
            for request in self.begin_crawl():
                yield request
        except StorageError as failure:
            self.run.fail(failure)
        except Exception:
            self._failed_itself(self.start_urls[0])

    def _failed_itself(self, url: str) -> None:
        """An error of this program outside the callbacks, where nobody else counts it: the run is incomplete."""
        logger.exception("%s: the crawl could not go on from here", url)
        self.note("spider_error", url)
        self.run.statistics.pages_failed += 1

    def _request_of_stored(self, identity: str, url: str, priority: int = ARTICLE_PRIORITY) -> Request | None:
        """A request for an article by the URL in the state; None for one that cannot be requested, which is counted."""
        try:
            return self.article_request(identity, url, priority)
        except ValueError as error:
            logger.error("%s: its URL in the state cannot be requested (%s); run `%s repair`", identity, error, PROGRAM)
            self.in_flight.discard(identity)
            self.note("stored_url_unreadable", url)
            self.run.statistics.pages_failed += 1
            return None

    def begin_crawl(self) -> Iterator[Request]:
        """The requests that all others follow from: what is owed, and the start pages."""
        self._reschedule()
        self.walks_open = len(self.start_urls)
        for owed in self.run.state.pending_retries(until=self.run.now()):
            request = self._request_of_stored(owed.id, owed.url)
            if request is not None:
                yield request
        for url in self.start_urls:
            self.run.statistics.starts += 1
            yield self.start_article(url) if article_id(url) else self.begin(url)

    def _reschedule(self) -> None:
        """Reckons anew when each article is checked next, where `VOK_RECHECK_DAYS` is not what it was."""
        state, ages = self.run.begin_transaction(), self.options.recheck_days
        told = ",".join(map(str, ages))
        before = state.note("recheck_days")
        if before == told:
            return
        state.put_note("recheck_days", told)
        after = ""
        while before is not None and (rows := state.delivered(after, _CHUNK)):
            after = rows[-1].id
            for row in rows:
                if row.missing_since is not None:
                    # It waits for its second look, whatever the ages are.
                    continue
                if ages and row.next_check_at is not None and row.next_check_at <= self.run.row.started_at:
                    # A check that is due stays due.
                    continue
                row.next_check_at = next_check(row.first_seen_at or self.run.row.started_at, self.run.started, ages)
                state.put_article(row)

    def on_idle(self) -> None:
        """Queues what is left to do; raises `DontCloseSpider` while there is some."""
        if self.run.failure is not None:
            return
        if self._leftovers is None:
            self._leftovers = self._left()
        try:
            requests = list(islice(self._leftovers, _CHUNK))
        except StorageError as failure:
            self.run.fail(failure)
            return
        except Exception:
            self._failed_itself(self.start_urls[0])
            return
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _left(self) -> Iterator[Request]:
        yield from self._only_in_blocks()
        # A site that cannot show its listing says nothing of its articles: a 404 then may be an outage.
        if any(each.walk.pages for each in self.walks.values()):
            yield from self._rechecks()

    def _only_in_blocks(self) -> Iterator[Request]:
        """Wanted articles that "More From" blocks showed and the listings, walked to their end, did not.

        Behind a walk that broke off they are the next run's: it walks there anyway.
        """
        walks = [each.walk for each in self.walks.values() if each.walk.stopped is not StopReason.LEFT]
        if not walks or not all(walk.complete for walk in walks):
            return
        ids = [identity for identity in self.in_blocks if identity not in self.requested]
        known = self.run.state.articles(ids)
        for identity in ids:
            if identity not in known and self.may_ask(identity):
                yield self.article_request(identity, self.in_blocks[identity])

    def _rechecks(self) -> Iterator[Request]:
        """Delivered articles whose age says that they are asked for again, with conditions where the site gave some."""
        every_run = self.options.recheck_days == (0,)
        place = ("", "")
        while True:
            if every_run:
                rows = self.run.state.delivered(place[1], _CHUNK)
            else:
                rows = self.run.state.due(self.run.row.started_at, place, _CHUNK)
            if not rows:
                return
            place = (rows[-1].next_check_at or "", rows[-1].id)
            for row in rows:
                # One that could not be looked at lately is owed that, with growing pauses.
                if row.id not in self.requested and self.may_ask(row.id):
                    request = self._request_of_stored(row.id, row.url, RECHECK_PRIORITY)
                    if request is not None:
                        yield request.replace(headers=conditional_headers(row.etag, row.last_modified))
