"""One listing during its crawl: its state, its progress, and what the crawl state stores about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from vokcrawl.crawling.actions import FetchListing, Purpose
from vokcrawl.crawling.backfill import backfill_of
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.events import UnexpectedEvent
from vokcrawl.crawling.positions import Positions
from vokcrawl.crawling.slices import Slice
from vokcrawl.normalize import parse_utc, utc
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.routes import Route, SearchRoute, SitemapRoute
from vokcrawl.policy.pagination import Entry, ListingProgress, StopReason, StopRules
from vokcrawl.storage.manifest import Backfill, ListingEntry
from vokcrawl.storage.state.rows import ListingRow


class ListingState(StrEnum):
    """The state of a listing crawl."""

    PENDING = "pending"  # its first page is under way
    RUNNING = "running"  # its pages are read one after the other
    REREADING = "rereading"  # the end was reached, and the first pages are read once more
    HEALING = "healing"  # a slice of its old part is read again
    SUSPENDED = "suspended"  # it waits for what another discovery strategy brings, or for the next run
    DONE = "done"


class ProblemKind(StrEnum):
    """The kind of problem that is reported if a listing crawl fails and no other strategy succeeds."""

    START_FAILED = "start_failed"
    NO_TEASERS = "no_teasers"
    PAGE_FAILED = "page_failed"
    PROBLEM = "problem"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ListingProblem:
    """The problem that ended a listing crawl: `stop` is its reason, the rest is what the manifest counts."""

    kind: ProblemKind
    stop: StopReason
    reason: str
    url: str


@dataclass
class Listing:
    """A listing crawl with its number in the state. `key` is the URL of the listing's first page.

    The reason why it stopped is `progress.stopped`.
    """

    key: str
    source: str
    number: int
    progress: ListingProgress
    before: ListingRow | None
    rescan: bool
    first: Route
    since: str | None = None
    # After how many files of known articles a sitemap is read no further, 0 for never.
    known_files: int = 0
    found_by: str = "start page"
    discovered_from: str | None = None
    state: ListingState = ListingState.PENDING
    # Where an earlier run has left it, and which part of it is read again in this run.
    positions: Positions = field(kw_only=True)
    slice: Slice = field(kw_only=True)
    # Wanted entries that are not resolved, of the pages since the last one that was noted as a position.
    opened: list[str] = field(default_factory=list)
    # Where a new turn of the rolling re-read begins: behind what this run has read.
    behind: Route | None = None
    # The request under way, None while there is none.
    outstanding: FetchListing | None = None
    # How many requests for its pages were made.
    requests: int = 0
    # What is requested when a suspended listing is resumed.
    suspended_next: FetchListing | None = None
    listing_problem: ListingProblem | None = None
    # Whether a better listing was found.
    is_superseded: bool = False
    # Why the listing stops if the page behind its last one brings something new, and where that was seen.
    probe_stop: StopReason | None = None
    # What the last page that was requested to prove the end has shown.
    probed_ids: list[str] | None = None
    probe_url: str = ""
    # How many of its first pages are read again at least, and whether a page had more entries than one before it.
    pages_to_reread: int = 1
    pages_have_grown: bool = False
    # Whether reading the first pages again has reached entries that were read before.
    reread_joins: bool = False
    # How often that was begun again, and how many times in a row it went back because a batch did not join.
    reread_rounds: int = 0
    reread_steps_back: int = 0
    # Whether an article of it was requested for the route to the source's own listing.
    probed: bool = False
    # Whether it shows other sources too, and the first wanted article that it showed.
    mixed: bool = False
    example: str | None = None
    strategy: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    largest_page: int = 0
    # The most entries of a page, with repeated ones.
    most_shown: int = 0
    # The highest page number that the first page links to, 0 if there is none.
    last_page: int = 0
    # The ids and days that the last page showed.
    last_ids: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)
    # Whether something unknown was passed over because it lies outside `since` and `until`.
    passed_over: bool = False
    # Wanted entries that are not known to be resolved yet, with the number of their page.
    open_entries: dict[str, int] = field(default_factory=dict)
    # The articles that a sitemap's pagination waits for.
    awaited: set[str] = field(default_factory=set)
    # Article links of its pages that lead to other hosts: entries that are not resolved.
    offsite_entries: int = 0
    # Entries that only the daily slice of the old part has found.
    found_late: int = 0

    @classmethod
    def begin(cls, context: Context, key: str, first: Route) -> Listing:
        """Begins to crawl a listing by the rules of the configuration and the state."""
        config, state = context.config, context.state
        before = state.listing(key, config.source)
        positions = Positions.read(context, key)
        if positions.stored is not None:
            number = positions.stored.number
        else:
            number = state.begin_listing_crawl(key, context.run_id)
        positions.number = number
        joins = before is not None and before.covers(config.since) and not config.full
        rescan = before is None or config.full or rescan_is_due(before, context.started, config.rescan_hours)
        # A sitemap is in no order: what was read of it says nothing of the rest.
        in_order = not isinstance(first, SitemapRoute)
        rules = StopRules(
            since=config.since if in_order else None,
            max_pages=config.max_pages,
            known_pages=config.stop_after_known_pages if joins and in_order else 0,
            head=before.first_page_ids if before is not None and joins and in_order else (),
            rescan_days=config.lookback_days if joins and rescan else None,
            today=context.started.date().isoformat(),
            in_date_ranges=isinstance(first, SearchRoute | SitemapRoute),
        )
        return cls(
            key,
            config.source,
            number,
            ListingProgress(rules),
            before,
            rescan,
            first,
            config.since,
            config.stop_after_known_pages if joins and not rescan else 0,
            positions=positions,
            slice=Slice.read(context, key),
        )

    # States

    def expect(self, request: FetchListing) -> FetchListing:
        """Notes the pending request."""
        if self.outstanding is not None or self.state is ListingState.DONE:
            raise UnexpectedEvent(f"{self.key}: a page is requested while the listing is {self.state}: {request}")
        self.outstanding = request
        self.requests += 1
        if self.state is ListingState.PENDING and self.progress.pages:
            self.state = ListingState.RUNNING
        return request

    def on_response(self, request: FetchListing) -> None:
        """Notes the response to the pending request. Raises `UnexpectedEvent` for any other one."""
        if self.outstanding is not request and self.outstanding != request:
            raise UnexpectedEvent(f"{self.key}: no such request is under way: {request}")
        self.outstanding = None

    def reread(self) -> None:
        """The end was reached: the first pages are read again."""
        self.state = ListingState.REREADING

    def heal(self) -> None:
        """A slice of the old part is read again."""
        self.state = ListingState.HEALING

    @property
    def needs_healing(self) -> bool:
        """Whether a slice of its old part is due: with each rescan, and not in runs that read a part of it only."""
        is_due = self.rescan and self.before is not None and self.positions.is_kept and self.since is None
        return is_due and self.progress.stopped is StopReason.KNOWN and not isinstance(self.first, SitemapRoute)

    def suspend(self, following: FetchListing | None, listing_problem: ListingProblem | None = None) -> None:
        """Lets the listing wait: `following` is requested on resumption; without success the problem is reported."""
        self.state = ListingState.SUSPENDED
        self.suspended_next, self.listing_problem = following, listing_problem or self.listing_problem

    def resume(self) -> FetchListing | None:
        """Resumes a suspended listing: returns its next request, if there is one."""
        if self.state is not ListingState.SUSPENDED:
            raise UnexpectedEvent(f"{self.key}: the listing is resumed while it is {self.state}")
        self.state = ListingState.RUNNING
        following, self.suspended_next = self.suspended_next, None
        return following

    def supersede(self) -> None:
        """A better listing was found: this one waits, should that one turn out to be none."""
        if self.state is not ListingState.DONE:
            self.is_superseded = True
            self.state = ListingState.SUSPENDED

    def finish(self, reason: StopReason | None = None) -> None:
        """Ends the listing crawl; `reason` overrides an earlier one, if what looked complete is not."""
        if reason is not None:
            self.progress.mark_incomplete(reason)
        self.state = ListingState.DONE
        self.outstanding = None

    @property
    def is_open(self) -> bool:
        """Whether it is still being crawled."""
        return self.state not in (ListingState.DONE, ListingState.SUSPENDED)

    @property
    def is_complete(self) -> bool:
        """Whether every entry of the listing was read, back to `since`."""
        return self.progress.complete and self.state is not ListingState.SUSPENDED

    def note_page(self, raws: Sequence[RawTeaser], entries: Sequence[Entry], url: str) -> None:
        """Keeps what the next page is compared with."""
        self.pages_have_grown |= 0 < self.most_shown < len(raws)
        self.most_shown = max(self.most_shown, len(raws))
        self.last_ids = [raw.id for raw in raws]
        self.largest_page = max(self.largest_page, len(set(self.last_ids)))
        self.days = [entry.day for entry in entries if entry.day is not None]
        self.visited.add(url)

    # What is requested

    def first_request(self) -> FetchListing:
        """The request for the first page; conditional where "not modified" would be enough."""
        if self.before is not None and self.progress.rules.head and self.progress.rules.rescan_days is None:
            return FetchListing(self.key, self.first, etag=self.before.etag, last_modified=self.before.last_modified)
        return FetchListing(self.key, self.first)

    def next_request(self, route: Route, attempt: int = 1) -> FetchListing:
        """The request for the next page; `attempt` is 2 for the same page once more."""
        return FetchListing(self.key, route, Purpose.NEXT, self.progress.pages + 1, attempt)

    # What the crawl state stores

    @property
    def back_to(self) -> str | None:
        """The day back to which this crawl covers the listing, None for the whole of it.

        A crawl bounded by `since` may have joined what is covered back to its bound only, unless it reached the end.
        """
        stopped = self.progress.stopped
        if stopped is StopReason.END:
            # A sitemap's old entries were passed over unread; any other listing was read to its end.
            return self.since if self.passed_over and isinstance(self.first, SitemapRoute) else None
        if stopped is StopReason.UNCHANGED and self.before is not None:
            return self.before.covered_since
        if stopped is StopReason.KNOWN and self.before is not None and not self.passed_over:
            return self.before.covered_since
        return self.since

    def covers(self, bound_of: str | None) -> str | None:
        """The bound by which entries count as covered: what this crawl may join, so that it joins nothing less."""
        if self.before is not None and self.before.covers(bound_of):
            return self.before.covered_since
        return bound_of

    def not_modified(self) -> None:
        """The site said that the first page is as the last complete crawl left it."""
        self.progress.unchanged()
        if self.before is not None:
            self.etag, self.last_modified = self.before.etag, self.before.last_modified

    def store(self, context: Context, finished: bool) -> None:
        """Stores the result of the crawl. `finished` is False if the run was interrupted before its end."""
        # One that was going on when there was nothing left to do was lost to an error on one of its pages.
        self.progress.stop(StopReason.FAILED if finished else StopReason.INTERRUPTED)
        if not (finished and self.is_complete):
            return
        state = context.state
        state.complete_listing_crawl(self.number, self.back_to)
        if context.config.until is not None:
            # What is newer than `until` was passed over: the first page says nothing of what is known.
            return
        now = utc(context.started)
        rescanned = now if self.rescan or self.before is None else self.before.rescanned_at
        head = self.progress.head or (self.before.first_page_ids if self.before else ())
        state.put_listing(
            ListingRow(self.key, self.source, head, self.back_to, now, rescanned, self.etag, self.last_modified)
        )

    @property
    def backfill(self) -> Backfill | None:
        """How far a crawl of the listing has come that the next run continues; None where it does not."""
        positions = self.positions
        unfinished = self.progress.stopped in (StopReason.TIME, StopReason.INTERRUPTED, None)
        if not unfinished or not positions.pages:
            return None
        return backfill_of(positions, self.progress, self.since, self.last_page, positions.context.started)

    def to_manifest(self) -> ListingEntry:
        """The listing as the manifest has it."""
        progress = self.progress
        return ListingEntry(
            url=self.key,
            source=self.source,
            found_by=self.found_by,
            discovered_from=self.discovered_from,
            strategy=self.strategy,
            pages=progress.pages,
            entries=len(progress.ids),
            new=progress.new,
            newest=progress.newest,
            oldest=progress.oldest,
            rescan=self.rescan,
            complete=self.is_complete,
            stop_reason=progress.stopped,
            covered_since=self.back_to,
            first_page_ids=list(progress.head),
            backfill=self.backfill,
            found_late=self.found_late,
        )


def rescan_is_due(before: ListingRow, now: datetime, hours: int) -> bool:
    """Whether the last rescan of a listing is more than so many hours ago."""
    age = now - parse_utc(before.rescanned_at)
    # One that lies ahead was noted while the clock was wrong, and must not put off all others until then.
    return age >= timedelta(hours=hours) or age < timedelta(0)
