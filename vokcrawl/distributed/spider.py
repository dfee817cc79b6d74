"""The crawl as one of several workers: the same spider, which leads or follows.

Whoever leads walks the listings, as the only worker would. All read articles, and answer for each with the commit that
makes its record known. What a worker learns on the way that concerns the walk (a "More From" block's teasers) is handed
over with that same commit, and taken up by the leader at the end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response

from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.listing_task import Step
from vokcrawl.distributed.turns import Turns
from vokcrawl.distributed.workers import Workers
from vokcrawl.errors import StorageError
from vokcrawl.items import ARTICLE
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.spiders.vok import VokSpider
from vokcrawl.spiders.ways import Lead
from vokcrawl.storage.state.redis.codec import read
from vokcrawl.storage.state.rows import Status

if TYPE_CHECKING:
    # Their packages may be missing: whoever opens the memory says so.
    from vokcrawl.distributed.queue import ClaimQueue
    from vokcrawl.storage.state.redis.store import RedisState

# A teaser that waits: as its page has it, the page, and whose it is.
_Held = tuple[RawTeaser, str, str | None]


class VokWorker(VokSpider):
    """`scrapy crawl vok` in the profile `distributed`.

    `workers` and `turns` are set by `distributed.extension`, `queue` by `distributed.scheduler`.
    """

    name = "vok"
    works_alone = False
    workers: Workers
    turns: Turns
    queue: ClaimQueue

    @classmethod
    def of(cls, crawler: Crawler) -> VokWorker:
        """The spider of a worker's crawl."""
        if not isinstance(crawler.spider, cls):
            raise TypeError("only the profile `distributed` has workers")
        return crawler.spider

    def begin_run(self) -> None:
        super().begin_run()
        # The leader's walks are always open: the teasers of blocks wait for the end of the crawl.
        self.walks_open = 1
        # Articles that were put into the shared queue, and may be answered by others.
        self.handed_out: set[str] = set()
        # Articles that this worker has answered for.
        self.answered_for: set[str] = set()
        # Articles that it asks for to be led by their pages, although another worker has them in hand.
        self.only_looked_at: set[str] = set()
        self._giving: asyncio.Future[None] | None = None

    @property
    def state(self) -> RedisState:
        """The memory, which this profile keeps on a server."""
        return cast("RedisState", self.run.state)

    # Leading

    def begin_crawl(self) -> Iterator[Request]:
        """Takes the lead where nobody has it, and then begins the walks."""
        if self.workers.lead():
            self.run.leader_run_id = None
            yield from super().begin_crawl()

    def parse_listing(self, response: Response, listing: str, step: Step) -> Iterator[Any]:
        yield from self._catch_up()
        yield from super().parse_listing(response, listing, step)

    def walk_over(self) -> Iterator[Any]:
        """What is held is given at the end, when no worker has anything in hand."""
        self.walks_open = max(1, self.walks_open - 1)
        return iter(())

    def _catch_up(self) -> Iterator[Any]:
        """Takes note of the articles that others have answered meanwhile."""
        waiting = self.handed_out - self.answered_for
        done = waiting - self.queue.unanswered(waiting)
        self.handed_out -= done
        rows = self.state.articles(done)
        for identity in done:
            row = rows.get(identity)
            if row is not None and row.status is Status.OTHER:
                self.undecided.pop(identity, None)
                # Not for the manifest alone: they tell a stream of several sources from a listing.
                self.run.other_sources.append(identity)
            yield from super().answered(identity)

    def scout(self, lead: Lead, identity: str, address: str | None = None) -> list[Request] | None:
        """As ever; but the page that is to lead the way must be read by the worker that walks."""
        if identity not in self.handed_out:
            return super().scout(lead, identity, address)
        self.handed_out.discard(identity)
        request = self.queue.take(identity)
        if request is None:
            row = self.state.articles([identity]).get(identity)
            if row is None or not row.revision:
                return None
            request = self.article_request(identity, row.url)
        elif identity not in self.queue.claimed:
            self.only_looked_at.add(identity)
        self.scouts[identity] = (lead, True)
        return [request]

    def reads_itself(self, identity: str) -> bool:
        """Whether the request for this article is not to be shared."""
        return identity in self.scouts

    # Answering

    def take_article(self, found: ArticleResult, identity: str, *given: Any) -> Iterator[Any]:
        """As ever; but of two that deliver the same page one would have to ask for it anew."""
        for each in super().take_article(found, identity, *given):
            if isinstance(each, Request) or each["schema"] != ARTICLE or not self._is_in_other_hands(identity):
                yield each

    def _is_in_other_hands(self, identity: str) -> bool:
        return identity in self.only_looked_at and identity not in self.queue.claimed

    def answered(self, identity: str) -> Iterator[Any]:
        yield from super().answered(identity)
        self._answer_for(identity)

    def _answer_for(self, identity: str) -> None:
        """With the next commit the request for this article is answered, and what its page showed is handed over."""
        self.answered_for.add(identity)
        self.state.done(identity)
        for each, (raw, url, source) in self.held.items():
            self.state.also("HSETNX", self._key("deferred_teasers"), each, json.dumps([asdict(raw), url, source]))
        for each, url in self.in_blocks.items():
            self.state.also("HSETNX", self._key("related_only"), each, url)
        self.held.clear()
        self.in_blocks.clear()

    # When nothing is left to do here

    def on_idle(self) -> None:
        """Takes part until the crawl is over. Raises `DontCloseSpider` until then, `CloseSpider` when all must stop."""
        if self.run.failure is not None:
            return
        try:
            self._idle()
        except StorageError as failure:
            self.run.fail(failure)

    def _idle(self) -> None:
        if self.workers.stop:
            raise CloseSpider(self.workers.stop)
        if self._giving is not None and not self._giving.done():
            raise DontCloseSpider
        self._owe_unanswered()
        # So that others learn at once that nothing is in work here.
        self.run.commit()
        if not self.workers.leads:
            self._follow()
        elif self.queue.in_work():
            # Others are at it still, or what they had claimed when they died has not run out yet.
            raise DontCloseSpider
        else:
            self._finish()

    def _follow(self) -> None:
        if self.workers.over:
            return
        self._set_going(self.begin_crawl())
        raise DontCloseSpider

    def _finish(self) -> None:
        """Nothing is in work any more: what was left for the end."""
        self._set_going(self._catch_up())
        if self._leftovers is None:
            self.in_blocks = self._all("related_only")
        super().on_idle()
        if self.run.failure is not None:
            return
        self._set_going(self._held_teasers())
        for name in ("deferred_teasers", "related_only"):
            self.run.begin_transaction()
            self.state.also("DEL", self._key(name))

    def _held_teasers(self) -> Iterator[Any]:
        held = {each: read(_Held, told) for each, told in self._all("deferred_teasers").items()}
        known = self.state.entries(held)
        for identity, (raw, url, source) in held.items():
            given = identity in self.run.met_teasers or (identity in known and known[identity].delivered)
            if not given and identity not in self.undecided:
                yield self.teaser_item(raw, url, source, titled=False)

    def _set_going(self, things: Iterator[Any]) -> None:
        """Has requests asked and items delivered; raises `DontCloseSpider` where there were some."""
        given = list(things)
        items = [each for each in given if not isinstance(each, Request)]
        for request in given:
            if isinstance(request, Request):
                self.crawler.engine.crawl(request)
        if items:
            self._giving = asyncio.ensure_future(self._give(items))
        if given:
            raise DontCloseSpider

    async def _give(self, items: list[Any]) -> None:
        for item in items:
            await self.crawler.engine.scraper.start_itemproc_async(item, response=None)

    def _owe_unanswered(self) -> None:
        """An error of ours may have kept a page from being answered for; nobody waits for it for ever."""
        for identity in self.queue.claimed - self.answered_for:
            request = self.queue.take(identity)
            if request is not None:
                self.note("article_unanswered", request.url)
                self.run.statistics.pages_failed += 1
                self.run.schedule_retry(identity, request.url, "error")
            self._answer_for(identity)

    # What lies on the server

    def _key(self, name: str) -> str:
        return self.state.server.key(name)

    def _all(self, name: str) -> dict[str, str]:
        server = self.state.server
        found: dict[str, str] = server.call(lambda: server.client.hgetall(self._key(name)))
        return found
