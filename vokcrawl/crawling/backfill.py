"""The progress of a listing crawl that the next run continues: pages read, entries left, and the estimated end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from vokcrawl.crawling.positions import Positions
from vokcrawl.normalize import parse_utc, utc
from vokcrawl.pages.numbered_pages import page_number
from vokcrawl.pages.routes import LinkRoute
from vokcrawl.policy.pagination import ListingProgress
from vokcrawl.storage.manifest import BY_LAST_PAGE, BY_SINCE, Backfill, EstimateSource

# A time further ahead than this says nothing.
_FURTHEST = timedelta(days=3650)


def backfill_of(
    positions: Positions, progress: ListingProgress, since: str | None, last_page: int, started: datetime
) -> Backfill:
    """Return the progress of an unfinished listing crawl.

    `last_page` is the highest page number that the listing links to, 0 if there is none; `started` is the start of the
    run. What cannot be estimated is None.
    """
    by_page, by_since = _by_last_page(positions, last_page), _by_since(positions, progress, since)
    left = by_page if by_page is not None else by_since
    source: EstimateSource = BY_LAST_PAGE if by_page is not None else BY_SINCE
    return Backfill(
        pages=positions.pages,
        entries=positions.entries,
        began_at=positions.began_at,
        entries_left=left,
        estimated_from=source if left is not None else None,
        done_at=_done_at(positions, left, started),
    )


def _by_last_page(positions: Positions, last_page: int) -> int | None:
    route = positions.route
    if not last_page or not isinstance(route, LinkRoute) or not positions.pages:
        return None
    left = last_page - page_number(route.url)[1]
    return round(left * positions.entries / positions.pages) if left >= 0 else None


def _by_since(positions: Positions, progress: ListingProgress, since: str | None) -> int | None:
    if since is None or progress.newest is None or progress.oldest is None:
        return None
    newest, oldest, bound = map(date.fromisoformat, (progress.newest, progress.oldest, since))
    if oldest >= newest:
        return None
    return round(positions.entries * max(0, (oldest - bound).days) / (newest - oldest).days)


def _done_at(positions: Positions, left: int | None, started: datetime) -> str | None:
    """Estimated at the pace of the earlier runs, including the time between them; unknown in the first run."""
    before = positions.entries_before
    elapsed = started - parse_utc(positions.began_at)
    if left is None or not before or elapsed <= timedelta(0):
        return None
    try:
        remaining = elapsed * ((left + max(0, positions.entries - before)) / before)
    except OverflowError:
        return None
    return utc(started + remaining) if remaining < _FURTHEST else None
