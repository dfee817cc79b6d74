"""What the crawls of one process do to a host together: they keep its delays and pauses as a single crawl would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakSet

from scrapy.core.downloader import Slot


class Sender(Protocol):
    """What sends requests to hosts: the downloader of a crawl."""

    slots: dict[str, Slot]

    def look(self, key: str) -> None:
        """Sees whether something can be sent to this host now."""


@dataclass(eq=False)
class Host:
    """One host, as all crawls of this process know it. Moments are seconds of the steady clock.

    Until `paused_until` nothing is sent, for the reason `why`; `least_delay` is what robots.txt asks for. `sender` has
    sent the last request, at `sent`, and keeps `delay` seconds between its own.
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
        """The other crawls that have to do with this host."""
        if len(self.senders) == 1:
            return []
        return [each for each in self.senders if each is not sender and self.key in each.slots]

    def is_busy(self, sender: Sender, slot: Slot) -> bool:
        """Whether other crawls ask this host for so much at the moment that this one must wait."""
        busy = sum(len(each.slots[self.key].transferring) for each in self.others(sender))
        return bool(busy) and busy + len(slot.transferring) >= max(1, slot.concurrency)

    def gap(self, sender: Sender, slot: Slot, now: float) -> float:
        """Seconds to let pass since another crawl's last request; its own are the slot's concern.

        The smaller delay of the two counts, for the greater one holds between that crawl's own requests: if it held
        here too, the faster crawl would leave no room for the slower one.
        """
        if self.sender is None or self.sender is sender or not slot.delay:
            return 0.0
        return self.sent + slot.download_delay() * min(1.0, self.delay / slot.delay) - now

    def note(self, sender: Sender, slot: Slot) -> None:
        """Something has been sent."""
        self.sent, self.delay, self.sender = slot.lastseen, slot.delay, sender

    def give_way(self, sender: Sender) -> None:
        """Lets the others look first, when the last request was this crawl's: so they take turns."""
        if self.sender is sender:
            for each in self.others(sender):
                each.look(self.key)


_hosts: dict[str, Host] = {}


def host_of(key: str, sender: Sender) -> Host:
    """The host of that name, which from now on knows of this crawl. One for all crawls of the process."""
    host = _hosts.get(key)
    if host is None:
        host = _hosts[key] = Host(key)
    host.senders.add(sender)
    return host
