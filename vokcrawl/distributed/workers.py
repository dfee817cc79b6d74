"""The workers of a crawl: who is active, who leads, their common parameters, and whether the crawl has ended.

The first worker starts a crawl, and the leader ends it, when its listing crawls have ended and no request is pending.
The leader holds a lease. If it is not renewed, another worker leads and crawls the listings again; delivered articles
are not requested again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from vokcrawl.errors import UsageError
from vokcrawl.storage.state.redis.codec import read
from vokcrawl.storage.state.redis.namespace import AT_WORK

if TYPE_CHECKING:
    from vokcrawl.storage.state.redis.connection import Server

# KEYS of all scripts: crawl (hash), workers (runs with the time until which they count as active), claims, owners.
_KEYS = ("crawl", AT_WORK, "claims", "owners")
NOW = "local time = redis.call('TIME')\nlocal now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
# ARGV: run, milliseconds, terms. Returns "joined" and the crawl, or "other" and the terms of that crawl.
_JOIN = (
    NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. now)
local alone = redis.call('ZCARD', KEYS[2]) == 0
local crawl, terms, stop = unpack(redis.call('HMGET', KEYS[1], 'crawl', 'terms', 'stop'))
if alone and (not crawl or stop or terms ~= ARGV[3]) then
  redis.call('DEL', KEYS[1])
  crawl = false
end
if not crawl then
  crawl, terms = ARGV[1], ARGV[3]
  redis.call('HSET', KEYS[1], 'crawl', crawl, 'terms', terms)
end
if terms ~= ARGV[3] then return {'other', terms} end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
return {'joined', crawl}
"""
)
# ARGV: run, milliseconds, crawl. Returns 1 if the run leads the crawl now.
_LEAD = (
    NOW
    + """
local crawl, leader, until_ = unpack(redis.call('HMGET', KEYS[1], 'crawl', 'leader', 'until'))
if crawl ~= ARGV[3] then return 0 end
if leader and leader ~= ARGV[1] and tonumber(until_) > now then return 0 end
redis.call('HSET', KEYS[1], 'leader', ARGV[1], 'until', now + ARGV[2])
return 1
"""
)
# ARGV: run, milliseconds, crawl, ids. Renews lease and claims of the run. Returns whether the crawl continues, the
# reason to stop (or nothing), the leader, the ids whose claims the run has lost, and the number of workers.
_BEAT = (
    NOW
    + """
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
local lost = {}
for place = 4, #ARGV do
  local id = ARGV[place]
  if redis.call('HGET', KEYS[4], id) == ARGV[1] then
    redis.call('ZADD', KEYS[3], now + ARGV[2], id)
  else
    lost[#lost + 1] = id
  end
end
local crawl, leader, stop = unpack(redis.call('HMGET', KEYS[1], 'crawl', 'leader', 'stop'))
local workers = redis.call('ZCOUNT', KEYS[2], now, '+inf')
if crawl ~= ARGV[3] then return {0, '', '', lost, workers} end
if leader == ARGV[1] then redis.call('HSET', KEYS[1], 'until', now + ARGV[2]) end
return {1, stop or '', leader or '', lost, workers}
"""
)
# ARGV: run, crawl, whether the crawl has ended, the reason for all to stop (or nothing).
_LEAVE = """
redis.call('ZREM', KEYS[2], ARGV[1])
local crawl, leader = unpack(redis.call('HMGET', KEYS[1], 'crawl', 'leader'))
if crawl ~= ARGV[2] then return 0 end
if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'stop', ARGV[4]) end
if leader == ARGV[1] then
  if ARGV[3] == '1' then redis.call('DEL', KEYS[1]) else redis.call('HDEL', KEYS[1], 'leader', 'until') end
end
return 1
"""


class Workers:
    """One of the workers. Every method may raise `StorageError`.

    `crawl` is the run that started the crawl. `terms` are the settings and arguments that all workers must share.
    `beat` updates `over` (the crawl has ended), `stop` (the reason for all to stop, or empty), `leads` (this worker
    leads) and `is_alone` (it is the only one).
    """

    def __init__(self, server: Server, run_id: str, seconds: int, terms: Mapping[str, Any]) -> None:
        self.server = server
        self.run_id = run_id
        self.seconds = seconds
        self.over = False
        self.stop = ""
        self.leads = False
        self.is_alone = True
        self._terms = json.dumps(terms, sort_keys=True)
        self.crawl = ""
        self._keys = [server.key(name) for name in _KEYS]
        self._join, self._lead = server.script(_JOIN), server.script(_LEAD)
        self._beat, self._leave = server.script(_BEAT), server.script(_LEAVE)

    def join(self) -> None:
        """Join the current crawl, or start one. Raises `UsageError` if its terms differ."""
        result, what = self._join(self._keys, [self.run_id, 1000 * self.seconds, self._terms])
        if result == "other":
            theirs, ours = read(dict[str, Any], what), json.loads(self._terms)
            other = [name for name in ours if ours[name] != theirs.get(name)]
            named = [f"{name}: {ours[name]!r} here, {theirs.get(name)!r} there" for name in other]
            raise UsageError(
                f"{self.server.name}: workers are running a crawl with other settings ({'; '.join(named)}); wait for "
                "its end, use the same settings, or set another VOK_REDIS_PREFIX"
            )
        self.crawl = what

    def lead(self) -> bool:
        """Take the lead if no worker has it; return whether this worker leads now."""
        if self.server.is_fresh(self.seconds) and self._leader():
            # A leader could not renew its lease while the server was unavailable.
            return self.leads
        self.leads = bool(self._lead(self._keys, [self.run_id, 1000 * self.seconds, self.crawl]))
        return self.leads

    def beat(self, claimed: Collection[str]) -> set[str]:
        """Renew lease and claims; return the ids whose claims were lost."""
        arguments = [self.run_id, 1000 * self.seconds, self.crawl, *claimed]
        on, self.stop, leader, lost, workers = self._beat(self._keys, arguments)
        self.is_alone = workers == 1
        self.over = not on
        self.leads = leader == self.run_id
        return set(lost)

    def leave(self, *, over: bool, stop: str) -> None:
        """Leave the crawl. `over`: the leader ends the crawl; `stop`: the reason for all workers to stop."""
        self._leave(self._keys, [self.run_id, self.crawl, int(over), stop])

    def _leader(self) -> bool:
        return bool(self.server.call(lambda: self.server.client.hget(self._keys[0], "leader")))
