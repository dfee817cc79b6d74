"""One worker's part in a crawl that several workers share: it leads or follows.

The leader crawls the listings, as a single worker would. All workers fetch articles; the commit with an article's
record also marks its request as finished. Teasers of "More From" blocks are stored on the server with the same commit,
and the leader emits them at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider
from typing_extensions import override

from vokcrawl.crawling.actions import FetchArticle
from vokcrawl.crawling.events import (
    AllPagesRead,
    ArticleFailed,
    ArticleFetched,
    ArticleMissing,
    ArticleNotModified,
    ArticleReadElsewhere,
    BrowserFetched,
    Event,
    ListingFailed,
    ListingFetched,
    ListingNotModified,
    SitemapFetched,
    Started,
)
from vokcrawl.distributed.turns import Turns
from vokcrawl.distributed.workers import Workers
from vokcrawl.items import ARTICLE
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.spiders.coordinator import Coordinator
from vokcrawl.spiders.vok import VokSpider
from vokcrawl.storage.state.redis.codec import read

if TYPE_CHECKING:
    # Optional packages; opening the state reports a missing one.
    from vokcrawl.distributed.queue import ClaimQueue
    from vokcrawl.storage.state.redis.store import RedisState

# A deferred teaser: its raw values, the URL of the page and the source.
_Deferred = tuple[RawTeaser, str, str | None]
_OF_LISTINGS = (ListingFetched, ListingFailed, ListingNotModified, BrowserFetched, SitemapFetched)
_OF_ARTICLES = (ArticleFetched, ArticleFailed, ArticleMissing, ArticleNotModified)
# Keys of the teasers and articles of "More From" blocks on the server.
_DEFERRED, _RELATED = "deferred_teasers", "related_only"


class WorkerCoordinator(Coordinator):
    """Implements `spiders.coordinator.Coordinator` on a Redis server. `queue` is set by `distributed.scheduler`."""

    queue: ClaimQueue

    def __init__(self, spider: VokSpider, workers: Workers, turns: Turns) -> None:
        self.spider = spider
        self.workers = workers
        self.turns = turns
        # Articles whose requests are in the shared queue, and may be finished by other workers.
        self.shared: set[str] = set()
        # Articles whose requests this worker has finished.
        self.finished: set[str] = set()
        # Articles whose pages this worker reads although another worker has claimed them.
        self._only_read: set[str] = set()

    @classmethod
    def of(cls, crawler: Crawler) -> WorkerCoordinator:
        """The coordinator of a worker's crawl."""
        coordinator = getattr(crawler.spider, "coordinator", None)
        if not isinstance(coordinator, cls):
            raise TypeError("only the profile `distributed` has workers")
        return coordinator

    @property
    def state(self) -> RedisState:
        """The state, which this profile keeps on a server."""
        return cast("RedisState", self.spider.run.state)

    @override
    def may_begin(self) -> bool:
        # Teasers of "More From" blocks wait for the end of the crawl of all workers.
        self.spider.crawl.holds_teasers = True
        if not self.workers.lead():
            return False
        self.spider.run.leader_run_id = None
        return True

    @override
    def events_before(self, event: Event) -> Iterable[Event]:
        return list(self._read_elsewhere()) if isinstance(event, _OF_LISTINGS) else []

    def _read_elsewhere(self) -> Iterator[Event]:
        """The articles whose requests other workers have finished since the last call."""
        waiting = self.shared - self.finished
        done = waiting - self.queue.pending(waiting)
        self.shared -= done
        yield from map(ArticleReadElsewhere, sorted(done))

    @override
    def read_here(self, identity: str) -> Iterator[Any]:
        if identity not in self.shared:
            return
        self.shared.discard(identity)
        request = self.queue.take(identity)
        if request is None:
            row = self.state.articles([identity]).get(identity)
            if row is None or not row.revision:
                yield from self.spider.handle(ArticleReadElsewhere(identity))
                return
            request = self.spider.request(self.spider.crawl.articles.request(identity, row.url))
        elif identity not in self.queue.claimed:
            self._only_read.add(identity)
        if request is not None:
            yield request

    def is_own_request(self, identity: str) -> bool:
        """Whether the request for this article is not shared."""
        return self.spider.crawl.reads_page_of(identity)

    @override
    def may_emit(self, record: Mapping[str, Any]) -> bool:
        # The worker that has claimed the article delivers it.
        identity = record.get("id")
        return record.get("schema") != ARTICLE or identity not in self._only_read or identity in self.queue.claimed

    @override
    def handled(self, event: Event) -> None:
        if not isinstance(event, _OF_ARTICLES) or (isinstance(event, ArticleFailed) and event.may_repeat):
            return
        if not self.spider.crawl.parts.is_waiting(event.request.id):
            self._mark_finished(event.request.id)

    def _mark_finished(self, identity: str) -> None:
        """Marks the request for an article as finished with the next commit, and stores the teasers of its page."""
        self.finished.add(identity)
        self.state.done(identity)
        teasers = self.spider.crawl.teasers
        for each, (raw, url, source) in teasers.deferred.items():
            self.state.also("HSETNX", self._key(_DEFERRED), each, json.dumps([asdict(raw), url, source]))
        for each, url in teasers.related_only.items():
            self.state.also("HSETNX", self._key(_RELATED), each, url)
        teasers.deferred.clear()
        teasers.related_only.clear()

    @override
    def on_idle(self) -> None:
        """Keeps the worker running until the shared crawl has ended.

        Raises `DontCloseSpider` until then, and `CloseSpider` if all workers must stop.
        """
        if self.workers.stop:
            raise CloseSpider(self.workers.stop)
        self._retry_unfinished()
        # Other workers see at once that this one has finished its requests.
        self.spider.run.commit()
        if not self.workers.leads:
            self._follow()
        elif self.queue.pending_count():
            # Other workers are still busy, or claims of dead workers have not expired.
            raise DontCloseSpider
        else:
            self._finish()

    def _follow(self) -> None:
        if self.workers.over:
            return
        if self.may_begin():
            self.spider.give(list(self.spider.handle(Started())))
        raise DontCloseSpider

    def _finish(self) -> None:
        """No request is pending: ends the listing crawls and emits the deferred teasers."""
        spider = self.spider
        spider.give([each for event in list(self._read_elsewhere()) for each in spider.handle(event)])
        teasers = spider.crawl.teasers
        teasers.related_only.update(self._all(_RELATED))
        spider.continue_at_idle()
        if spider.run.failure is not None:
            return
        teasers.deferred.update(self._deferred())
        spider.give(list(spider.handle(AllPagesRead())))
        for name in (_DEFERRED, _RELATED):
            spider.run.begin_transaction()
            self.state.also("DEL", self._key(name))

    def _deferred(self) -> dict[str, _Deferred]:
        """The deferred teasers that have not been delivered meanwhile."""
        deferred = {each: read(_Deferred, value) for each, value in self._all(_DEFERRED).items()}
        known = self.state.entries(deferred)
        met = self.spider.run.met_teasers
        return {
            each: teaser
            for each, teaser in deferred.items()
            if each not in met and not (each in known and known[each].delivered)
        }

    def _retry_unfinished(self) -> None:
        """Schedules retries for claimed articles that no handler has finished, because of an error in this program."""
        spider = self.spider
        for identity in self.queue.claimed - self.finished:
            request = self.queue.take(identity)
            if request is not None:
                spider.run.problems.note("article_unanswered", request.url)
                spider.run.statistics.pages_failed += 1
                spider.run.schedule_retry(identity, request.url, "error")
            self._mark_finished(identity)

    def _key(self, name: str) -> str:
        return self.state.server.key(name)

    def _all(self, name: str) -> dict[str, str]:
        server = self.state.server
        found: dict[str, str] = server.call(lambda: server.client.hgetall(self._key(name)))
        return found


def fetch_of(request: Any) -> FetchArticle | None:
    """The action of a request for an article that may be shared; None for any other request."""
    fetch = request.cb_kwargs.get("fetch")
    return fetch if isinstance(fetch, FetchArticle) and not fetch.is_start else None
