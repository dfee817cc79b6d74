"""The invariants, checked while a history is played and after each of its runs.

1. A run that says complete has everything that the site listed throughout the run and that is wanted: delivered, or in
   the retry queue (then the exit code is 10), or confirmed as removed.
2. After the faults have stopped, three further runs have everything (one turn of the rolling re-read, for what only
   that can find). Nothing is delivered twice; no revision without a change; no tombstone without two looks.
3. An idle run sends at most two requests for listings; every run ends; requests are bounded by the listing's size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.simulation.describe import short
from tests.simulation.memory_state import MemoryState
from tests.simulation.site import Article, Site
from tests.simulation.world import Kind, World
from vokcrawl.crawling.actions import FetchArticle
from vokcrawl.errors import ExitCode
from vokcrawl.items import ARTICLE, REMOVAL, TEASER
from vokcrawl.policy.revisit import REMOVAL_CONFIRMATION_DELAY
from vokcrawl.storage.state.rows import Status


class Violation(AssertionError):
    """An invariant does not hold."""

    def __init__(self, invariant: int, message: str) -> None:
        super().__init__(f"invariant {invariant}: {message}")
        self.invariant = invariant


@dataclass
class RunResult:
    """How one run went. `code` is None where it was killed."""

    number: int
    calm: bool
    listed_before: list[Article]
    # What earlier runs were not shown, though it was listed.
    hidden_before: set[str] = field(default_factory=set)
    code: ExitCode | None = None
    complete: bool = False
    # Whether every listing was read to its end, not only up to what is known or to `since`.
    read_to_end: bool = False
    # The same, and by this run alone.
    read_whole: bool = False
    listing_requests: int = 0
    article_requests: int = 0
    delivered: int = 0
    reasons: list[str] = field(default_factory=list)


class Delivered:
    """All records that were committed, as a reader of the files sees them."""

    def __init__(self) -> None:
        self.teasers: set[str] = set()
        # By article: number of the last version, what it said, and whether a tombstone came last.
        self.articles: dict[str, tuple[int, object, bool]] = {}
        # Since when, by the crawler's clock, an article has only been said to be missing.
        self._missing_since: dict[str, list[datetime]] = {}

    def note_answer(self, request: FetchArticle, missing: bool, now: datetime) -> None:
        """Notes what the site answered for an article."""
        if missing:
            self._missing_since.setdefault(request.id, []).append(now)
        else:
            self._missing_since.pop(request.id, None)

    def take(self, records: list[dict[str, Any]]) -> None:
        """Takes in what is committed. Raises `Violation` for a duplicate and the like."""
        for record in records:
            identity = record["id"]
            if record["schema"] == TEASER:
                if identity in self.teasers:
                    raise Violation(2, f"teaser {short(identity)} was delivered twice")
                self.teasers.add(identity)
            elif record["schema"] == ARTICLE:
                self._take_article(identity, record)
            elif record["schema"] == REMOVAL:
                self._take_removal(identity)

    def _take_article(self, identity: str, record: dict[str, Any]) -> None:
        revision, content, removed = self.articles.get(identity, (0, None, False))
        says = (record["content_hash"], record["truncated"])
        if record["revision"] != revision + 1:
            raise Violation(2, f"article {short(identity)}: revision {record['revision']} follows {revision}")
        if says == content and not removed:
            raise Violation(2, f"article {short(identity)}: revision {record['revision']} without a change")
        self.articles[identity] = (revision + 1, says, False)

    def _take_removal(self, identity: str) -> None:
        revision, content, removed = self.articles.get(identity, (0, None, False))
        looks = self._missing_since.get(identity, [])
        if not revision or removed:
            raise Violation(2, f"article {short(identity)}: a tombstone for what was not there")
        if not looks or max(looks) - min(looks) < REMOVAL_CONFIRMATION_DELAY:
            raise Violation(2, f"article {short(identity)}: a tombstone without a second look a day later")
        self.articles[identity] = (revision, content, True)

    def missing(self, world: World, site: Site, state: MemoryState) -> list[str]:
        """What of the site's listing is still not had, in words."""
        wanted = [each for each in site.listed if world.wants(each)]
        return self.not_had(wanted, state, teasers=world.kind is not Kind.SITEMAP)

    def not_had(self, articles: list[Article], state: MemoryState, teasers: bool = True) -> list[str]:
        """Which of these articles are neither delivered, nor in the retry queue, nor known to be removed."""
        rows = state.articles([each.id for each in articles])
        found = []
        for article in articles:
            row = rows.get(article.id)
            known = article.id in self.articles or (row is not None and row.status is Status.GONE)
            if not known and state.retry_of(article.id) is None:
                found.append(f"article {short(article.id)}")
            elif teasers and article.id not in self.teasers:
                found.append(f"teaser {short(article.id)}")
        return found


def check_complete(world: World, site: Site, state: MemoryState, delivered: Delivered, result: RunResult) -> None:
    """Invariant 1, for a run that calls every listing complete."""
    is_exempt = world.may_hide_from_whole_run if result.read_whole else world.needs_reread
    if is_exempt or (world.may_hide_below and not result.read_to_end):
        # Only the rolling re-read finds it.
        return
    has_hidden = "filtered_batches" in world.behaviours or world.has_single_entries
    if world.has_holes and (has_hidden or len(site.order) <= 3 * world.page_size):
        # With so few batches a hole looks like the end of the listing, or like hidden entries.
        return
    still = {each.id for each in site.listed}
    # What is hidden from one page, and listed later, was not listed throughout: neither in this run, nor in an earlier
    # one that has read the part of the listing which this one did not.
    still -= site.hidden if result.read_whole else site.hidden | result.hidden_before
    throughout = [each for each in result.listed_before if each.id in still and world.wants(each)]
    missing = delivered.not_had(throughout, state, teasers=world.kind is not Kind.SITEMAP)
    if missing:
        raise Violation(1, f"run {result.number} is complete without {', '.join(missing)}")


def check_idle(world: World, result: RunResult) -> None:
    """Invariant 3, for a run that finds nothing new."""
    if result.delivered:
        raise Violation(3, f"run {result.number} delivers {result.delivered} records though nothing has changed")
    if result.listing_requests > 2 and world.kind is not Kind.SITEMAP:
        raise Violation(3, f"idle run {result.number} sends {result.listing_requests} requests for listings")


def check_bounds(world: World, site: Site, result: RunResult) -> None:
    """Invariant 3, for any run: requests are bounded by what the site has listed while it ran."""
    pages = site.listed_in_run // max(1, world.page_size - 2) + 2
    most = 6 * pages + 40
    if result.listing_requests > most:
        raise Violation(3, f"run {result.number} sends {result.listing_requests} requests for {pages} pages")
    articles = 4 * len(site.articles) + 10
    if result.article_requests > articles:
        raise Violation(3, f"run {result.number} sends {result.article_requests} requests for articles")
