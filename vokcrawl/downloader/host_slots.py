"""Shared delays and pauses of hosts, for several crawls in one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakSet

from scrapy.core.downloader import Slot


class Sender(Protocol):
    """A downloader, which sends requests to hosts."""

    slots: dict[str, Slot]

    def look(self, key: str) -> None:
        """Check whether a request can be sent to this host now."""


@dataclass(eq=False)
class Host:
    """The state of one host, shared by all crawls of the process. Times are seconds of the monotonic clock.

    Nothing is sent until `paused_until`, for the reason `why`. `least_delay` is the Crawl-delay of robots.txt. `sender`
    sent the last request, at `sent`, and has a download delay of `delay` seconds.
    """

    key: str
    paused_until: float = 0.0
    why: str = ""
    least_delay: float = 0.0
    sent: float = 0.0
    delay: float = 0.0
    sender: Sender | None = None
    senders: WeakSet[Sender] = field(default_factory=WeakSet)

    def pause(self, until: float, why: str) -> None:
        """Pauses requests to the host until a moment of the monotonic clock; a shorter pause changes nothing."""
        if until >= self.paused_until:
            self.paused_until, self.why = until, why

    def others(self, sender: Sender) -> list[Sender]:
        """Return the other crawls that use this host."""
        if len(self.senders) == 1:
            return []
        return [each for each in self.senders if each is not sender and self.key in each.slots]

    def is_busy(self, sender: Sender, slot: Slot) -> bool:
        """Return whether the requests of other crawls use up the concurrency of this slot."""
        busy = sum(len(each.slots[self.key].transferring) for each in self.others(sender))
        return bool(busy) and busy + len(slot.transferring) >= max(1, slot.concurrency)

    def gap(self, sender: Sender, slot: Slot, now: float) -> float:
        """Return the seconds to wait after the last request of another crawl; the slot handles its own requests.

        The smaller delay of both crawls applies. The larger one applies between the requests of its own crawl; if it
        applied here as well, the faster crawl would leave no room for the slower one.
        """
        if self.sender is None or self.sender is sender or not slot.delay:
            return 0.0
        return self.sent + slot.download_delay() * min(1.0, self.delay / slot.delay) - now

    def note(self, sender: Sender, slot: Slot) -> None:
        """Note that a request was sent."""
        self.sent, self.delay, self.sender = slot.lastseen, slot.delay, sender

    def yield_turn(self, sender: Sender) -> None:
        """Let other crawls send first if this one sent the last request, so that they take turns."""
        if self.sender is sender:
            for each in self.others(sender):
                each.look(self.key)


_hosts: dict[str, Host] = {}


def host_of(key: str, sender: Sender) -> Host:
    """Return the state of a host, and register the crawl with it."""
    host = _hosts.get(key)
    if host is None:
        host = _hosts[key] = Host(key)
    host.senders.add(sender)
    return host
