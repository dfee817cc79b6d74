"""Download delays and pauses that all workers share, on the Redis server.

They are stored per host, so that workers of several sources of a site share its delay. All times are those of the
server's clock.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vokcrawl.errors import StorageError
from vokcrawl.policy.backoff import MOST_DOUBLINGS, Pause, Pauses
from vokcrawl.runs.run import Run
from vokcrawl.storage.state.redis.codec import read

if TYPE_CHECKING:
    from vokcrawl.storage.state.redis.connection import Server

# Prefix of these keys, independent of VOK_REDIS_PREFIX.
_HOSTS = "vokcrawl-hosts"
# KEYS: the turn of the host, which expires after its delay, and its pause (JSON: until, since, refusals in a row).
# ARGV: the delay in milliseconds. Returns the milliseconds to wait, 0 if the turn was taken, and the refusals in a row.
_TURN = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pause, in_a_row = redis.call('GET', KEYS[2]), 0
if pause then
  pause = cjson.decode(pause)
  in_a_row = pause[3]
  if pause[1] * 1000 > now then return {math.ceil(pause[1] * 1000 - now), in_a_row} end
end
local wait = redis.call('PTTL', KEYS[1])
if wait > 0 then return {wait, in_a_row} end
if tonumber(ARGV[1]) > 0 then redis.call('SET', KEYS[1], '', 'PX', ARGV[1]) end
return {0, in_a_row}
"""


class Turns:
    """The turns of all hosts: who may send the next request. Every method may raise `StorageError`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        # Consecutive refusals of each host, as last read.
        self.refusals: dict[str, int] = {}
        self._turn = server.script(_TURN)

    def take(self, host: str, delay: float) -> float:
        """Take the turn, so that the next one is `delay` seconds later, and return 0; or return the seconds to wait."""
        wait, self.refusals[host] = self._turn([_turn_key(host), pause_key(host)], [math.ceil(1000 * delay)])
        return float(wait) / 1000

    def next_in(self, host: str, seconds: float) -> None:
        """Delay the next turn by a number of seconds, for example while Splash sends requests to the host."""
        milliseconds = max(1, math.ceil(1000 * seconds))
        self.server.call(lambda: self.server.client.set(_turn_key(host), "", px=milliseconds))


class SharedPauses(Pauses):
    """The pauses of all hosts, with the same rules as for a single worker, shared by all workers.

    If the server fails, the run fails, and the pause applies to this worker only.
    """

    def __init__(self, run: Run, turns: Turns, cool_off: float, most_in_a_row: int) -> None:
        super().__init__(cool_off, most_in_a_row)
        self._run = run
        self._turns = turns
        # Refusals expire when no request was refused for the longest backoff after a pause.
        self._forgotten_after = cool_off * 2**MOST_DOUBLINGS

    @override
    def refused(self, host: str, sent: float, now: float, asked: float | None) -> float:
        seconds: float = self._changed(host, now, lambda: super(SharedPauses, self).refused(host, sent, now, asked))
        return seconds

    @override
    def on_response(self, host: str, sent: float) -> None:
        if self._turns.refusals.get(host):
            self._changed(host, monotonic(), lambda: super(SharedPauses, self).on_response(host, sent))

    def _changed(self, host: str, now: float, change: Callable[[], Any]) -> Any:
        """Change the stored pause of a host; repeat if another worker changes it at the same time.

        Stored times are those of the server's clock; here they are converted to this worker's monotonic clock.
        """
        key = pause_key(host)

        def in_one_step(pipe: Any) -> Any:
            raw = pipe.get(key)
            seconds, micros = pipe.time()
            ahead = seconds + micros / 1_000_000 - now
            until, since, in_a_row = read(tuple[float, float, int], raw) if raw else (0.0, 0.0, 0)
            self._pauses[host] = pause = Pause(until - ahead, since - ahead, in_a_row)
            result = change()
            kept = max(1, math.ceil(pause.until - now + self._forgotten_after))
            pipe.multi()
            pipe.set(key, json.dumps([pause.until + ahead, pause.since + ahead, pause.in_a_row]), ex=kept)
            self._turns.refusals[host] = pause.in_a_row
            return result

        server = self._turns.server
        try:
            return server.call(lambda: server.client.transaction(in_one_step, key, value_from_callable=True))
        except StorageError as failure:
            self._run.fail(failure)
            return change()


def _turn_key(host: str) -> str:
    return f"{_HOSTS}:turn:{host}"


def pause_key(host: str) -> str:
    """Return the key of the pause of a host."""
    return f"{_HOSTS}:pause:{host}"
