"""Fetches and events on one line each, for the trace of a failure."""

from __future__ import annotations

from tests.simulation.site import ORIGIN
from vokcrawl.crawling.actions import FetchArticle, FetchListing
from vokcrawl.crawling.events import (
    ArticleFailed,
    ArticleFetched,
    Event,
    ListingFailed,
    ListingFetched,
    SitemapFetched,
)
from vokcrawl.pages.routes import AjaxRoute


def describe(step: FetchListing | FetchArticle | Event) -> str:
    """A fetch or an event on one line."""
    if isinstance(step, FetchArticle):
        return f"article {short(step.id)}"
    if isinstance(step, FetchListing):
        return f"{step.purpose} {step.number}{' again' if step.attempt > 1 else ''}: {_route(step)}"
    if isinstance(step, ListingFetched):
        ids = " ".join(short(teaser.id) for teaser in step.page.teasers)
        return f"{step.page.kind} [{ids}] {'more' if step.page.more().label_found else ''}".rstrip()
    if isinstance(step, ListingFailed | ArticleFailed):
        return step.reason
    if isinstance(step, SitemapFetched):
        return f"{len(step.sitemap.entries)} entries"
    if isinstance(step, ArticleFetched):
        return f"{step.found.source}, {step.found.item['body']}"
    return type(step).__name__


def _route(step: FetchListing) -> str:
    route = step.route
    if isinstance(route, AjaxRoute):
        return f"batch id={route.id} from={route.start} to={'+' if route.to_is_end else ''}{route.size}"
    return route.url.removeprefix(ORIGIN)


def short(identity: str) -> str:
    """The article's number: enough to tell it from the others of a history."""
    return identity.partition("-")[2]
