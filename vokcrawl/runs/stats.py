"""The counters of a run, in Scrapy's stats. The manifest is filled from them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

from scrapy.statscollectors import MemoryStatsCollector, StatsCollector

# Names of the project's stats begin with it.
_PREFIX = "vok/"


class PlainStatsCollector(MemoryStatsCollector):
    """Scrapy's stats without its search for deprecated arguments, which repeats at each access to an attribute.

    Components count about thirty times for each page.
    """

    if not TYPE_CHECKING:
        __getattribute__ = object.__getattribute__


class CrawlStats(MutableMapping[str, int]):
    """The project's counters in the stats of a crawler, as a mapping.

    Code that counts needs no crawler then: a replay and the tests count in a dict.
    """

    def __init__(self, collector: StatsCollector) -> None:
        self._collector = collector

    def __getitem__(self, name: str) -> int:
        value = self._collector.get_value(name)
        if value is None:
            raise KeyError(name)
        return int(value)

    def __setitem__(self, name: str, value: int) -> None:
        self._collector.set_value(name, value)

    def __delitem__(self, name: str) -> None:
        del self._collector.get_stats()[name]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in self._collector.get_stats() if name.startswith(_PREFIX)])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def counts_below(stats: MutableMapping[str, int], area: str) -> dict[str, int]:
    """The counters of one area, by the rest of their names, without zeros, in the order in which they began.

    >>> counts_below({"vok/records/articles": 2, "vok/records/teasers": 0, "vok/pages/read": 3}, "records")
    {'articles': 2}
    """
    prefix = f"{_PREFIX}{area}/"
    return {name.removeprefix(prefix): stats[name] for name in stats if name.startswith(prefix) and stats[name]}
