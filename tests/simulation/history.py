"""A history: the runs of one world, one after the other, held to the invariants."""

from __future__ import annotations

from datetime import UTC, datetime
from heapq import heappop, heappush

from tests.simulation.adapter import answer
from tests.simulation.describe import describe
from tests.simulation.invariants import Delivered, RunResult, Violation, check_bounds, check_complete, check_idle
from tests.simulation.memory_state import MemoryState
from tests.simulation.pipelines import Pipelines
from tests.simulation.site import DAY_SECONDS, LISTING, STREAM, Site
from tests.simulation.world import End, Kind, World
from vokcrawl.crawling.actions import Action, Emit, FetchArticle, FetchListing, Repeat, Stop
from vokcrawl.crawling.context import CrawlConfig
from vokcrawl.crawling.crawl import Crawl
from vokcrawl.crawling.events import ArticleFetched, ArticleMissing, ArticleNotModified, Event, Idle, Started
from vokcrawl.errors import ExitCode
from vokcrawl.policy.outcome import determine_outcome
from vokcrawl.policy.pagination import StopReason

Fetch = FetchListing | FetchArticle
# As often as a carrier repeats a request (`RETRY_TIMES`), and the seconds between two requests.
_REPEATS, _DELAY = 2, 3
# More requests than this in one run: it does not end.
_ENDLESS = 3000
_HOUR = 3600
# How many days make a turn of the rolling re-read, and how far apart the runs are that everything must be had in.
_TURN, _APART = 45, 8 * DAY_SECONDS


class Killed(Exception):
    """The process was killed: what was not committed is lost."""


class History:
    """Plays the runs of a world. Give `trace` a list to have each step written there.

    `max_run_minutes` is the crawler's setting; by default the world says whether runs have a limit.
    """

    def __init__(self, world: World, trace: list[str] | None = None, max_run_minutes: int | None = None) -> None:
        self.world = world
        self.trace = trace
        limit = 1 if "time_budget" in world.behaviours else 0
        self._max_run_minutes = max_run_minutes if max_run_minutes is not None else limit
        self.site = Site(world)
        self.state = MemoryState()
        self.delivered = Delivered()
        self.skew = 0
        # The present run's, or the last one's.
        self.crawl: Crawl | None = None
        self.runs: list[RunResult] = []
        self._moment = (0, datetime.fromtimestamp(0, UTC))

    # The plan

    def play(self) -> None:
        """Plays all runs. Raises `Violation`."""
        site, rng = self.site, self.site.stream("schedule")
        for _ in range(self.world.faulty_runs):
            self.run()
            site.wait(rng.choice((_HOUR, 6 * _HOUR, 6 * _HOUR, DAY_SECONDS, 3 * DAY_SECONDS)))
            site.publish(rng.choice((0, 0, 1, 2, self.world.page_size)))
        site.calm_down()
        last = self._heal()
        self._check_live(last)
        if last.complete and last.code is ExitCode.OK:
            site.wait(_HOUR)
            check_idle(self.world, self.run())

    def _heal(self) -> RunResult:
        """Further runs without faults, until everything is had."""
        missing: list[str] = []
        # With a budget of time a run takes only a part of a long listing.
        for _ in range(30 if "time_budget" in self.world.behaviours else 3):
            self.site.wait(_APART)
            result = self.run()
            missing = self.delivered.missing(self.world, self.site, self.state)
            if not missing and result.complete and (result.code is ExitCode.OK or self.world.fails_for_ever):
                return result
        if missing and (self.world.needs_reread or self.world.may_hide_below or self.world.may_uncover):
            for _ in range(_TURN):
                self.site.wait(DAY_SECONDS)
                result = self.run()
                missing = self.delivered.missing(self.world, self.site, self.state)
                if not missing:
                    break
        # With `since` there is no rolling re-read.
        may_miss = self.world.since and (self.world.may_hide_below or self.world.needs_reread or self.world.may_uncover)
        if missing and self.world.can_be_complete and not may_miss:
            raise Violation(2, f"not delivered by the runs after the faults: {', '.join(missing)}")
        return result

    def _check_live(self, last: RunResult) -> None:
        """A site without faults and with an end that can be proven is crawled completely: exit code 0."""
        unpinned = [each for each in self.site.listed if each is not self.site.pinned]
        # Without a logo only its page shows whose an article is, and with `since` not all pages are requested.
        if not any(each.wanted and (each.logo_known or self.world.wants(each)) for each in unpinned):
            return
        if not self.world.can_be_complete and not self._ends_short():
            return
        if not last.complete or (last.code is not ExitCode.OK and not self.world.fails_for_ever):
            raise Violation(2, f"never complete: exit code {last.code}, {'; '.join(last.reasons)}")

    def _ends_short(self) -> bool:
        """Whether the last page, which links to a missing one, is a provable end: it is shorter than the others."""
        world, number = self.world, len(self.site.order)
        if world.end is not End.BARE_LINK or world.behaviours & {"link_hidden", "filtered_batches"}:
            return False
        return number > world.page_size and number % world.page_size > 0

    # One run

    def now(self) -> datetime:
        """What the crawler's clock says."""
        seconds = self.site.now + self.skew
        if self._moment[0] != seconds:
            self._moment = (seconds, datetime.fromtimestamp(seconds, UTC))
        return self._moment[1]

    def run(self) -> RunResult:
        """One run of the crawler."""
        site, world = self.site, self.world
        result = RunResult(len(self.runs) + 1, site.calm, site.listed)
        if self.runs:
            result.hidden_before = self.runs[-1].hidden_before | site.hidden
        site.hidden = set()
        site.listed_in_run = len(site.order) + (site.pinned is not None)
        self.runs.append(result)
        self.skew = 0
        if site.happens("clock_jumps"):
            self.skew = site.stream("clock_jumps").choice((-30, -2, 1, 40, 400)) * DAY_SECONDS
        self._log(f"run {result.number}, {'calm' if site.calm else 'faulty'}, {self.now():%Y-%m-%d %H:%M}")
        crawl = self.crawl = Crawl(self._config(), self.state, now=self.now, run_id=f"{self.now():%Y%m%dT%H%M%SZ}")
        pipelines = Pipelines(
            self.state,
            self.now,
            world.recheck_days,
            crawl.context.results.validators,
            lambda: site.happens("items_dropped"),
        )
        carrier = _Carrier(self, crawl, pipelines, result)
        try:
            finished = carrier.carry()
        except Killed:
            self.state.rollback()
            self._log("killed")
            return result
        crawl.finish(finished)
        carrier.commit()
        self._conclude(crawl, result, finished)
        return result

    def _conclude(self, crawl: Crawl, result: RunResult, finished: bool) -> None:
        statistics = crawl.statistics
        statistics.interrupted = not finished
        statistics.stop_reasons = [each.progress.stopped for each in crawl.listings.values()]
        statistics.delivered = result.delivered
        outcome, result.code = determine_outcome(statistics)
        counted = [each for each in crawl.listings.values() if each.progress.stopped is not StopReason.LEFT]
        result.complete = finished and bool(counted) and all(each.is_complete for each in counted)
        result.read_to_end = all(each.progress.stopped is StopReason.END for each in counted)
        result.read_whole = result.read_to_end and not any(each.positions.resumed for each in counted)
        result.reasons = [f"{each.key}: {each.state}, {each.progress.stopped}" for each in crawl.listings.values()]
        self._log(f"{outcome} ({result.code}); {'; '.join(result.reasons)}")
        if result.complete and result.code in (ExitCode.OK, ExitCode.INCOMPLETE):
            check_complete(self.world, self.site, self.state, self.delivered, result)
        check_bounds(self.world, self.site, result)

    def _config(self) -> CrawlConfig:
        world = self.world
        start = STREAM if world.kind is Kind.STREAM else LISTING
        return CrawlConfig(
            start_urls=(start,),
            since=world.since_day,
            max_run_minutes=self._max_run_minutes,
            recheck_days=world.recheck_days,
            hosts=frozenset({"site.test"}),
        )

    def _log(self, line: str) -> None:
        if self.trace is not None:
            self.trace.append(line)


class _Carrier:
    """Carries out the actions of one run."""

    def __init__(self, history: History, crawl: Crawl, pipelines: Pipelines, result: RunResult) -> None:
        self._history = history
        self._site = history.site
        self._crawl = crawl
        self._pipelines = pipelines
        self._result = result
        self._queue: list[tuple[int, int, Fetch]] = []
        self._sequence = 0
        self._repeats: dict[Fetch, int] = {}
        self._stopped = False
        site = history.site
        self._kill_at = site.stream("killed").randrange(1, 150) if site.happens("killed") else None
        self._interrupt_at = site.stream("interrupted").randrange(1, 60) if site.happens("interrupted") else None
        self._commits = site.stream("commits") if self._kill_at is not None else None
        self._shuffle = site.stream("out_of_order") if "out_of_order" in site.behaviours and not site.calm else None

    def carry(self) -> bool:
        """Carries the run to its end; False where it was interrupted. Raises `Killed`."""
        self._handle(Started())
        while True:
            while self._queue and not self._stopped:
                if self._interrupt_at is not None and self._requests >= self._interrupt_at:
                    return False
                self._fetch()
            if self._stopped:
                return False
            self.commit()
            self._handle(Idle())
            if not self._queue:
                return not self._stopped

    @property
    def _requests(self) -> int:
        return self._result.listing_requests + self._result.article_requests

    def commit(self) -> None:
        """The records and the state become known together."""
        self._history.delivered.take(self._pipelines.pending)
        self._pipelines.pending.clear()
        self._result.delivered = self._pipelines.delivered
        self._history.state.commit()

    def _fetch(self) -> None:
        request = self._next()
        if isinstance(request, FetchListing):
            self._result.listing_requests += 1
        else:
            self._result.article_requests += 1
        if self._requests > _ENDLESS:
            raise Violation(3, f"the run does not end: {_ENDLESS} requests")
        self._site.now += _DELAY
        event = answer(self._site, request)
        if isinstance(event, ArticleMissing | ArticleFetched | ArticleNotModified):
            self._history.delivered.note_answer(event.request, isinstance(event, ArticleMissing), self._history.now())
        if self._history.trace is not None:
            self._history.trace.append(f"  {describe(request)} -> {describe(event)}")
        self._handle(event)

    def _next(self) -> Fetch:
        """What is answered next: as queued, or in any order where requests overtake each other."""
        if self._shuffle is None:
            return heappop(self._queue)[2]
        self._queue.sort()
        return self._queue.pop(self._shuffle.randrange(min(len(self._queue), 4)))[2]

    def _handle(self, event: Event) -> None:
        actions: list[Action] = self._crawl.handle(event)
        for action in actions:
            self._maybe_die()
            if isinstance(action, FetchListing | FetchArticle):
                self._sequence += 1
                heappush(self._queue, (-action.priority, self._sequence, action))
            elif isinstance(action, Emit):
                self._pipelines.take(action.record)
            elif isinstance(action, Repeat):
                self._repeat(action)
            elif isinstance(action, Stop):
                self._stopped = True

    def _maybe_die(self) -> None:
        if self._kill_at is None:
            return
        self._kill_at -= 1
        if self._kill_at <= 0:
            raise Killed
        if self._commits is not None and self._commits.random() < 0.1:
            self.commit()

    def _repeat(self, action: Repeat) -> None:
        tried = self._repeats[action.request] = self._repeats.get(action.request, 0) + 1
        if tried > _REPEATS:
            self._handle(action.otherwise)
            return
        self._sequence += 1
        heappush(self._queue, (-action.request.priority, self._sequence, action.request))
