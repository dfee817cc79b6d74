"""The scheduler of a worker: that of scrapy-redis for shared requests, with a local queue.

Requests for articles are shared. Requests for listing pages are local, because the leader keeps the listing crawl in
memory, and so are retries and redirects of claimed requests.
"""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count
from typing import Self

import orjson
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy_redis.scheduler import Scheduler
from typing_extensions import override

from vokcrawl.distributed.coordinator import WorkerCoordinator, fetch_of
from vokcrawl.distributed.queue import ClaimQueue, PendingFilter
from vokcrawl.errors import StorageError
from vokcrawl.runs.run import Run

# The next listing page is requested when fewer articles than this are queued.
_FEW = 50


class SharedScheduler(Scheduler):  # type: ignore[misc]
    """The `SCHEDULER` of workers. If the server fails, the run fails, and nothing more is sent."""

    queue: ClaimQueue

    def __init__(self, run: Run, crawler: Crawler) -> None:
        self.coordinator = WorkerCoordinator.of(crawler)
        server = self.coordinator.state.server
        super().__init__(
            server,
            persist=True,
            queue_cls=crawler.settings["SCHEDULER_QUEUE_CLASS"],
            dupefilter=PendingFilter(server, server.key("requests")),
            serializer=orjson,
        )
        # scrapy-redis calls it in a deprecated way, which would log a warning in each run.
        self.stats = None
        self.run = run
        self.crawler = crawler
        self._urgent: deque[Request] = deque()
        self._own: list[tuple[int, int, Request]] = []
        self._order = count()

    @classmethod
    @override
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Run.of(crawler), crawler)

    @override
    def open(self, spider: Spider) -> None:
        super().open(spider)
        self.coordinator.queue = self.queue

    @override
    def enqueue_request(self, request: Request) -> bool:
        fetch = fetch_of(request)
        if fetch is None:
            heapq.heappush(self._own, (-request.priority, next(self._order), request))
            return True
        if fetch.id in self.queue.claimed or self.coordinator.is_own_request(fetch.id):
            self._urgent.append(request)
            return True
        try:
            self.coordinator.shared.add(fetch.id)
            # The spider filters by its state; this filter rejects requests that are pending.
            return bool(super().enqueue_request(request.replace(dont_filter=False)))
        except StorageError as failure:
            self.run.fail(failure)
            return False

    @override
    def next_request(self) -> Request | None:
        if self._urgent:
            return self._urgent.popleft()
        try:
            if (self._own or self._leaves_articles()) and len(self.queue) < _FEW:
                return heapq.heappop(self._own)[-1] if self._own else None
            request: Request | None = super().next_request()
        except StorageError as failure:
            self.run.fail(failure)
            return None
        if request is None and self._own:
            return heapq.heappop(self._own)[-1]
        return request

    def _leaves_articles(self) -> bool:
        """Return whether this worker is waiting for a listing page while others can fetch articles.

        Otherwise it would fetch all articles that it finds, and leave none to the others.
        """
        in_progress = self.crawler.engine._slot.inprogress if self.crawler.engine._slot is not None else ()
        reads_listing = any(fetch_of(request) is None for request in in_progress)
        return reads_listing and not self.coordinator.workers.is_alone

    @override
    def has_pending_requests(self) -> bool:
        if self._urgent or self._own:
            return True
        try:
            return self.run.failure is None and len(self.queue) > 0
        except StorageError as failure:
            self.run.fail(failure)
            return False

    @override
    def close(self, reason: str) -> None:
        """Return claims to the queue, so that others need not wait until they expire."""
        if self.run.failure is not None:
            return
        try:
            self.queue.release(self.queue.claimed - self.coordinator.finished)
        except StorageError as failure:
            self.run.fail(failure)
