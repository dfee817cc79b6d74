"""What is tried where a source's listing cannot be had, or not be followed: in this order, each once a run.

1. An article of the source, from the start page or from the search for the source's name: its page may lead into a
   listing.
2. The search by days, walked as a listing (`spiders.searches`).
3. The sitemap, walked as a listing (`spiders.sitemaps`).

A stream of all sources that can be walked on comes before a search that does not know the source's number. Why each
way was left stands in the manifest
(`discovery_attempts`). A gate is no reason to try another way, and neither is a site that
is out of reach: gates are not evaded, and what passes is waited for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.crawling.listing_task import ListingWalk
from vokcrawl.downloader.failures import CLOSING, NOT_UNDERSTOOD, block_page_of, request_of
from vokcrawl.pages.document import EMPTY_PAGE, PageFault
from vokcrawl.pages.routes import Route, SearchRoute, SitemapRoute
from vokcrawl.pages.search import number_in_form
from vokcrawl.pages.sources import Belongs
from vokcrawl.policy.pagination import Entry, StopReason
from vokcrawl.spiders.base import ARTICLE_PRIORITY
from vokcrawl.spiders.searches import SearchSpider
from vokcrawl.spiders.sitemaps import SitemapSpider
from vokcrawl.spiders.starts import BY_ARTICLE
from vokcrawl.spiders.ways import Lead, WaySpider
from vokcrawl.storage.manifest import DiscoveryAttempt

logger = logging.getLogger(__name__)

# A listing that was not followed at all, as the manifest names it; one that was is named after its way.
LISTING = "listing"
# What the listings of the site have been seen to be called: a start page of another name may be mistyped.
_LISTINGS = re.compile(r"/newstream/?|/article/\d+/?", re.ASCII)
# What it means that a listing's second page is not to be had: it is not there, or not open to us.
_REFUSED = NOT_UNDERSTOOD | {f"http_{status}" for status in (400, 401, 403, 404, 405, 406, 410, 500, 501)}
_REFUSED |= {EMPTY_PAGE, "offsite", "offsite_more", "redirect_loop", "robots_forbidden"}
_REFUSED |= {"more_not_understood", "more_not_found", "more_leads_back", "more_repeats"}
# So many articles that the search finds may be read to find one that leads into a listing.
_MOST_CANDIDATES = 10


class FallbackSpider(WaySpider, SearchSpider, SitemapSpider):
    """Leaves a way for the next one."""

    # The ways

    def ways(self, lead: Lead) -> Iterator[Request | None]:
        yield from self._by_articles(lead)
        yield self._probe(lead)
        yield from self._by_articles(lead)
        may_walk = self.options.pagination == "auto"
        if lead.number and may_walk:
            yield from self._by_resort(lead, SearchRoute(lead.start, lead.number))
        yield from super().ways(lead)
        if not lead.number and may_walk:
            yield from self._by_resort(lead, SearchRoute(lead.start))
        if may_walk:
            yield from self._by_resort(lead, SitemapRoute.of(lead.start))

    def _by_articles(self, lead: Lead) -> Iterator[Request | None]:
        """Articles of the source, until the page of one has been read."""
        stream = lead.walk if lead.walk is not None and lead.walk.mixed else None
        shown = [(stream.example, None)] if stream is not None and stream.example is not None else []
        for identity, address in (*shown, *lead.candidates):
            scout = self.scout(lead, identity, address) if not lead.page_read else None
            if scout is not None:
                yield next(iter(scout), None)

    def _by_resort(self, lead: Lead, route: Route) -> Iterator[Request]:
        """A last resort, walked as a listing."""
        if route.url not in self.walks:
            request = self.lead_to(lead.start, route, route.way)
            lead.resort = self.walks[route.url]
            yield request
        elif self.walks[route.url].walk.stopped is None or self.walks[route.url].walk.complete:
            # Another start page has led to it.
            lead.verdict = None

    def _probe(self, lead: Lead) -> Request:
        """The search for the source's name: it may find articles of the source, and its form may name its number."""
        return Request(
            SearchRoute(lead.start, words=f'"{self.options.source}"').url,
            callback=self.parse_search,
            errback=self.failed_search,
            cb_kwargs={"start": lead.start},
            priority=ARTICLE_PRIORITY,
            dont_filter=True,
        )

    def parse_search(self, response: Response, start: str) -> Iterator[Any]:
        """A page of search results: its teasers of the wanted source may lead the way."""
        lead = self.leads[start]
        try:
            root = self.document(response).root
        except PageFault:
            root = None
        raws = self.reading.teasers(root) if root is not None else []
        if not raws:
            self.stop_at(block_page_of(response) or "")
        if root is not None and not lead.number:
            lead.number = number_in_form(root, self.options.source) or ""
        for raw in raws[:_MOST_CANDIDATES]:
            address = self.on_site(raw.href, response.url)
            if address is not None and self.belongs(raw) is Belongs.YES:
                lead.candidates.append((raw.id, address))
        yield from self.led_nowhere(lead)

    def failed_search(self, failure: Failure) -> Iterator[Any]:
        """Errback of the search for the source's name."""
        reason = self.reason_of(failure)
        if reason != CLOSING:
            self.stop_at(reason)
            yield from self.led_nowhere(self.leads[request_of(failure).cb_kwargs["start"]])

    # When a way leads nowhere

    def go_on(self, walk: ListingWalk, request: Request, entries: Sequence[Entry]) -> Iterator[Request]:
        """A first page of other sources only: the search is quicker than the stream. A search may find a listing."""
        lead = self.leads.get(walk.led_from or "")
        wanted = [entry.id for entry in entries if entry.wanted]
        first = walk.walk.pages == 1 and not walk.scouted
        if walk.led_from is None and first and entries and not wanted:
            walk.scouted = True
            lead = self.lead_for(walk.url, walk)
            lead.waiting = request
            self._leave(lead, LISTING, "nothing of the source on its first page")
            yield from self.led_nowhere(lead)
        elif lead is not None and walk is lead.resort and first and not lead.page_read:
            walk.scouted = True
            lead.resume = partial(self._revived, walk, request)
            scouts = (self.scout(lead, identity) for identity in wanted)
            scout = next((each for each in scouts if each is not None), None)
            yield from self.led_nowhere(lead) if scout is None else scout
        else:
            yield from super().go_on(walk, request, entries)

    def asked_for(self, walk: ListingWalk, identities: Sequence[str]) -> None:
        """Each article of a sitemap that is of the source may lead into a listing."""
        lead = self.leads.get(walk.led_from or "")
        if lead is not None and walk is lead.resort and not lead.page_read:
            self.scouts.update((identity, (lead, False)) for identity in identities)
            lead.resume = partial(self._revived_sitemap, walk)

    def first_page_failed(self, walk: ListingWalk, reason: str, url: str) -> StopReason:
        lead = self.leads.get(walk.led_from or "")
        gated = reason.startswith("gate_")
        if lead is not None and not gated:
            self._leave(lead, walk.first.way if walk is lead.resort and walk.first else LISTING, reason)
            if walk is lead.resort:
                self.hand_over(lead)
                return StopReason.LEFT
        if walk.led_from is not None or gated or reason not in NOT_UNDERSTOOD or not self._is_listing(walk):
            return super().first_page_failed(walk, reason, url)
        failed = partial(super().first_page_failed, walk, reason, url)
        self._look_elsewhere(walk, reason, lambda: walk.walk.spoil(failed()))
        return walk.walk.stopped or StopReason.LEFT

    def on_no_teasers(self, walk: ListingWalk, url: str) -> None:
        if walk.led_from is None and self._is_listing(walk):
            self._look_elsewhere(walk, "without_teasers", partial(super().on_no_teasers, walk, url))
        else:
            super().on_no_teasers(walk, url)

    def broke_off(self, walk: ListingWalk, reason: str, verdict: Callable[[], None]) -> None:
        """More Articles could not be followed from the first page on; or a last resort is of no use."""
        resort = isinstance(walk.first, SearchRoute | SitemapRoute)
        useless = resort and walk.walk.stopped in (StopReason.DAYS_IGNORED, StopReason.DAYS_CUT)
        unfollowed = not resort and not walk.walk.led_on and reason in _REFUSED
        if self.options.pagination != "auto" or not (useless or unfollowed):
            verdict()
        elif not resort:
            self._look_elsewhere(walk, reason, verdict)
        else:
            self._resort_left(walk, reason, verdict)

    def without_way(self, url: str) -> Request | None:
        if self.options.pagination != "auto":
            return super().without_way(url)
        lead = self.lead_for(url, None)
        lead.page_read = True
        lead.verdict = partial(self.start_failed, "without_way", url)
        self._leave(lead, LISTING, "without_way")
        return next(lead.ways)

    def _look_elsewhere(self, walk: ListingWalk, reason: str, verdict: Callable[[], None]) -> None:
        """Leaves a listing for other ways; `verdict` is given if none of them leads on."""
        lead = self.lead_for(walk.led_from or walk.url, walk)
        lead.verdict = partial(_restored, walk, walk.walk.stopped, verdict)
        lead.page_read |= walk.example is not None and not walk.mixed
        self._leave(lead, walk.way or LISTING, reason)
        walk.walk.spoil(StopReason.LEFT)
        self.hand_over(lead)

    def _resort_left(self, walk: ListingWalk, reason: str, verdict: Callable[[], None]) -> None:
        """Leaves a last resort for the next one; one that an earlier run had found, for the start page."""
        start = walk.led_from or walk.url
        self.run.begin_transaction().drop_route(start, self.options.source)
        lead = self.leads.get(start)
        stopped = walk.walk.stopped
        walk.walk.spoil(StopReason.LEFT)
        if lead is None:
            self._note_attempt(start, walk.way or LISTING, reason)
            self.way_lost(walk, reason)
            return
        lead.verdict = lead.verdict or partial(_restored, walk, stopped, verdict)
        self._leave(lead, walk.way or LISTING, reason)
        self.hand_over(lead)

    def _is_listing(self, walk: ListingWalk) -> bool:
        """Whether a start page that cannot be had is, or was, a listing: a mistyped one is told instead."""
        known = walk.before is not None or walk.found_by == BY_ARTICLE
        return not walk.scouted and (known or _LISTINGS.fullmatch(urlsplit(walk.url).path) is not None)

    def _revived(self, walk: ListingWalk, request: Request) -> list[Request]:
        walk.walk.stopped, walk.over = None, False
        return [request]

    def _revived_sitemap(self, walk: ListingWalk) -> list[Request]:
        walk.walk.stopped, walk.over = None, False
        return [] if self.waits(walk) else list(self.next_sitemap_articles(walk))

    def _leave(self, lead: Lead, way: str, why: str) -> None:
        logger.warning("%s: its %s is left for another way to the source: %s", lead.start, way, why)
        self._note_attempt(lead.start, way, why)

    def _note_attempt(self, start: str, strategy: str, reason: str) -> None:
        self.run.discovery_attempts.append(DiscoveryAttempt(start=start, strategy=strategy, reason=reason))


def _restored(walk: ListingWalk, stopped: StopReason | None, verdict: Callable[[], None]) -> None:
    """A walk that was left after all ended as it had."""
    walk.walk.stopped = stopped
    verdict()
