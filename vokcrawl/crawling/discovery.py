"""Source discovery: how the listing of the wanted source is found where a start page shows several, or cannot be read.

The strategies are tried in the order of `Strategy`, each once a run, and each attempt that failed is recorded
(`CrawlResults.discovery_attempts`):

1. an article of the source that the start page shows: its page may lead into the source's listing;
2. the search for the source's name: it may show articles of the source, and its form may name the source's number;
3. those articles, in turn;
4. the search by date ranges, where the source's number in it is known;
5. the start page's own listing, although it shows all sources;
6. the search by date ranges for all sources;
7. the sitemap: those that robots.txt names, then those at the usual places.

Block pages and unreachable sites are no reason to try another strategy: block pages are not circumvented, and an outage
is left to the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from vokcrawl.crawling.listing import Listing, ListingProblem
from vokcrawl.pages.document import EMPTY_PAGE
from vokcrawl.pages.routes import SitemapRoute
from vokcrawl.policy.failure_reasons import NOT_UNDERSTOOD

# How a listing was found, as the manifest names it.
BY_ARTICLE, BY_STORED_ROUTE, BY_SOURCE_ID = "article page", "stored route", "VOK_SOURCE_ID"
# A listing that was not paginated at all, as the manifest names it; one that was is named after its route's kind.
LISTING = "listing"
# What it means that a listing's second page cannot be fetched: it is not there, or not open to us.
REFUSED = NOT_UNDERSTOOD | {f"http_{status}" for status in (400, 401, 403, 404, 405, 406, 410, 500, 501)}
REFUSED |= {EMPTY_PAGE, "offsite", "offsite_more", "redirect_loop", "robots_forbidden"}
REFUSED |= {"more_not_understood", "more_not_found", "more_leads_back", "more_repeats"}
# So many articles that the search shows may be read to find one that leads into a listing.
MOST_CANDIDATES = 10


class Strategy(Enum):
    """The discovery strategies, in the order in which they are tried."""

    SHOWN_ARTICLE = 1
    SOURCE_PROBE = 2
    FOUND_ARTICLES = 3
    SEARCH_BY_NUMBER = 4
    OWN_LISTING = 5
    SEARCH_OF_ALL = 6
    SITEMAP = 7


class DiscoveryState(StrEnum):
    """The state of the discovery from one start page."""

    SEARCHING = "searching"  # another listing or strategy is tried instead of the start page
    RUNNING = "running"  # a listing that was found is crawled, or the start page's own
    EXHAUSTED = "exhausted"  # nothing led on


@dataclass(eq=False)
class SourceDiscovery:
    """The discovery from one start page. `listing` is the page's own listing, None for an article's page.

    That listing is suspended meanwhile. `candidates` are articles that may lead to the source's listing, as id and URL.
    """

    start: str
    listing: Listing | None
    number: str
    remaining: list[Strategy] = field(default_factory=lambda: list(Strategy))
    state: DiscoveryState = DiscoveryState.SEARCHING
    # Whether a page of the source was read: they all have the same links, so another one does not help.
    page_read: bool = False
    candidates: list[tuple[str, str]] = field(default_factory=list)
    # Where a sitemap may be that was not looked for yet; None before the first one.
    sitemaps: list[SitemapRoute] | None = None
    # The search or sitemap that is crawled in the start page's stead.
    fallback: Listing | None = None
    # What is wrong, if no strategy succeeds; of the listing that it is about, None for an article's page.
    listing_problem: ListingProblem | None = None
    problem_of: Listing | None = None
    # The article whose page is being waited for.
    awaited: str | None = None

    def has_failed(self, listing: Listing | None, listing_problem: ListingProblem) -> None:
        """Keeps the problem of a listing, which is reported if no strategy succeeds."""
        self.listing_problem, self.problem_of = listing_problem, listing
