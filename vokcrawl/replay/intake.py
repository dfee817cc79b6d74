"""Takes in what was found in the archive of one run: by the rules of a crawl, in the order of capture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from typing_extensions import override

from vokcrawl.config import Arguments, Options
from vokcrawl.crawling.articles import ArticleIntake
from vokcrawl.normalize import parse_utc
from vokcrawl.replay.findings import ExtractionResult, Kind
from vokcrawl.runs.run import Run

# What a page without its end is called; a crawl has asked for it again.
_CUT_OFF = "cut_off"


class ReplayIntake(ArticleIntake):
    """One run that is replayed. `take` gives the records of a finding, `end` those that waited for the end."""

    def __init__(self, run: Run, options: Options, arguments: Arguments, hosts: Collection[str]) -> None:
        self.run = run
        self.options = options
        self.arguments = arguments
        self.allowed_authorities = frozenset(hosts)
        self.stats: Counter[str] = Counter()
        self._now: datetime = run.started
        run.clock = lambda: self._now
        # What could not be had, and may have been asked for again: the address and the reason, by the article's id.
        self._failed: dict[str, tuple[str, str]] = {}
        # Whether the site closes its pages, and how long those were that had no end, by their addresses.
        self._closes_pages = False
        self._unclosed: dict[str, int] = {}
        self.begin_run()
        # Until the end it is not known which teasers a listing is still to show with their titles.
        self.walks_open = 1

    @override
    def count(self, name: str) -> None:
        self.stats[name] += 1

    def take(self, found: ExtractionResult) -> Iterator[dict[str, Any]]:
        """The records that follow from a finding."""
        self._now = parse_utc(found.at)
        if found.status and found.kind is not Kind.OTHER:
            self.run.statistics.pages_read += 1
        if found.wrong_charset:
            self.note("wrong_charset", found.url)
        if found.identity is not None:
            yield from self._take_article(found, found.identity)
        elif found.kind is Kind.LISTING and not self._is_cut_off(found):
            for teaser in self.listed(found.teasers, found.url):
                yield from self.take_listed(teaser, found.url)
        elif found.kind is Kind.ERROR:
            self.note("spider_error", found.url)
            self.run.statistics.pages_failed += 1

    def end(self, broke_off: bool) -> Iterator[dict[str, Any]]:
        """The archive is over. A run that broke off has given nothing of what waited: a later one shows it again."""
        for identity, (url, reason) in self._failed.items():
            yield from self.article_failed(identity, url, reason)
            yield from self.answered(identity)
        if broke_off:
            return
        for identity in list(self.undecided):
            yield from self.answered(identity)
        yield from self.walk_over()

    def _take_article(self, found: ExtractionResult, identity: str) -> Iterator[dict[str, Any]]:
        if found.kind is Kind.OTHER:
            return
        if found.kind in (Kind.FAILED, Kind.ERROR, Kind.FLAWED) or self._is_cut_off(found):
            self._failed[identity] = (found.url, found.reason or _CUT_OFF)
            return
        self._failed.pop(identity, None)
        self.requested.add(identity)
        if found.kind is Kind.UNCHANGED:
            self.article_unchanged(identity)
        elif found.kind is Kind.MISSING:
            yield from self.article_missing(identity, found.url, found.status)
        else:
            # An archive of others may hold an article twice: each version counts.
            self.run.forget_article(identity)
            yield from self.take_article(found.article(), identity, found.url, found.validators, found.place)
        yield from self.answered(identity)

    def _is_cut_off(self, found: ExtractionResult) -> bool:
        """Whether a page without an end is to be taken for a part of one, by the same rule as in `downloader`."""
        self._closes_pages |= found.closed
        if not found.unclosed:
            return False
        before = self._unclosed.get(found.url)
        self._unclosed[found.url] = found.unclosed
        return self._closes_pages or before != found.unclosed
