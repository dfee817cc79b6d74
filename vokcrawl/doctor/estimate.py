"""Estimates what a first complete crawl costs, from what the visited pages say about the length of the listing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from vokcrawl.doctor.checks import ListingReport, SitemapReport
from vokcrawl.doctor.listings import SEARCH
from vokcrawl.pages.numbered_pages import page_number

__all__ = ["Bound", "Estimate", "Total", "estimate_crawl"]


class Bound(StrEnum):
    """How a number relates to the true one."""

    EXACT = "exactly"
    AT_LEAST = "at least"
    ABOUT = "about"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class Total:
    """The size of the whole listing, and the hours for it, as far as `evidence` shows."""

    bound: Bound
    entries: int
    pages: int
    hours: float
    evidence: str


@dataclass(slots=True)
class Estimate:
    """The estimated cost of a first complete crawl.

    `delay` is the time between two requests in seconds; `hours_per_year` is the time for one year of the listing.
    `totals` are empty if no page says how long the listing is.
    """

    delay: float
    entries_per_page: float
    entries_per_day: float | None = None
    pages_per_year: int | None = None
    hours_per_year: float | None = None
    totals: list[Total] = field(default_factory=list)


def estimate_crawl(
    listings: Sequence[ListingReport],
    sitemaps: Mapping[str, SitemapReport | None],
    delay: float,
    complete_entries: int | None = None,
) -> Estimate | None:
    """Estimate the cost; None without any teaser.

    `complete_entries` is the number of entries of the listing if the visit has reached its end.
    """
    pages = [each for each in listings if each.kind != SEARCH and each.teasers]
    if not pages:
        return None
    size = sum(each.teasers for each in pages) / len(pages)
    found = Estimate(delay, round(size, 1))
    dated = [each for each in pages if each.newest and each.oldest][-2:]
    daily: float | None = None
    newest = max((each.newest or "" for each in dated), default="")
    if dated:
        oldest = min(each.oldest or "" for each in dated)
        daily = sum(each.teasers for each in dated) / _days(oldest, newest)
        found.entries_per_day = round(daily, 1)
        found.pages_per_year = round(daily * 365 / size)
        found.hours_per_year = _hours(daily * 365, size, delay)
    numbers = _totals(pages, sitemaps, complete_entries, size, daily, newest)
    found.totals = [
        Total(bound, entries, math.ceil(entries / size), _hours(entries, size, delay), evidence)
        for bound, entries, evidence in numbers
    ]
    return found


def _totals(
    pages: Sequence[ListingReport],
    sitemaps: Mapping[str, SitemapReport | None],
    complete_entries: int | None,
    size: float,
    daily: float | None,
    newest: str,
) -> Iterator[tuple[Bound, int, str]]:
    """The number of entries of the listing by each kind of evidence, the best first."""
    if complete_entries is not None:
        yield Bound.EXACT, complete_entries, "the visit has reached the end of the listing"
        return
    if (last := _last_page(pages)) is not None:
        # The last page may have one entry only.
        yield Bound.AT_LEAST, round((last - 1) * size) + 1, f"a page of the listing links to page {last}"
    found = [each for each in sitemaps.values() if each is not None]
    oldest = min((each.oldest for each in found if each.oldest), default=None)
    if oldest is not None and daily is not None and oldest < newest:
        evidence = f"the sitemap has an article of {oldest}, and there are {daily:.1f} entries a day now"
        yield Bound.ABOUT, round(_days(oldest, newest) * daily), evidence
    articles = sum(each.articles for each in found)
    if articles:
        files = max([1, *(each.sitemaps for each in found)])
        largest = max(each.articles for each in found)
        named = (
            f"{files} sitemaps with up to {largest} articles" if files > 1 else f"a sitemap with {articles} articles"
        )
        entries = files * largest if files > 1 else articles
        yield Bound.AT_MOST, entries, f"{named} of all sources, if all articles are in sitemaps"


def _last_page(pages: Sequence[ListingReport]) -> int | None:
    """The highest page number of the listing that was followed; None if only the next page is known."""
    path, _ = page_number(pages[-1].url)
    same = [each for each in pages if page_number(each.url)[0] == path]
    last = max(each.last_page or 0 for each in same)
    return last if last > max(page_number(each.url)[1] for each in same) + 1 else None


def _days(oldest: str, newest: str) -> int:
    return (date.fromisoformat(newest) - date.fromisoformat(oldest)).days + 1


def _hours(entries: float, size: float, delay: float) -> float:
    """The time for as many articles and the pages that list them."""
    return round(entries * (1 + 1 / size) * delay / 3600, 1)
