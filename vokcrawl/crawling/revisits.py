"""Revisits: pending retries, articles whose recheck is due, and articles that only "More From" blocks have shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from vokcrawl.crawling.actions import FetchArticle, Priority
from vokcrawl.crawling.articles import Articles
from vokcrawl.crawling.context import Context
from vokcrawl.normalize import utc
from vokcrawl.policy.revisit import is_due, next_check

# How many articles are looked up at a time: memory stays flat.
CHUNK = 50

# The note of the moment at which the last run started.
_LAST_STARTED = "last_started"
# Days; a later check than that would be none.
_LONGEST_AGE = 36_500


class Revisits:
    """Schedules and requests articles that are fetched again."""

    def __init__(self, context: Context, articles: Articles) -> None:
        self._context = context
        self._articles = articles

    def due_retries(self) -> Iterator[FetchArticle]:
        """The requests for articles of which a retry is due."""
        now = self._context.now()
        for retry in self._context.state.pending_retries():
            if is_due(retry.next_attempt_at, retry.first_failed_at, now):
                yield self._articles.request(retry.id, retry.url)

    def check_clock(self) -> None:
        """Brings forward what was scheduled while the clock was ahead, and would not be due for as long."""
        context = self._context
        state, now = context.state, utc(context.started)
        before = state.note(_LAST_STARTED)
        state.put_note(_LAST_STARTED, now)
        if before is None or before <= now:
            return
        longest = min(max(context.config.recheck_days, default=0), _LONGEST_AGE)
        after, latest = "", utc(context.started + timedelta(days=longest))
        while rows := state.delivered(after, CHUNK):
            after = rows[-1].id
            for row in rows:
                is_ahead = row.missing_since is not None and row.missing_since > now
                if is_ahead or (row.next_check_at is not None and row.next_check_at > latest):
                    row.missing_since = now if is_ahead else row.missing_since
                    row.next_check_at = now
                    state.put_article(row)

    def reschedule(self) -> None:
        """Computes again when each article is checked next, where `VOK_RECHECK_DAYS` is not what it was."""
        context, ages = self._context, self._context.config.recheck_days
        state = context.state
        value = ",".join(map(str, ages))
        before = state.note("recheck_days")
        if before == value:
            return
        state.put_note("recheck_days", value)
        after, now = "", utc(context.started)
        while before is not None and (rows := state.delivered(after, CHUNK)):
            after = rows[-1].id
            for row in rows:
                if row.missing_since is not None:
                    # It waits for its second check, whatever the ages are.
                    continue
                if ages and row.next_check_at is not None and row.next_check_at <= now:
                    # A check that is due stays due.
                    continue
                row.next_check_at = next_check(row.first_seen_at or now, context.started, ages)
                state.put_article(row)

    def due_checks(self) -> Iterator[FetchArticle]:
        """Delivered articles whose check is due; conditional where the site gave validators."""
        context = self._context
        every_run = context.config.recheck_days == (0,)
        after = ("", "")
        while True:
            if every_run:
                rows = context.state.delivered(after[1], CHUNK)
            else:
                rows = context.state.due(utc(context.started), after, CHUNK)
            if not rows:
                return
            after = (rows[-1].next_check_at or "", rows[-1].id)
            for row in rows:
                # Of one that could not be fetched lately a retry is pending.
                if row.id not in self._articles.requested and self._articles.may_request(row.id):
                    self._articles.request(row.id, row.url)
                    yield FetchArticle(
                        row.id, row.url, Priority.RECHECK, etag=row.etag, last_modified=row.last_modified
                    )
