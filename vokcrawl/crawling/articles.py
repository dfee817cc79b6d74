"""Articles: selects those to fetch, and decides what each response means for the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from vokcrawl.crawling.actions import FetchArticle, Measure, Priority
from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.events import ArticleFetched
from vokcrawl.crawling.teasers import Teasers, is_fetched_again
from vokcrawl.items import REMOVAL
from vokcrawl.normalize import article_id, canonical_url, parse_utc, source_name, utc
from vokcrawl.pages.block_pages import BlockPage
from vokcrawl.pages.sources import same_source
from vokcrawl.policy.article_checks import ListedValues, complete_from_teaser, lacks_its_text
from vokcrawl.policy.revisit import REMOVAL_CONFIRMATION_DELAY, is_confirmed, is_due, next_attempt, next_check
from vokcrawl.storage.state.rows import ArticleRow, EntryRow, RetryRow, Status

# The note of the articles that the site has redirected to its front page, and how many of them say that it does so with
# all that are missing.
_LED_HOME = "redirected_home"
_ENOUGH_LED_HOME = 3
# In that note: other articles were read in the same run.
_OTHERS_READ = "others-read"


class Articles:
    """The articles of a run: which were requested, and with what result."""

    def __init__(self, context: Context, teasers: Teasers) -> None:
        self.context = context
        self.teasers = teasers
        self.requested: set[str] = set()
        self.in_flight: set[str] = set()
        # Read, and not emitted because their own date lies outside `since` and `until`.
        self.out_of_range: set[str] = set()
        # What the listings of this run show of the articles that they lead to.
        self.listed_values: dict[str, ListedValues] = {}
        # Requested articles that a listing of this run shows as the wanted source's, or that the crawl starts from.
        self.shown_as_wanted: set[str] = set()

    # Which are fetched

    def request(self, identity: str, url: str, priority: Priority = Priority.ARTICLE) -> FetchArticle:
        """A request for an article. It is in flight until an event answers it."""
        self.requested.add(identity)
        self.in_flight.add(identity)
        return FetchArticle(identity, url, priority)

    def is_wanted(self, identity: str, article: ArticleRow | None) -> bool:
        """Whether a listed article is to be fetched: unknown and no retry pending later, or gone and shown again."""
        if identity in self.requested:
            return False
        if article is None:
            return self.may_request(identity)
        return is_fetched_again(article, self.context.utc_now())

    def may_request(self, identity: str) -> bool:
        """Whether no retry of the article is pending, or it is due."""
        retry = self.context.state.retry_of(identity)
        return retry is None or is_due(retry.next_attempt_at, retry.first_failed_at, self.context.now())

    def unresolved(self, ids: list[str], *, with_teasers: bool) -> list[str]:
        """Return the wanted entries of which a record was dropped before delivery.

        An article is resolved when it is delivered, waits for a retry, is gone, or turned out to be another source's or
        out of the date range; a teaser when it is delivered (`with_teasers`).
        """
        state = self.context.state
        articles, entries = state.articles(ids), state.entries(ids) if with_teasers else {}
        return [identity for identity in ids if not self._is_resolved(identity, articles, entries, with_teasers)]

    def _is_resolved(
        self, identity: str, articles: Mapping[str, ArticleRow], entries: Mapping[str, EntryRow], with_teasers: bool
    ) -> bool:
        article = articles.get(identity)
        if article is not None and article.status is Status.OTHER:
            return True
        if with_teasers and (identity not in entries or not entries[identity].delivered):
            return False
        if article is not None or identity in self.out_of_range:
            return True
        return self.context.state.retry_of(identity) is not None

    # What an answer means

    def handle_page(self, event: ArticleFetched, *, defer_block: bool) -> None:
        """An article's page: its record and the teasers of its block; of another source's article nothing."""
        found, url, identity = event.found, event.url, event.request.id
        context = self.context
        other = self.other_source_of(event)
        if other is not None:
            if source_name(other) is None:
                context.report("article_without_source_name", url)
            self._take_other_source(identity, url, other)
            return
        context.statistics.wanted_seen += 1
        self.teasers.on_article_read(identity, found.source)
        self.teasers.handle_block(found, url, defer=defer_block)
        is_listed = self._compare_with_teaser(found, identity, url)
        item = found.item
        context.actions.append(Measure(_measured(found, is_listed)))
        if found.unfit is not None:
            self.fail(identity, url, found.unfit)
            return
        self._report_lacks(found, url)
        context.statistics.articles += 1
        context.statistics.count(f"vok/extractors/article/{found.strategy}")
        if item["truncated"]:
            row = context.state.articles([identity]).get(identity)
            # What was truncated before and still is says nothing new of the site.
            context.statistics.articles_truncated += row is None or not row.truncated
        if not context.in_date_range(item.get("published_on")):
            self.out_of_range.add(identity)
            return
        # A truncated copy is never requested conditionally: what it hides may come back without a change of them.
        context.results.validators[identity] = (None, None) if item["truncated"] else (event.etag, event.last_modified)
        now = context.utc_now()
        context.emit(item | {"first_seen_at": now, "fetched_at": now, "archived_as": event.archived_as})

    def other_source_of(self, event: ArticleFetched) -> str | None:
        """The source of an article that is not of the wanted one; None if it is.

        It is an empty name where the site shows none, and nothing else says that the article is the wanted source's.
        """
        found = event.found
        # Without a meta line the block below, "More From <source>", still names the page's source.
        source = source_name(found.source or found.block_source or "")
        if source is not None:
            return None if same_source(source, self.context.config.source) else source
        return found.source if not self._is_expected(event.request.id) else None

    def _is_expected(self, identity: str) -> bool:
        """Whether an article without a source's name is expected to be the wanted source's.

        It is when a listing of this run shows it as such, when the crawl starts from it, and when an earlier run
        delivered it or scheduled a retry.
        """
        if identity in self.shown_as_wanted or self.context.state.retry_of(identity) is not None:
            return True
        row = self.context.state.articles([identity]).get(identity)
        return row is not None and row.revision > 0

    def _compare_with_teaser(self, found: ArticleResult, identity: str, url: str) -> bool:
        """Completes the record from what a listing of this run shows of the article, and reports contradictions.

        Returns whether a listing of this run shows it.
        """
        listed = self.listed_values.pop(identity, None)
        if listed is None:
            return False
        if found.has_date and not found.item.get("published_on"):
            # Not silent, but wrong: nothing is put in its place.
            listed = replace(listed, published_on=None)
        found.item, problems = complete_from_teaser(found.item, listed)
        for reason, values in problems.items():
            self.context.report(reason, f"{url} ({values})")
        if found.unfit == "without_title" and found.item.get("title"):
            found.unfit = None
        if found.unfit is None and lacks_its_text(found.item, listed):
            found.unfit = "without_text"
        found.headline_only = found.unfit is None and not found.item["body"] and bool(listed.excerpt)
        return True

    def fail(self, identity: str, url: str, reason: str, seen_at: str = "") -> None:
        """Schedules a retry of what could not be fetched. A delivered article stays as it is, and due as it was.

        `seen_at` is the URL to report, if it is not that of the article.
        """
        context = self.context
        context.report(f"article_{reason}", seen_at or url)
        is_missing = reason == BlockPage.FRONT_PAGE and self._leads_missing_home(identity)
        context.statistics.pages_failed += not is_missing
        if is_missing and self._take_led_home(identity):
            self.teasers.on_article_read(identity, None)
            return
        if context.state.retry_of(identity) is None:
            context.statistics.articles_blocked += reason.startswith("block_page_")
        # The address that was requested, not one that a redirect led to, is retried.
        self._schedule_retry(identity, canonical_url(url) if article_id(url) == identity else None, reason)
        # A teaser is never lost because its article is.
        self.teasers.on_article_read(identity, None)
        context.stop_at(reason)

    def handle_missing(self, identity: str, url: str, status: int) -> None:
        """Handle a 404 or 410: noted the first time, accepted if a second request a day later gives it again."""
        context = self.context
        context.report("article_not_found" if status == 404 else "article_gone", url)
        now = context.now()
        row = context.state.articles([identity]).get(identity)
        if row is None or not row.revision:
            self._take_never_had(identity, url, status, now)
            self.teasers.on_article_read(identity, None)
            return
        # Missing is an answer: a retry after answers that were none is done.
        context.state.drop_retry(identity)
        row.checked_at = utc(now)
        row.missing_status = status
        if row.status is Status.DELIVERED and is_confirmed(row.missing_since, now):
            context.emit(_removal(row, status, now))
            return
        if row.status is Status.DELIVERED:
            row.missing_since = _missing_since(row.missing_since, now)
            row.next_check_at = utc(now + REMOVAL_CONFIRMATION_DELAY)
        else:
            row.next_check_at = next_check(row.first_seen_at or utc(now), now, context.config.recheck_days)
        context.state.put_article(row)

    def _leads_missing_home(self, identity: str) -> bool:
        """Whether the site redirects missing pages to its front page, as some plugins do, without blocking the crawl.

        The evidence is several such articles beside others that were read. `identity` is a further one.
        """
        state, statistics = self.context.state, self.context.statistics
        known = (state.note(_LED_HOME) or "").split()
        added = [identity] if len(known) <= _ENOUGH_LED_HOME else []
        if statistics.articles or statistics.articles_unchanged:
            added.append(_OTHERS_READ)
        if new := [each for each in added if each not in known]:
            known += new
            state.put_note(_LED_HOME, " ".join(known))
        return _OTHERS_READ in known and len(known) > _ENOUGH_LED_HOME

    def _take_led_home(self, identity: str) -> bool:
        """Resolves an article of such a site after a second request; returns False before that.

        It is unknown whether it was removed: there is no removal record, and it is requested again while it is listed.
        """
        state, now = self.context.state, self.context.now()
        before, row = state.retry_of(identity), state.articles([identity]).get(identity)
        if row is not None and row.status is Status.GONE:
            row.checked_at = utc(now)
            state.put_article(row)
            return True
        if before is None or not is_confirmed(before.first_failed_at, now):
            return False
        if row is None or not row.revision:
            state.put_article(ArticleRow(identity, before.url, Status.GONE, checked_at=utc(now)))
        else:
            row.checked_at = utc(now)
            row.next_check_at = next_check(row.first_seen_at or utc(now), now, self.context.config.recheck_days)
            state.put_article(row)
        state.drop_retry(identity)
        return True

    def handle_not_modified(self, identity: str) -> None:
        """304: the article is as it was when it was delivered."""
        row = self.context.state.articles([identity]).get(identity)
        if row is not None:
            self.context.statistics.articles_unchanged += not row.truncated
            self._confirm(row)
            self.context.count("vok/revisions/not_modified")

    def finish_request(self, identity: str) -> None:
        """The request of the article is finished, with or without success."""
        self.in_flight.discard(identity)
        self.teasers.on_request_finished(identity)

    # What the crawl state stores

    def _schedule_retry(self, identity: str, url: str | None, reason: str) -> None:
        """Schedules a retry; a delivered article keeps its record. `url` may be None if it is known."""
        state, now = self.context.state, self.context.now()
        row, before = state.articles([identity]).get(identity), state.retry_of(identity)
        known = row.url if row is not None and row.revision else url
        address = before.url if before is not None else known
        if address is None:
            return
        attempts = before.attempts + 1 if before is not None else 1
        first = before.first_failed_at if before is not None else utc(now)
        state.put_retry(RetryRow(identity, address, reason, attempts, first, next_attempt(attempts, now)))

    def _take_never_had(self, identity: str, address: str, status: int, now: datetime) -> None:
        state = self.context.state
        url = canonical_url(address) or address
        before = state.retry_of(identity)
        if before is not None and is_confirmed(before.missing_since, now):
            state.put_article(ArticleRow(identity, url, Status.GONE, checked_at=utc(now)))
            state.drop_retry(identity)
            return
        first = before.first_failed_at if before else utc(now)
        missing = _missing_since(before.missing_since if before else None, now)
        attempts = before.attempts + 1 if before else 1
        reason = "not_found" if status == 404 else "gone"
        state.put_retry(
            RetryRow(identity, url, reason, attempts, first, utc(now + REMOVAL_CONFIRMATION_DELAY), missing)
        )

    def _take_other_source(self, identity: str, url: str, source: str) -> None:
        context = self.context
        known = context.state.articles([identity]).get(identity)
        if known is not None and known.revision:
            # What was delivered as the wanted source's stays known as that: forgotten, it would be delivered again.
            context.report("article_now_of_another_source", url)
            self._confirm(known)
            return
        context.state.put_article(
            ArticleRow(identity, canonical_url(url) or url, Status.OTHER, source=source, checked_at=context.utc_now())
        )
        context.state.drop_retry(identity)
        self.teasers.awaiting_source.pop(identity, None)
        context.results.other_sources.append(identity)
        context.count("vok/articles/other_source")

    def _confirm(self, row: ArticleRow) -> None:
        """Schedules the next check of a delivered article that was found unchanged."""
        context = self.context
        row.checked_at = context.utc_now()
        row.next_check_at = next_check(row.first_seen_at or row.checked_at, context.now(), context.config.recheck_days)
        row.missing_since = row.missing_status = None
        context.state.put_article(row)
        context.state.drop_retry(row.id)

    def _report_lacks(self, found: ArticleResult, url: str) -> None:
        report = self.context.report
        if not found.has_meta:
            report("article_without_meta_line", url)
        elif not found.has_date:
            report("article_without_date", url)
        elif "published_on" not in found.item:
            report("article_wrong_date", url)
        if not found.item["body"] and not found.headline_only:
            report("article_without_body", url)
        if found.server_errors:
            report("article_server_warning", url)
        if found.item["truncated"]:
            report("article_truncated", url)


def _measured(found: ArticleResult, is_listed: bool) -> dict[str, Any]:
    """The record on which the coverage of fields is measured."""
    item = found.item
    without_teaser = not is_listed and found.has_meta and found.strategy == "content"
    if (found.headline_only or without_teaser) and not item["body"]:
        # The site shows no text: its teaser says so, or the known content element of the page is empty.
        return {**item, "body": item.get("title")}
    return item


def _missing_since(before: str | None, now: datetime) -> str:
    """Return since when a page is missing; a time in the future was stored while the clock was wrong."""
    return before if before is not None and parse_utc(before) <= now else utc(now)


def _removal(row: ArticleRow, status: int, now: datetime) -> dict[str, Any]:
    return {
        "schema": REMOVAL,
        "id": row.id,
        "url": row.url,
        "status": status,
        "first_missing_at": row.missing_since,
        "confirmed_at": utc(now),
        "last_hash": row.content_hash,
    }
