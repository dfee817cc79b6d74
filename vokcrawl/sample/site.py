"""The sample site: answers requests without network. It can be changed while it is served."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from vokcrawl.sample import validators as conditional
from vokcrawl.sample.pages import Page, Pages
from vokcrawl.sample.quirks import DEFAULT_FAULTS, FAULT_INDEX, REMOVED_INDEX, checked_faults
from vokcrawl.sample.script import MORE_SCRIPT
from vokcrawl.sample.search import SEARCH_KINDS, Query
from vokcrawl.sample.shelf import Removal, Shelf
from vokcrawl.sample.sitemap import sitemap_at
from vokcrawl.sample.skins import SKINS
from vokcrawl.sample.sources import NEWSTREAM, STREAM_BY_AJAX, STREAM_BY_PATH, WANTED, SampleSource, Stream
from vokcrawl.sample.truth import truth
from vokcrawl.sample.views import AJAX_ACTION, AJAX_PATH, SCRIPT_PATH

MORE_KINDS = ("link", "ajax", "script")
SIGN_UP_PATH = "/free-member-form/"
ARTICLE_PATH = re.compile(r"/newstream/(\d{10}-\d{4,9})(?:/|$)")
LISTING_PATH = re.compile(r"(/newstream/|/article/\d+/)(?:page/(\d{1,6})/)?")
# The image of each article: 16 by 9 grey pixels.
PICTURE = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6"
    "/+b9//j/wAALCAAJABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AAP/Z"
)
# The fault "inserted" publishes an article after this many listing or load-more requests.
INSERT_AFTER = 2
MAX_FRAGMENT = 100

HEADINGS = {
    302: "Found",
    404: "Page not found",
    405: "Method not allowed",
    410: "Gone",
    429: "Too many requests",
    503: "Service unavailable",
}


class Answer(NamedTuple):
    """An HTTP response: the body is empty for HEAD, but its length is given."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class _Failure:
    status: int
    times: int
    retry_after: int | None


class SampleSite:
    """A site of *articles* wanted articles, and *others* (None: a third as many) of other sources.

    *skin* is one of ``SKINS``; *more* says what "More Articles" is: ``link``, ``ajax``, or ``script`` (only a browser
    can follow it); *page_size* is the listings' length; *faults* are ``ALL_FAULTS``' names; with *validators* pages
    carry ETag and Last-Modified. *search* says how the search's results go on (``button``: only
    in a browser; ``link``), or that there is ``none``: then the front page answers; *sitemap*: there is one.
    *doubles* of the wanted articles are retold, and as many more only sound alike. *more_on_full_pages*: the last page
    of a listing has "More Articles" too if it is full, which leads to an empty page.
    Raises ValueError for any other value. All methods may be called from any thread.
    """

    def __init__(
        self,
        articles: int = 60,
        *,
        skin: str = "current",
        more: str = "link",
        page_size: int = 10,
        seed: int = 1,
        faults: Collection[str] = DEFAULT_FAULTS,
        others: int | None = None,
        validators: bool = True,
        search: str = "none",
        sitemap: bool = False,
        doubles: int = 0,
        more_on_full_pages: bool = False,
    ) -> None:
        if skin not in SKINS:
            raise ValueError(f"skin: {skin!r} is not one of {', '.join(SKINS)}")
        if more not in MORE_KINDS:
            raise ValueError(f"more: {more!r} is not one of {', '.join(MORE_KINDS)}")
        if search not in SEARCH_KINDS:
            raise ValueError(f"search: {search!r} is not one of {', '.join(SEARCH_KINDS)}")
        if articles < 0 or page_size < 1 or (others is not None and others < 0):
            raise ValueError("articles and others must be 0 or more, page_size 1 or more")
        if not 0 <= doubles <= articles:
            raise ValueError(f"doubles: {doubles} is not from 0 to the number of articles, {articles}")
        self.faults = checked_faults(faults)
        self._validators = validators
        self._lock = RLock()
        self._shelf = Shelf(articles, others, seed, doubles)
        self._more_kind = more
        self._search = search
        self._sitemap = sitemap
        self._pages = Pages(self._shelf, SKINS[skin](), more, page_size, more_on_full_pages)
        self._failures: dict[str, _Failure] = {}
        self._first_time: dict[str, str] = {}
        self._blocked: set[str] = set()
        self._list_requests = 0
        self._assign_faults()

    def _assign_faults(self) -> None:
        """Assign an article to each fault that affects one; a site that is too small has none."""
        ids = dict(enumerate(self._shelf.first_ids))
        for fault, index in FAULT_INDEX.items():
            if fault in self.faults and index in ids:
                if fault == "sign_up":
                    self._blocked.add(ids[index])
                else:
                    self._first_time[ids[index]] = fault
        for index, status in REMOVED_INDEX.items():
            if "removed" in self.faults and index in ids:
                self._shelf.remove(ids[index], Removal(status, listed=True))

    @property
    def base_url(self) -> str:
        """Scheme, host and port for absolute URLs; until it is set, all are root-relative."""
        return self._pages.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        with self._lock:
            self._pages.base_url = url

    def truth(self, source: SampleSource = WANTED) -> dict[str, Any]:
        """The records of a perfect crawl of the current site; see :mod:`vokcrawl.sample.truth`."""
        with self._lock:
            return truth(self._shelf, self.base_url, self._blocked, source)

    def publish(self, n: int = 1) -> list[str]:
        """Publish *n* new articles at the top of the list; their ids, oldest first."""
        with self._lock:
            return [self._shelf.publish().id for _ in range(n)]

    def publish_late(self, days: int | None = None) -> str:
        """Publish an article that surfaces deep in the list: shown *days* before its ingestion. Its id.

        Without *days*, it is at about two thirds of the list's depth.
        """
        with self._lock:
            return self._shelf.publish_late(days).id

    def edit(self, article_id: str, *, title: bool = False) -> None:
        """Change one paragraph and, with *title*, the headline. Raises KeyError for an unknown id."""
        with self._lock:
            self._shelf.edit(article_id, title=title)

    def remove(self, article_id: str, status: int = 404, *, listed: bool = False) -> None:
        """Answer requests for the article with *status* (404 or 410); if *listed*, listings still show it."""
        if status not in REMOVED_INDEX.values():
            raise ValueError(f"status: {status} is not 404 or 410")
        with self._lock:
            self._shelf.remove(article_id, Removal(status, listed))

    def restore(self, article_id: str) -> None:
        """Bring a removed article back."""
        with self._lock:
            self._shelf.restore(article_id)

    def truncate(self, article_id: str) -> None:
        """Show only the beginning of an article."""
        with self._lock:
            self._shelf.truncate(article_id, truncated=True)

    def show_in_full(self, article_id: str) -> None:
        """Show the whole article again."""
        with self._lock:
            self._shelf.truncate(article_id, truncated=False)

    def fail(self, key: str, status: int, times: int = 1, *, retry_after: int | None = None) -> None:
        """Answer the next *times* requests (-1: all, 0: none any more) of *key* with *status*.

        *key* is an article's id or a path; *retry_after*, in seconds, is sent where given. Raises
        KeyError for an unknown id.
        """
        with self._lock:
            if not key.startswith("/"):
                self._shelf.get(key)
            self._failures[key.rstrip("/")] = _Failure(status, times, retry_after)

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """The response to a request; *target* is path and query as in the request line."""
        with self._lock:
            if method not in ("GET", "HEAD"):
                return self._message(405, [("Allow", "GET, HEAD")])
            answer = self._route(target, headers)
        return answer if method == "GET" else answer._replace(body=b"")

    def _route(self, target: str, headers: Mapping[str, str]) -> Answer:
        path, _, query = target.partition("?")
        if (failed := self._failed(path)) is not None:
            return failed
        if path == AJAX_PATH:
            return self._fragment(query)
        if match := ARTICLE_PATH.match(path):
            return self._article(match[1], headers)
        if match := LISTING_PATH.fullmatch(path if path.endswith("/") else path + "/"):
            return self._listing(STREAM_BY_PATH.get(match[1]), int(match[2] or 1), headers)
        return self._fixed(path, query)

    def _fixed(self, path: str, query: str) -> Answer:
        if path == "/robots.txt":
            return _answer(200, b"User-agent: *\nDisallow:\n", "text/plain")
        if path == SCRIPT_PATH and self._more_kind == "script":
            return _answer(200, MORE_SCRIPT.encode(), "application/javascript")
        fields = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        if path == "/" and "s" in fields and self._search != "none":
            return _answer(200, self._pages.results(Query.of(fields), self._search == "link").body)
        if self._sitemap and (found := sitemap_at(path, self._shelf.stream(NEWSTREAM), self.base_url)) is not None:
            return _answer(200, found, "application/xml")
        if path.startswith("/uploads/") and path.endswith(".jpg"):
            return Answer(200, [("Content-Type", "image/jpeg"), ("Content-Length", str(len(PICTURE)))], PICTURE)
        if path == "/":
            return _answer(200, self._pages.front().body)
        if path.rstrip("/") == SIGN_UP_PATH.rstrip("/"):
            return _answer(200, self._pages.sign_up().body)
        return self._message(404)

    def _article(self, article_id: str, headers: Mapping[str, str]) -> Answer:
        if (refused := self._failed(article_id) or self._withheld(article_id)) is not None:
            return refused
        fault = self._first_time.pop(article_id, None)
        if fault == "rate_limited":
            return self._message(429, [("Retry-After", "1")])
        if fault == "listing_instead":
            page = self._pages.listing(NEWSTREAM, 1)
            return _answer(200, page.body if page else b"")
        answer = self._validated(self._pages.article(self._shelf.get(article_id)), headers)
        if fault == "edited":
            self._shelf.edit(article_id, title=False)
        return answer

    def _withheld(self, article_id: str) -> Answer | None:
        """The response for an article that is removed, or behind the sign-up form."""
        if article_id not in self._shelf:
            return self._message(404)
        if (removal := self._shelf.removed.get(article_id)) is not None:
            return self._message(removal.status)
        if article_id in self._blocked:
            return self._message(302, [("Location", self.base_url + SIGN_UP_PATH)])
        return None

    def _listing(self, stream: Stream | None, number: int, headers: Mapping[str, str]) -> Answer:
        page = self._pages.listing(stream, number) if stream else None
        if page is None:
            return self._message(404)
        answer = self._validated(page, headers)
        self._count_list_request()
        return answer

    def _fragment(self, query: str) -> Answer:
        """WordPress answers ``0`` to unknown actions or values."""
        fields = {name: values[0] for name, values in parse_qs(query).items()}
        try:
            stream = STREAM_BY_AJAX.get(int(fields.get("id", "")))
            start, size = int(fields.get("from", "")), int(fields.get("to", ""))
        except ValueError:
            stream, start, size = None, 0, 0
        if stream is None or fields.get("action") != AJAX_ACTION or start < 0 or size < 1:
            return _answer(200, b"0")
        answer = _answer(200, self._pages.fragment(stream, start, min(size, MAX_FRAGMENT)))
        self._count_list_request()
        return answer

    def _count_list_request(self) -> None:
        self._list_requests += 1
        if self._list_requests == INSERT_AFTER and "inserted" in self.faults:
            self._shelf.publish()

    def _failed(self, key: str) -> Answer | None:
        failure = self._failures.get(key.rstrip("/")) if self._failures else None
        if failure is None or failure.times == 0:
            return None
        if failure.times > 0:
            failure.times -= 1
        more = [] if failure.retry_after is None else [("Retry-After", str(failure.retry_after))]
        return self._message(failure.status, more)

    def _message(self, status: int, more: list[tuple[str, str]] | None = None) -> Answer:
        page = self._pages.message(HEADINGS.get(status, "Sorry"), "There is nothing to read here.")
        return _answer(status, page.body, more=more)

    def _validated(self, page: Page, headers: Mapping[str, str]) -> Answer:
        if not self._validators:
            return _answer(200, page.body)
        marks = conditional.marks(page.tag, self._shelf.changed_at)
        if conditional.is_unchanged(headers, page.tag, self._shelf.changed_at):
            return Answer(304, marks, b"")
        return _answer(200, page.body, more=marks)


def _answer(status: int, body: bytes, kind: str = "text/html", more: list[tuple[str, str]] | None = None) -> Answer:
    headers = [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body)))]
    return Answer(status, headers + (more or []), body)
