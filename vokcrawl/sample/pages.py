"""Renders the pages of the site and caches each part until it changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from vokcrawl.sample import views
from vokcrawl.sample.content import SampleArticle
from vokcrawl.sample.search import TITLE as SEARCH_TITLE
from vokcrawl.sample.search import Query
from vokcrawl.sample.shelf import Shelf
from vokcrawl.sample.skins import Skin
from vokcrawl.sample.sources import NEWSTREAM, STREAM_OF, STREAMS, Stream
from vokcrawl.sample.views import MoreView

BLOCK_SIZE = 20


def token_of(stream: Stream) -> str:
    """The token of a stream on a page with ``more="script"``; only the site's script can decode it."""
    return f"{stream.ajax * 7 + 3:x}"[::-1]


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered page, or a part of one, with a tag that changes with the bytes."""

    body: bytes
    tag: str


def _page(content: str) -> Page:
    body = content.encode()
    return Page(body, hashlib.sha1(body, usedforsecurity=False).hexdigest()[:16])


class Pages:
    """The pages of *shelf* in *skin*. Absolute addresses start with ``base_url``, which may be set later.

    *more_on_full_pages*: a listing's last page leads on if it is full, to an empty page.
    """

    def __init__(self, shelf: Shelf, skin: Skin, more: str, page_size: int, more_on_full_pages: bool = False) -> None:
        self._shelf = shelf
        self._skin = skin
        self._more_kind = more
        self._page_size = page_size
        self._more_on_full_pages = more_on_full_pages
        self._base_url = ""
        self._version = -1
        # An article's own part and its teasers outlive changes of other articles. The article is kept beside
        # them to see whether it is still the same one.
        self._own: dict[str, tuple[SampleArticle, Page]] = {}
        self._teasers: dict[tuple[str, bool], tuple[SampleArticle, str]] = {}
        self._listings: dict[tuple[Stream, int], Page] = {}
        self._blocks: dict[Stream, Page] = {}
        self._entries: dict[Stream, list[SampleArticle]] = {}
        # The part above each article, and the day that it shows.
        self._head: Page | None = None
        self._visited_on = shelf.visited_on

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return self._base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self._base_url = url.rstrip("/")
        self._own.clear()
        self._teasers.clear()
        self._version = -1

    def article(self, article: SampleArticle) -> Page:
        """An article page: the article, then the newest ones of its source."""
        self._refresh()
        known = self._own.get(article.id)
        if known is None or known[0] is not article:
            own = self._skin.article(views.article_view(article, self._base_url))
            known = self._own[article.id] = (article, _page(own))
        head, below = self._around(article)
        return Page(head.body + known[1].body + below.body, f"{head.tag}-{known[1].tag}-{below.tag}")

    def listing(self, stream: Stream, number: int) -> Page | None:
        """Page *number* (from 1) of a listing; None past its end. There is always a first page."""
        self._refresh()
        page = self._listings.get((stream, number))
        if page is None:
            entries = self.entries(stream)
            start = (number - 1) * self._page_size
            end = start + self._page_size
            # The number of entries up to which there are pages, and after which "More Articles" is missing.
            last = len(entries) + self._more_on_full_pages
            if number < 1 or (number > 1 and start >= last):
                return None
            content = self._skin.listing(
                stream.name,
                [self._teaser(article, titled=True) for article in entries[start:end]],
                self._more(stream, number) if end < last else None,
            )
            page = self.framed(f"{stream.name} | {views.SITE_TITLE}", content)
            self._listings[stream, number] = page
        return page

    def fragment(self, stream: Stream, start: int, size: int) -> bytes:
        """The response to a load-more request: *size* items from offset *start* on; none past the end."""
        self._refresh()
        entries = self.entries(stream)[start : start + size]
        return "".join(self._teaser(article, titled=True) for article in entries).encode()

    def front(self) -> Page:
        """The front page: the newest of all sources, and the link to the news stream."""
        self._refresh()
        newest = self.entries(NEWSTREAM)[: self._page_size]
        teasers = [self._teaser(article, titled=True) for article in newest]
        more = MoreView(href=NEWSTREAM.path)
        return self.framed(views.SITE_TITLE, self._skin.listing(views.SITE_TITLE, teasers, more))

    def results(self, query: Query, linked: bool) -> Page:
        """A page of search results; *linked*: the next one is a plain link, else only a browser can follow it."""
        self._refresh()
        found = query.found(self._shelf.stream(NEWSTREAM))
        start = (query.page - 1) * self._page_size
        end = start + self._page_size
        more = (MoreView(href=query.following()) if linked else MoreView(token="")) if end < len(found) else None
        teasers = [self._teaser(article, titled=True) for article in found[start:end]]
        form = self._skin.search_form([(each.source.search, each.name) for each in STREAMS if each.source])
        return self.framed(
            f"{SEARCH_TITLE} | {views.SITE_TITLE}", form + self._skin.listing(SEARCH_TITLE, teasers, more)
        )

    def message(self, heading: str, sentence: str) -> Page:
        """A page with only a message."""
        return self.framed(f"{heading} | {views.SITE_TITLE}", self._skin.message(heading, sentence))

    def sign_up(self) -> Page:
        """The sign-up page."""
        return self.framed(f"Sign up | {views.SITE_TITLE}", self._skin.sign_up())

    def framed(self, title: str, content: str) -> Page:
        """*content* between the header and footer of the site."""
        self._refresh()
        head, tail = self._skin.page(title, self._visited_on)
        return _page(head + content + tail)

    def entries(self, stream: Stream) -> list[SampleArticle]:
        """The items of a listing, in order: the last item of page 2 is repeated as the first of page 3."""
        self._refresh()
        entries = self._entries.get(stream)
        if entries is None:
            entries = list(self._shelf.stream(stream))
            repeat = 2 * self._page_size - 1
            if repeat + 1 < len(entries):
                entries.insert(repeat, entries[repeat])
            self._entries[stream] = entries
        return entries

    def _refresh(self) -> None:
        if self._version != self._shelf.version:
            self._listings.clear()
            self._blocks.clear()
            self._entries.clear()
            self._head = None
            self._visited_on = self._shelf.visited_on
            self._version = self._shelf.version

    def _around(self, article: SampleArticle) -> tuple[Page, Page]:
        """The parts above and below an article."""
        if "layout_of_2019" in article.quirks and self._skin.block_titles:
            head, tail = self._skin.page(views.GENERIC_TITLE)
            return _page(head), _page(tail)
        if self._head is None:
            self._head = _page(self._skin.page(views.GENERIC_TITLE, self._visited_on)[0])
        return self._head, self._block(STREAM_OF[article.source])

    def _block(self, stream: Stream) -> Page:
        block = self._blocks.get(stream)
        if block is None:
            newest = self._shelf.stream(stream)[:BLOCK_SIZE]
            content = self._skin.block(
                f"More From {stream.name}",
                [self._teaser(article, titled=self._skin.block_titles) for article in newest],
                self._batch(stream, BLOCK_SIZE) or MoreView(href=stream.path),
            )
            _, tail = self._skin.page(views.GENERIC_TITLE)
            block = self._blocks[stream] = _page(content + tail)
        return block

    def _more(self, stream: Stream, number: int) -> MoreView:
        return self._batch(stream, number * self._page_size) or MoreView(href=f"{stream.path}page/{number + 1}/")

    def _batch(self, stream: Stream, start: int) -> MoreView | None:
        """The load-more request for what follows the first *start* items; None where plain links lead on."""
        if self._more_kind == "script":
            return MoreView(token=token_of(stream))
        return MoreView(ajax=stream.ajax, start=start, size=self._page_size) if self._more_kind == "ajax" else None

    def _teaser(self, article: SampleArticle, *, titled: bool) -> str:
        key = (article.id, titled)
        known = self._teasers.get(key)
        if known is None or known[0] is not article:
            view = views.teaser_view(article, self._base_url, titled=titled)
            known = self._teasers[key] = (article, self._skin.teaser(view))
        return known[1]
