"""Listings that only a browser can expand: read in steps, each with as many clicks as all before it, up to a limit."""

from __future__ import annotations

from dataclasses import replace

from vokcrawl.crawling.actions import FetchListing
from vokcrawl.crawling.events import BrowserFetched, ClickResult
from vokcrawl.crawling.listing import Listing
from vokcrawl.pages.routes import BrowserRoute
from vokcrawl.policy.pagination import StopReason

# What the browser's last click means for the listing; after any other there is a next step.
ENDS = {
    ClickResult.END: StopReason.END,
    ClickResult.MISSING: StopReason.NO_ROUTE,
    ClickResult.DEAD: StopReason.NO_ROUTE,
    ClickResult.OFFSITE: StopReason.OFFSITE,
}


def bounded(listing: Listing, route: BrowserRoute) -> BrowserRoute:
    """A step of no more clicks than `max_pages` leaves."""
    most = listing.progress.rules.max_pages
    return replace(route, clicks=min(route.clicks, most - listing.progress.pages)) if most is not None else route


def next_step(event: BrowserFetched) -> BrowserRoute:
    """The step behind the one that was carried out."""
    return clicks_of(event.request).after(event.clicks)


def clicks_of(request: FetchListing) -> BrowserRoute:
    """The route of a request to a browser."""
    if not isinstance(request.route, BrowserRoute):
        raise TypeError(f"no step of a browser: {request.route}")
    return request.route
