"""Articles: what an answer to an article's address means for the run, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.teasers import TeaserIntake
from vokcrawl.items import REMOVAL
from vokcrawl.normalize import article_id, canonical_url, source_name, utc
from vokcrawl.pages.sources import same_source
from vokcrawl.pipelines import still_there
from vokcrawl.policy.article_checks import complete_from_teaser, lacks_its_text
from vokcrawl.policy.revisit import REMOVAL_CONFIRMATION_DELAY, is_confirmed, next_check
from vokcrawl.storage.state.rows import ArticleRow, RetryRow, Status


class ArticleIntake(TeaserIntake):
    """Takes in articles' pages, and the answers that came in place of one."""

    def take_article(
        self,
        found: ArticleResult,
        identity: str,
        url: str,
        validators: tuple[str | None, str | None],
        archived_as: dict[str, Any] | None = None,
    ) -> Iterator[Any]:
        """The records of a page that is an article's; nothing of an article of another source but a note.

        `url` is the address that answered, `validators` its ETag and Last-Modified, `archived_as` where it
        stands in the archive (`items.ArchivePlace`).
        """
        # Without a meta line the block below, "More From <source>", still names the page's source.
        whose = source_name(found.source or found.block_source or "")
        if whose is not None and not same_source(whose, self.options.source):
            self._other_source(identity, url, whose)
            return
        if whose is None and found.source is not None and not self._expected(identity):
            # The site shows an empty name, and nothing else says that the article is the wanted source's.
            self.note("article_without_source_name", url)
            self._other_source(identity, url, found.source)
            return
        self.run.statistics.wanted_seen += 1
        # The block of a waiting teaser did not say whose it is; its article does.
        yield from self.settle(identity, found.source)
        yield from self.block_teasers(found, url)
        compared = self._compare_with_teaser(found, identity, url)
        item = found.item
        readable = {name: item.get(name) for name in self.options.min_coverage}
        without_teaser = not compared and found.has_meta and found.way == "content"
        if (found.headline_only or without_teaser) and not item["body"] and "body" in readable:
            # The site shows no text: its teaser says so, or the known content element of the page is empty.
            readable["body"] = item.get("title")
        self.run.readable.add("articles", readable)
        if found.unfit is not None:
            yield from self.article_failed(identity, url, found.unfit)
            return
        self._note_lacks(found, url)
        self.run.statistics.articles += 1
        self.run.extractors_used["article"][found.way] += 1
        if item["truncated"]:
            row = self.run.state.articles([identity]).get(identity)
            # What was metered before and still is tells nothing new of the site.
            self.run.statistics.articles_metered += row is None or not row.truncated
        if not self.in_window(item.get("published_on")):
            return
        # A metered copy is never asked for with conditions: what it hides may come back without a change of them.
        self.run.validators[identity] = (None, None) if item["truncated"] else validators
        now = self.run.now()
        yield item | {"first_seen_at": now, "fetched_at": now, "archived_as": archived_as}

    def _expected(self, identity: str) -> bool:
        """Whether an article without a source's name is expected to be the wanted source's.

        It is when a listing of this run shows it as such, when the crawl starts from it, and when an earlier run
        delivered it or scheduled a retry.
        """
        if identity in self.shown_as_wanted or self.run.state.retry_of(identity) is not None:
            return True
        row = self.run.state.articles([identity]).get(identity)
        return row is not None and row.revision > 0

    def _compare_with_teaser(self, found: ArticleResult, identity: str, url: str) -> bool:
        """Completes the record from what a listing of this run shows of the article, and notes contradictions.

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
            self.note(reason, f"{url} ({values})")
        if found.unfit == "without_title" and found.item.get("title"):
            found.unfit = None
        if found.unfit is None and lacks_its_text(found.item, listed):
            found.unfit = "without_text"
        found.headline_only = found.unfit is None and not found.item["body"] and bool(listed.excerpt)
        return True

    def article_failed(self, identity: str, url: str, reason: str) -> Iterator[Any]:
        """Remembers what could not be had. A delivered article stays as it is, and due as it was."""
        self.note(f"article_{reason}", url)
        self.run.statistics.pages_failed += 1
        if self.run.state.retry_of(identity) is None:
            self.run.statistics.articles_gated += reason.startswith("gate_")
        # The address that was asked for, not one that a redirect led to, is what is owed.
        address = canonical_url(url) if article_id(url) == identity else None
        self.run.schedule_retry(identity, address, reason)
        # A row of a listing is never lost because its article is.
        yield from self.settle(identity, None)
        self.stop_at(reason)

    def article_missing(self, identity: str, url: str, status: int) -> Iterator[Any]:
        """404 or 410: noted the first time, believed when a second look a day or more later finds the same."""
        self.note("article_not_found" if status == 404 else "article_gone", url)
        now = self.run.moment()
        state = self.run.begin_transaction()
        row = state.articles([identity]).get(identity)
        if row is None or not row.revision:
            self._never_had(identity, url, status, now)
            yield from self.settle(identity, None)
            return
        # Missing is an answer: what was owed of it, after answers that were none, is given.
        state.drop_retry(identity)
        row.checked_at = utc(now)
        row.missing_status = status
        if row.status is Status.DELIVERED and is_confirmed(row.missing_since, now):
            yield {
                "schema": REMOVAL,
                "id": identity,
                "url": row.url,
                "status": status,
                "first_missing_at": row.missing_since,
                "confirmed_at": utc(now),
                "last_hash": row.content_hash,
            }
            return
        if row.status is Status.DELIVERED:
            row.missing_since = row.missing_since or utc(now)
            row.next_check_at = utc(now + REMOVAL_CONFIRMATION_DELAY)
        else:
            row.next_check_at = next_check(row.first_seen_at or utc(now), now, self.options.recheck_days)
        state.put_article(row)

    def _never_had(self, identity: str, answered: str, status: int, now: datetime) -> None:
        state = self.run.begin_transaction()
        url = canonical_url(answered) or answered
        before = state.retry_of(identity)
        if before is not None and is_confirmed(before.missing_since, now):
            state.put_article(ArticleRow(identity, url, Status.GONE, checked_at=utc(now)))
            state.drop_retry(identity)
            return
        first = before.first_failed_at if before else utc(now)
        missing = (before.missing_since if before else None) or utc(now)
        attempts = before.attempts + 1 if before else 1
        reason = "not_found" if status == 404 else "gone"
        state.put_retry(
            RetryRow(identity, url, reason, attempts, first, utc(now + REMOVAL_CONFIRMATION_DELAY), missing)
        )

    def article_unchanged(self, identity: str) -> None:
        """304: the article is as it was when it was delivered."""
        row = self.run.state.articles([identity]).get(identity)
        if row is not None:
            self.run.statistics.articles_unchanged += not row.truncated
            still_there(self.run, row, self.options.recheck_days)
            self.count("vok/revisions/not_modified")

    def _other_source(self, identity: str, url: str, source: str) -> None:
        state = self.run.begin_transaction()
        had = state.articles([identity]).get(identity)
        if had is not None and had.revision:
            # What was delivered as the wanted source's stays known as that: forgotten, it would be delivered anew.
            self.note("article_now_of_another_source", url)
            still_there(self.run, had, self.options.recheck_days)
            return
        row = ArticleRow(identity, canonical_url(url) or url, Status.OTHER, source=source, checked_at=self.run.now())
        state.put_article(row)
        state.drop_retry(identity)
        self.undecided.pop(identity, None)
        self.run.other_sources.append(identity)
        self.count("vok/articles/other_source")

    def _note_lacks(self, found: ArticleResult, url: str) -> None:
        if not found.has_meta:
            self.note("article_without_meta_line", url)
        elif not found.has_date:
            self.note("article_without_date", url)
        elif "published_on" not in found.item:
            self.note("article_wrong_date", url)
        if not found.item["body"] and not found.headline_only:
            self.note("article_without_body", url)
        if found.server_errors:
            self.note("article_server_warning", url)
        if found.item["truncated"]:
            self.note("article_metered", url)
