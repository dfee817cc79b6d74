"""The shared queue of article requests: that of scrapy-redis, with claims.

A request is pending from being queued until the commit with its result. A worker that takes it claims it for
`VOK_LEASE_SECONDS`, and renews the claim; claims of dead workers return to the queue when another worker asks for a
request. (The queues of scrapy-redis delete a request when it is taken.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from time import monotonic
from typing import Any

from scrapy import Request
from scrapy_redis.dupefilter import RFPDupeFilter
from scrapy_redis.queue import PriorityQueue
from typing_extensions import override

from vokcrawl.crawling.actions import FetchArticle, Priority
from vokcrawl.distributed.workers import NOW
from vokcrawl.errors import StateError
from vokcrawl.normalize import article_id
from vokcrawl.spiders.requests import ACTION
from vokcrawl.spiders.vok import VokSpider
from vokcrawl.storage.state.redis.connection import Server

# KEYS of all scripts: requests (id -> JSON), queue (ids, the highest priority and then the newest article last), claims
# (ids with the time until which they are claimed), owners (id -> run), crawl (`distributed.workers`).
_KEYS = ("requests", "queue", "claims", "owners", "crawl")
# The engine asks for a request after each response; an empty queue is not asked again for this time.
_EMPTY_SECONDS = 0.04
_BACK = """
local function back(id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[4], id)
  local request = redis.call('HGET', KEYS[1], id)
  if request then redis.call('ZADD', KEYS[2], cjson.decode(request).score, id) end
end
"""
# ARGV: id, request, score, run. Returns 1, or 0 if the request is pending. A former leader is ignored, because its
# articles may have been delivered since.
_PUSH = """
if redis.call('HGET', KEYS[5], 'leader') ~= ARGV[4] then return 0 end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
"""
# ARGV: run, milliseconds, whether expired claims may be returned to the queue. Returns a request or nothing.
_CLAIM = (
    NOW
    + _BACK
    + """
if ARGV[3] == '1' then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)) do back(id) end
end
while true do
  local best = redis.call('ZPOPMAX', KEYS[2])
  if #best == 0 then return false end
  local request = redis.call('HGET', KEYS[1], best[1])
  if request then
    redis.call('ZADD', KEYS[3], now + ARGV[2], best[1])
    redis.call('HSET', KEYS[4], best[1], ARGV[1])
    return request
  end
end
"""
)
# ARGV: run, milliseconds, id. Claims this request unless another worker has; returns it, and whether it was claimed.
_TAKE = (
    NOW
    + """
local request = redis.call('HGET', KEYS[1], ARGV[3])
if not request then return false end
if redis.call('ZREM', KEYS[2], ARGV[3]) == 0 then return {request, 0} end
redis.call('ZADD', KEYS[3], now + ARGV[2], ARGV[3])
redis.call('HSET', KEYS[4], ARGV[3], ARGV[1])
return {request, 1}
"""
)
# ARGV: run, ids. Returns the claims of the run to the queue.
_RELEASE = (
    _BACK
    + """
for place = 2, #ARGV do
  if redis.call('HGET', KEYS[4], ARGV[place]) == ARGV[1] then back(ARGV[place]) end
end
return 1
"""
)


class ClaimQueue(PriorityQueue):  # type: ignore[misc]
    """The `SCHEDULER_QUEUE_CLASS` of workers. It contains only requests for articles, by article id.

    `claimed` are the ids that this worker has claimed and not finished. Every method may raise `StorageError`.
    """

    server: Server

    def __init__(self, server: Server, spider: VokSpider, key: str, serializer: Any) -> None:
        super().__init__(server, spider, key, serializer)
        self.claimed: set[str] = set()
        self._empty_until = 0.0
        self._run = spider.run.id
        self._milliseconds = 1000 * spider.options.lease_seconds
        self._keys = [server.key(name) for name in _KEYS]
        self._push, self._claim = server.script(_PUSH), server.script(_CLAIM)
        self._take, self._release = server.script(_TAKE), server.script(_RELEASE)

    def __len__(self) -> int:
        """Return the number of requests that are not claimed."""
        return int(self.server.call(lambda: self.server.client.zcard(self._keys[1])))

    def pending_count(self) -> int:
        """Return the number of pending requests, claimed or not."""
        return int(self.server.call(lambda: self.server.client.hlen(self._keys[0])))

    def push(self, request: Request) -> bool:
        """Queue a request unless one for the same article is pending; return whether it was queued."""
        identity = _fetch_of(request).id
        self._empty_until = 0.0
        return bool(self._push(self._keys, [identity, self._encode_request(request), request.priority, self._run]))

    def pop(self, timeout: int = 0) -> Request | None:
        """Claim the next request for this worker, without waiting."""
        if monotonic() < self._empty_until:
            return None
        forgiving = self.server.is_fresh(self._milliseconds / 1000)
        found = self._claim(self._keys, [self._run, self._milliseconds, int(not forgiving)])
        if not found:
            self._empty_until = monotonic() + _EMPTY_SECONDS
            return None
        return self._claimed(found)

    def take(self, identity: str) -> Request | None:
        """Return the pending request for an article, and claim it unless another worker has."""
        found = self._take(self._keys, [self._run, self._milliseconds, identity])
        if not found:
            return None
        return self._claimed(found[0]) if found[1] else self._decode_request(found[0])

    def pending(self, ids: Iterable[str]) -> set[str]:
        """Return those of the ids whose requests are pending."""
        wanted = list(ids)
        found = self.server.call(lambda: self.server.client.hmget(self._keys[0], wanted)) if wanted else []
        return {identity for identity, request in zip(wanted, found, strict=True) if request is not None}

    def release(self, ids: Collection[str]) -> None:
        """Return claims of this worker to the queue."""
        if ids:
            self._release(self._keys, [self._run, *ids])
        self.claimed.difference_update(ids)

    def clear(self) -> None:
        """Do nothing: the queue is shared."""

    def _claimed(self, encoded: str) -> Request:
        request = self._decode_request(encoded)
        self.claimed.add(_fetch_of(request).id)
        return request

    def _encode_request(self, request: Request) -> Any:
        fetch = _fetch_of(request)
        fields = {"id": fetch.id, "url": fetch.url, "score": int(fetch.priority)}
        return self.serializer.dumps({**fields, "etag": fetch.etag, "last_modified": fetch.last_modified})

    def _decode_request(self, encoded_request: Any) -> Request:
        """Build the request as this worker would, so that data in Redis cannot create any other request."""
        try:
            fields = self.serializer.loads(encoded_request)
            identity, url = fields["id"], fields["url"]
            if article_id(url) != identity:
                raise ValueError("the URL is not the article's")
            self.spider.crawl.articles.request(identity, url)
            etag, last_modified = (_header(fields.get(name)) for name in ("etag", "last_modified"))
            fetch = FetchArticle(identity, url, Priority(fields["score"]), etag=etag, last_modified=last_modified)
            request: Request = self.spider.requests.build(fetch)
            return request
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise StateError(
                f"{self.server.name}: a request in the queue was not written by vokcrawl: {fault}"
            ) from fault


class PendingFilter(RFPDupeFilter):  # type: ignore[misc]
    """The `DUPEFILTER_CLASS` of workers: a request is a duplicate while one for the same article is pending.

    Afterwards the state knows the article. (The filter of scrapy-redis stores a request before it is queued; one that
    is lost in between is never sent again.)
    """

    server: Server

    @override
    def request_seen(self, request: Request) -> bool:
        identity = _fetch_of(request).id
        return bool(self.server.call(lambda: self.server.client.hexists(self.key, identity)))

    def clear(self) -> None:
        """Do nothing: pending requests are shared."""


def _fetch_of(request: Request) -> FetchArticle:
    fetch = request.cb_kwargs[ACTION]
    if not isinstance(fetch, FetchArticle):
        raise TypeError(f"{request.url}: only requests for articles are shared")
    return fetch


def _header(value: Any) -> str | None:
    """A validator as the value of a header. Raises `ValueError` for what could end the header."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("a validator is not the value of a header")
    return value
