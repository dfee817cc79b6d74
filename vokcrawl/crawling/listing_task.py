"""One listing while it is walked: the pure `Walk`, and what is remembered of it before and after."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vokcrawl.config import Arguments, Options
from vokcrawl.normalize import parse_utc, utc
from vokcrawl.pages.routes import Route
from vokcrawl.policy.date_windows import Windows
from vokcrawl.policy.pagination import ListingProgress, StopReason, StopRules
from vokcrawl.runs.run import Run
from vokcrawl.storage.manifest import ListingEntry
from vokcrawl.storage.state.rows import ListingRow


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked for next in a listing: the route to it.

    `again` numbers the pages that are read once more at the end, 0 is the walk itself; `attempt` says how often this
    was asked for because the answer was empty.
    """

    route: Route
    again: int = 0
    attempt: int = 1


@dataclass
class ListingWalk:
    """A walk with its number in the state. `url` is the listing's first page, its key in the memory."""

    url: str
    source: str
    number: int
    walk: ListingProgress
    before: ListingRow | None
    sweep: bool
    found_by: str = "start page"
    led_from: str | None = None
    scouted: bool = False
    # Whether it shows other sources too, and the first wanted article that it showed.
    mixed: bool = False
    example: str | None = None
    way: str | None = None
    to_is_settled: bool = False
    etag: str | None = None
    last_modified: str | None = None
    # The routes that were asked for first and last.
    first: Route | None = None
    asked: Route | None = None
    last_received: int = 0
    # The days that the last page showed, and, where a search is walked, the windows of days in which that is done.
    days: list[str] = field(default_factory=list)
    windows: Windows | None = None
    rereading: bool = False
    over: bool = False
    # Whether something unknown was passed over because it lies outside `since` and `until`.
    passed_over: bool = False
    visited: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, run: Run, url: str, arguments: Arguments, options: Options, in_windows: bool = False) -> ListingWalk:
        """Begins to walk a listing by the rules that the run's arguments and the memory give."""
        before = run.state.listing(url, options.source)
        joins = before is not None and before.covers(arguments.since) and not arguments.full
        sweep = before is None or arguments.full or rescan_is_due(before, run.started, options.rescan_hours)
        rules = StopRules(
            since=arguments.since,
            max_pages=arguments.max_pages,
            known_pages=options.stop_after_known_pages if joins else 0,
            head=before.first_page_ids if before is not None and joins else (),
            sweep_days=options.lookback_days if joins and sweep else None,
            today=run.started.date().isoformat(),
            in_windows=in_windows,
        )
        return cls(
            url,
            options.source,
            run.begin_transaction().begin_listing_crawl(url, run.id),
            ListingProgress(rules),
            before,
            sweep,
        )

    @property
    def may_ask_conditionally(self) -> bool:
        """Whether "not modified" is all that this walk needs to hear of the first page."""
        return bool(self.walk.rules.head) and self.walk.rules.sweep_days is None

    @property
    def back_to(self) -> str | None:
        """The day back to which this walk covers the listing, None for the whole of it.

        A walk bounded by `since` may have joined what is covered back to its bound only, unless it reached the end.
        """
        if self.walk.stopped is StopReason.END:
            return None
        if self.walk.stopped is StopReason.UNCHANGED and self.before is not None:
            return self.before.covered_since
        if self.walk.stopped is StopReason.KNOWN and self.before is not None and not self.passed_over:
            return self.before.covered_since
        return self.walk.rules.since

    def unchanged(self) -> None:
        """The site said that the first page is as the last complete walk left it."""
        self.walk.unchanged()
        if self.before is not None:
            self.etag, self.last_modified = self.before.etag, self.before.last_modified

    def settle(self, run: Run, arguments: Arguments, finished: bool) -> None:
        """Remembers how the walk ended. `finished` is False when the run broke off with pages still to come."""
        # A walk that was going on when the crawl ran out of things to do was lost to an error on one of its pages.
        self.walk.stop(StopReason.FAILED if finished else StopReason.INTERRUPTED)
        if not (finished and self.walk.complete):
            return
        state = run.begin_transaction()
        state.complete_listing_crawl(self.number, self.back_to)
        if arguments.until is not None:
            # What is newer than `until` was passed over: the first page says nothing of what is known.
            return
        now = utc(run.started)
        swept = now if self.sweep or self.before is None else self.before.rescanned_at
        head = self.walk.head or (self.before.first_page_ids if self.before else ())
        state.put_listing(
            ListingRow(self.url, self.source, head, self.back_to, now, swept, self.etag, self.last_modified)
        )

    def to_manifest(self) -> ListingEntry:
        """The listing as the manifest has it."""
        walk = self.walk
        return ListingEntry(
            url=self.url,
            source=self.source,
            found_by=self.found_by,
            discovered_from=self.led_from,
            strategy=self.way,
            pages=walk.pages,
            entries=len(walk.ids),
            new=walk.new,
            newest=walk.newest,
            oldest=walk.oldest,
            rescan=self.sweep,
            complete=walk.complete,
            stop_reason=walk.stopped,
            covered_since=self.back_to,
            first_page_ids=list(walk.head),
        )


def rescan_is_due(before: ListingRow, now: datetime, hours: int) -> bool:
    """Whether the last sweep of a listing is more than so many hours ago."""
    age = now - parse_utc(before.rescanned_at)
    # One that lies ahead was noted while the clock was wrong, and must not put off all others until then.
    return age >= timedelta(hours=hours) or age < timedelta(0)
