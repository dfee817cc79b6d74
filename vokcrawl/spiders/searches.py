"""The site's search as a listing, in ranges of days (`vokcrawl.policy.date_windows`), newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from vokcrawl.crawling.listing_task import ListingWalk, Step
from vokcrawl.pages.document import Document
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import PAGE_SIZE, Route, SearchRoute
from vokcrawl.pages.search import further_results
from vokcrawl.policy.date_windows import Window, Windows
from vokcrawl.policy.pagination import StopReason
from vokcrawl.spiders.starts import StartSpider


class SearchSpider(StartSpider):
    """Says how a walk through the search goes on. Its first page is what the search shows without days."""

    def may_be_empty(self, walk: ListingWalk, route: Route, document: Document | None) -> bool:
        if not isinstance(route, SearchRoute):
            return super().may_be_empty(walk, route, document)
        return walk.walk.pages > 0 and document is not None and not document.is_blank

    def in_doubt(self, walk: ListingWalk, step: Step, raws: Sequence[RawTeaser]) -> Step | None:
        """Days without an article are asked for twice: a page that merely came without its teasers would be a gap."""
        if isinstance(step.route, SearchRoute) and not raws and walk.walk.pages and step.attempt == 1:
            return replace(step, attempt=2)
        return super().in_doubt(walk, step, raws)

    def following(
        self, walk: ListingWalk, document: Document | None, url: str, route: Route, received: int
    ) -> Route | StopReason:
        if not isinstance(route, SearchRoute):
            return super().following(walk, document, url, route, received)
        more = self.reading.more(document.root, url, received) if document is not None else More(False, None)
        if walk.windows is None:
            walk.windows = Windows(walk.days, walk.walk.rules.today, walk.walk.rules.since)
        if route.start is None:
            return route.between(*walk.windows.first().to_dict())
        return self._next_results(walk, walk.windows, route, more, received)

    def _next_results(
        self, walk: ListingWalk, windows: Windows, route: SearchRoute, more: More, received: int
    ) -> Route | StopReason:
        """More of the same days where they have more, else the days before them."""
        window = Window.of(route.start or "", route.end)
        if windows.is_foreign(window, walk.days, walk.walk.fresh):
            return StopReason.DAYS_IGNORED if windows.ignored else self._older(walk, windows, route, window, 0)
        further = further_results(more, route)
        # A link behind which nothing is new leads nowhere; the first page of a window may repeat what was shown.
        led_nowhere = bool(route.page) and not walk.walk.fresh
        if further is not None and further.url not in walk.visited and not led_nowhere:
            return further
        cut = (more.said and not led_nowhere) or (not route.page and windows.was_full(received, PAGE_SIZE))
        narrower = windows.narrower(window, walk.days) if cut else None
        if narrower is not None:
            return route.between(*narrower.to_dict())
        if cut and more.said:
            self.note("search_day_cut", route.url)
            if windows.note_cut(window):
                return StopReason.DAYS_CUT if windows.honoured else StopReason.DAYS_IGNORED
        return self._older(walk, windows, route, window, received if not route.page else PAGE_SIZE)

    def _older(
        self, walk: ListingWalk, windows: Windows, route: SearchRoute, window: Window, received: int
    ) -> Route | StopReason:
        older = windows.older(window, received)
        if older is not None:
            return route.between(*older.to_dict())
        return StopReason.END if walk.walk.rules.since is None else StopReason.SINCE

    def _taken(self, walk: ListingWalk, route: Route, url: str, first: bool) -> Iterator[Any]:
        if walk.windows is not None and walk.windows.cut and walk.walk.complete:
            # However it ended: some days were not seen whole.
            walk.walk.spoil(StopReason.DAYS_CUT)
        yield from super()._taken(walk, route, url, first)
