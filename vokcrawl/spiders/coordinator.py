"""The interface of a coordinator, which lets several workers share one crawl. A crawl of one worker has none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from vokcrawl.crawling.events import Event


class Coordinator(Protocol):
    """One worker's part in a shared crawl. Every method may raise `StorageError`."""

    def may_begin(self) -> bool:
        """Whether this worker begins the crawl: it then crawls the listings."""

    def events_before(self, event: Event) -> Iterable[Event]:
        """Events of other workers that the crawl must handle before this event."""

    def handled(self, event: Event) -> None:
        """An event was handled: what came of it becomes known to the others with the next commit."""

    def may_emit(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is this worker's to deliver."""

    def read_here(self, identity: str) -> Iterator[Any]:
        """Yields the request with which this worker reads an article itself that others may have been given."""

    def on_idle(self) -> None:
        """Raises `DontCloseSpider` while the crawl continues, and `CloseSpider` if all workers must stop."""
