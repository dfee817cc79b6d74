"""Articles: what an answer to an article's address means, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from twisted.python.failure import Failure

from vokcrawl.fields import article_id, canonical_url, utc
from vokcrawl.items import REMOVAL
from vokcrawl.loaders import load_article
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.document import PageFault
from vokcrawl.pages.gates import gate_in_page, redirected_to_gate
from vokcrawl.pages.sources import same_source
from vokcrawl.pipelines.revisions import still_there
from vokcrawl.recheck import SECOND_LOOK, is_confirmed, next_check
from vokcrawl.spiders.failures import CHROME_ONLY, CLOSING, LISTING_IN_PLACE, request_of
from vokcrawl.spiders.teasers import TeaserSpider
from vokcrawl.state.rows import ArticleRow, OwedRow, Status


class ArticleSpider(TeaserSpider):
    """The callbacks of article requests."""

    def parse_article(self, response: Response, identity: str) -> Iterator[Any]:
        """Reads an article page; gives its record, its teasers, and the teaser that waited for it."""
        if response.status == 304:
            self._not_modified(identity)
        elif response.status in (404, 410):
            yield from self._missing(response, identity)
        else:
            try:
                page = self.article_page(response, identity)
            except PageFault as fault:
                again = self.once_more(response, fault)
                if again is not None:
                    yield again
                    return
                yield from self._failed(identity, asked_address(response), fault.name)
            else:
                yield from self.read_article(response, page, identity)
        yield from self.answered(identity)

    def article_page(self, response: Response, identity: str) -> ArticlePage:
        """The answer as an article's page. Raises `PageFault` that names what it is instead."""
        gate = redirected_to_gate(asked_address(response), response.url)
        if gate is not None:
            raise PageFault(gate)
        if article_id(response.url) != identity:
            raise PageFault("redirected")
        page = ArticlePage(self.document(response).root, response.url)
        if page.is_article():
            return page
        gate = gate_in_page(response.body)
        if gate is not None:
            raise PageFault(gate)
        raise PageFault(LISTING_IN_PLACE if len(page.teasers()) > 1 else CHROME_ONLY)

    def read_article(self, response: Response, page: ArticlePage, identity: str) -> Iterator[Any]:
        """The records of a page that is an article's; nothing of an article of another source but a note."""
        raw = page.read()
        source = raw.meta.source if raw.meta else None
        # Without a meta line the block below, "More From <source>", still names the page's source.
        whose = source or page.block_source
        if whose is not None and not same_source(whose, self.options.source):
            self._other_source(identity, response.url, whose)
            return
        self.run.facts.wanted_seen += 1
        # The block of a waiting teaser did not say whose it is; its article does.
        yield from self.settle(identity, source)
        yield from self.block_teasers(page, response.url)
        item = load_article(raw, identity, response.url)
        self.run.readable.add("articles", {name: item.get(name) for name in self.options.min_coverage})
        reason = _unfit(item, raw.meta is not None, response.body)
        if reason is not None:
            yield from self._failed(identity, response.url, reason)
            return
        self._note_lacks(item, raw.meta is not None, bool(raw.meta and raw.meta.date), response.url)
        self.run.facts.articles += 1
        self.run.readings["article"][raw.extractor.rpartition("+")[2]] += 1
        row = self.run.state.articles([identity]).get(identity)
        # What was metered before and still is tells nothing new of the site.
        self.run.facts.articles_metered += raw.truncated and not (row is not None and row.truncated)
        if not self.in_window(item.get("published_on")):
            return
        # A metered copy is never asked for with conditions: what it hides may come back without a change of them.
        self.run.validators[identity] = (None, None) if raw.truncated else validators_of(response)
        now = self.run.now()
        yield item | {"first_seen_at": now, "fetched_at": now}

    def failed_article(self, failure: Failure) -> Iterator[Any]:
        """Errback: the article could not be had after all retries."""
        request, reason = request_of(failure), self.reason_of(failure)
        if reason != CLOSING:
            identity = request.cb_kwargs["identity"]
            yield from self._failed(identity, request.url, reason)
            yield from self.answered(identity)

    def once_more(self, response: Response, fault: PageFault) -> Request | None:
        """A listing, or mere chrome, in an article's place: the site does that now and then, so it is asked again."""
        return self.repeated(response.request, fault.name) if fault.name in (LISTING_IN_PLACE, CHROME_ONLY) else None

    def repeated(self, request: Request | None, reason: str) -> Request | None:
        """The request once more, by the address first asked for; None when that has been done `RETRY_TIMES` times."""
        repeated = get_retry_request(request, spider=self, reason=reason) if request is not None else None
        if repeated is None:
            return None
        first = repeated.meta.get("redirect_urls", [repeated.url])[0]
        meta = {name: value for name, value in repeated.meta.items() if not name.startswith("redirect_")}
        return repeated.replace(url=first, meta=meta)

    def _failed(self, identity: str, url: str, reason: str) -> Iterator[Any]:
        """Remembers what could not be had. A delivered article stays as it is, and due as it was."""
        self.note(f"article_{reason}", url)
        self.run.facts.pages_failed += 1
        if self.run.state.owed_of(identity) is None:
            self.run.facts.articles_gated += reason.startswith("gate_")
        # The address that was asked for, not one that a redirect led to, is what is owed.
        address = canonical_url(url) if article_id(url) == identity else None
        self.run.owe(identity, address, reason)
        # A row of a listing is never lost because its article is.
        yield from self.settle(identity, None)
        self.stop_at(reason)

    def _missing(self, response: Response, identity: str) -> Iterator[Any]:
        """404 or 410: noted the first time, believed when a second look a day or more later finds the same."""
        if article_id(response.url) != identity:
            # Not this article is missing, but what it was redirected to.
            gate = redirected_to_gate(asked_address(response), response.url)
            yield from self._failed(identity, asked_address(response), gate or "redirected")
            return
        self.note("article_not_found" if response.status == 404 else "article_gone", response.url)
        now = datetime.now(UTC)
        state = self.run.remember()
        row = state.articles([identity]).get(identity)
        if row is None or not row.revision:
            self._never_had(response, identity, now)
            yield from self.settle(identity, None)
            return
        row.checked_at = utc(now)
        row.missing_status = response.status
        if row.status is Status.DELIVERED and is_confirmed(row.missing_since, now):
            yield {
                "schema": REMOVAL,
                "id": identity,
                "url": row.url,
                "status": response.status,
                "first_missing_at": row.missing_since,
                "confirmed_at": utc(now),
                "last_hash": row.content_hash,
            }
            return
        if row.status is Status.DELIVERED:
            row.missing_since = row.missing_since or utc(now)
            row.next_check_at = utc(now + SECOND_LOOK)
        else:
            row.next_check_at = next_check(row.first_seen_at or utc(now), now, self.options.recheck_days)
        state.put_article(row)

    def _never_had(self, response: Response, identity: str, now: datetime) -> None:
        state = self.run.remember()
        url = canonical_url(response.url) or response.url
        before = state.owed_of(identity)
        if before is not None and is_confirmed(before.missing_since, now):
            state.put_article(ArticleRow(identity, url, Status.GONE, checked_at=utc(now)))
            state.drop_owed(identity)
            return
        first = before.first_at if before else utc(now)
        missing = (before.missing_since if before else None) or utc(now)
        attempts = before.attempts + 1 if before else 1
        reason = "not_found" if response.status == 404 else "gone"
        state.put_owed(OwedRow(identity, url, reason, attempts, first, utc(now + SECOND_LOOK), missing))

    def _not_modified(self, identity: str) -> None:
        row = self.run.state.articles([identity]).get(identity)
        if row is not None:
            self.run.facts.articles_unchanged += not row.truncated
            still_there(self.run, row, self.options.recheck_days)
            self.crawler.stats.inc_value("vok/revisions/not_modified")

    def _other_source(self, identity: str, url: str, source: str) -> None:
        state = self.run.remember()
        row = ArticleRow(identity, canonical_url(url) or url, Status.OTHER, source=source, checked_at=self.run.now())
        state.put_article(row)
        state.drop_owed(identity)
        self.undecided.pop(identity, None)
        self.run.other_sources.append(identity)
        self.crawler.stats.inc_value("vok/articles/other_source")

    def _note_lacks(self, item: dict[str, Any], has_meta: bool, has_date: bool, url: str) -> None:
        if not has_meta:
            self.note("article_without_meta_line", url)
        elif not has_date:
            self.note("article_without_date", url)
        elif "published_on" not in item:
            self.note("article_wrong_date", url)
        if not item["body"]:
            self.note("article_without_body", url)
        if item["truncated"]:
            self.note("article_metered", url)


def _unfit(item: dict[str, Any], has_meta: bool, body: bytes) -> str | None:
    """Why a record read from an article's page is not delivered; None when it is."""
    if "title" not in item:
        return "without_title"
    if item["body"]:
        return None
    gate = gate_in_page(body)
    if gate is not None:
        return gate
    # With a meta line it is an article without a text: some have a headline only.
    return None if has_meta else "without_text"


def validators_of(response: Response) -> tuple[str | None, str | None]:
    """ETag and Last-Modified of an answer, as sent."""
    return _header(response, "ETag"), _header(response, "Last-Modified")


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def asked_address(response: Response) -> str:
    """The address that was asked for, where redirects led elsewhere."""
    first = response.meta.get("redirect_urls")
    return str(first[0]) if first else response.url


def conditional_headers(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The headers that ask a site for an answer only if it has changed."""
    headers = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in headers.items() if value}
