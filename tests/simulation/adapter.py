"""Between the crawl core and the model of a site: a fetch action goes in, the event that answers it comes out.

What `spiders.vok` does with responses and page objects is done here with the model's answers.
"""

from __future__ import annotations

import re

from tests.simulation.site import (
    LISTING,
    ORIGIN,
    OTHER,
    STREAM,
    WANTED,
    Article,
    ArticleAnswer,
    Got,
    ListingAnswer,
    Site,
)
from tests.simulation.world import End, Kind
from vokcrawl.crawling.actions import FetchArticle, FetchListing, Purpose
from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.events import (
    ArticleFailed,
    ArticleFetched,
    ArticleMissing,
    ArticleNotModified,
    Event,
    ListingFailed,
    ListingFetched,
    ListingNotModified,
    ListingPage,
    PageKind,
    SitemapFetched,
    no_more,
)
from vokcrawl.items import ARTICLE
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.more import More
from vokcrawl.pages.routes import AjaxRoute, LinkRoute, Route, SearchRoute, SitemapRoute
from vokcrawl.pages.sitemap import Sitemap

ENDPOINT = f"{ORIGIN}/wp-admin/admin-ajax.php"
ACTION = "get_cat_by_source"
SOURCE_ID, STREAM_ID = "163", "1"
_NUMBER = re.compile(r"(?:/page/|[?&](?:page|paged)=)(\d+)")
_FILE = re.compile(r"/sitemap-(\d+)\.xml")
# What page objects make of an answer without entries.
_KINDS = {
    End.WORDS: PageKind.END,
    End.ZERO: PageKind.REFUSAL,
    End.WARNING: PageKind.OTHER,
}
_LOGOS = {True: "/logos/voice-of-korea-en.jpg", False: "/logos/rodong-korean.jpg"}


def answer(site: Site, request: FetchListing | FetchArticle) -> Event:
    """What the site answers to a fetch, as the event that the core handles."""
    if isinstance(request, FetchArticle):
        return _article_event(site, request)
    route = request.route
    if isinstance(route, SitemapRoute):
        return _sitemap_event(site, request, route)
    return _listing_event(site, request, _listing_answer(site, request, route))


# Listings


def _listing_answer(site: Site, request: FetchListing, route: Route) -> ListingAnswer:
    if isinstance(route, AjaxRoute):
        start, count = _asked_of_call(site, route)
        if count <= 0:
            return ListingAnswer(Got.PAGE, end=End.NOTHING)
        return site.batch(start, count) if route.id == SOURCE_ID else site.stream_batch(start, count)
    if isinstance(route, SearchRoute):
        if site.world.kind is not Kind.SEARCH:
            return ListingAnswer(Got.FAILED, reason="http_404")
        if request.purpose is Purpose.SOURCE_PROBE:
            return site.search(None, None)
        return site.search(route.start, route.end, _page_number(route.page))
    if route.url.startswith(STREAM):
        return site.stream_batch(0, site.world.page_size)
    if site.world.kind in (Kind.SEARCH, Kind.SITEMAP):
        return ListingAnswer(Got.FAILED, reason="http_404")
    number = _page_number(route.url)
    if number > 1 and site.world.kind is not Kind.LINK:
        return ListingAnswer(Got.FAILED, reason="http_404")
    return site.page(number)


def _page_number(url: str) -> int:
    found = _NUMBER.search(url)
    return int(found[1]) if found else 1


def _asked_of_call(site: Site, route: AjaxRoute) -> tuple[int, int]:
    """From which place on, and how many entries, the site understands a call to ask for."""
    to = route.start + route.size if route.to_is_end else route.size
    return route.start, to - route.start if "to_is_end" in site.behaviours else to


def _listing_event(site: Site, request: FetchListing, got: ListingAnswer) -> Event:
    url = request.url
    if got.got in (Got.FAILED, Got.MISSING):
        return ListingFailed(request, got.reason, url)
    if got.etag is not None and got.etag == request.etag:
        return ListingNotModified(request)
    teasers = [_teaser(article, place) for place, article in enumerate(got.entries, 1)]
    following = got.following
    more = no_more if following is None else lambda: _more(site, request.route, following)
    kind = PageKind.TEASERS if teasers else _KINDS.get(got.end or End.NOTHING, PageKind.EMPTY)
    reason = "empty_page" if kind is PageKind.EMPTY else "ajax_refused" if kind is PageKind.REFUSAL else ""
    return ListingFetched(request, url, ListingPage(teasers, kind, more, etag=got.etag, reason=reason))


def _more(site: Site, route: Route, following: int | bool) -> More:
    """What a page says of the next one."""
    size = site.world.page_size
    if isinstance(route, SearchRoute):
        if following is True:
            return More(True, AjaxRoute(ENDPOINT, ACTION, "", size, size))
        plain = route.between(route.start, route.end).url if route.start is not None else route.url
        return More(True, LinkRoute(f"{plain.partition('&paged=')[0]}&paged={following}"))
    if following is True:
        number = STREAM_ID if route.url.startswith(STREAM) else SOURCE_ID
        return More(True, first_call(site, number, size))
    return More(True, LinkRoute(f"{LISTING}page/{following}/"))


def first_call(site: Site, number: str, start: int) -> AjaxRoute:
    """The call that a page names: from so many entries on."""
    size = site.world.page_size
    to = start + size if "to_is_end" in site.behaviours else size
    return AjaxRoute(ENDPOINT, ACTION, number, start, to)


def _teaser(article: Article, position: int) -> RawTeaser:
    logo = _LOGOS[article.wanted] if article.logo_known else None
    return RawTeaser(article.id, article.url, position, "Title", "Excerpt", article.day, logo, None, "marked")


# Sitemaps


def _sitemap_event(site: Site, request: FetchListing, route: SitemapRoute) -> Event:
    if site.world.kind is not Kind.SITEMAP:
        return ListingFailed(request, "http_404", route.url)
    found = _FILE.search(route.url)
    got = site.sitemap(int(found[1]) if found else None)
    if isinstance(got, ListingAnswer):
        return ListingFailed(request, got.reason, route.url)
    if isinstance(got, int):
        files = tuple((f"{ORIGIN}/sitemap-{number}.xml", None) for number in range(got))
        return SitemapFetched(request, route.url, Sitemap(True, files))
    return SitemapFetched(request, route.url, Sitemap(False, tuple((each.url, None) for each in got)))


# Articles


def _article_event(site: Site, request: FetchArticle) -> Event:
    got = site.article(request.id, request.etag)
    article = got.article
    if got.got is Got.NOT_MODIFIED:
        return ArticleNotModified(request)
    if got.got is Got.MISSING:
        return ArticleMissing(request, article.url, got.status)
    if got.got is Got.FAILED:
        return ArticleFailed(request, got.reason, request.url)
    if article.redirects:
        return ArticleFailed(request, "redirected", request.url)
    return _fetched(site, request, got)


def _fetched(site: Site, request: FetchArticle, got: ArticleAnswer) -> ArticleFetched:
    article = got.article
    source = WANTED if article.wanted else OTHER
    item = {
        "schema": ARTICLE,
        "id": article.id,
        "url": article.url,
        "title": "Title",
        "body": f"Version {article.version}",
        "source": source,
        "truncated": article.truncated,
        "content_hash": f"sha256:{article.number}-{article.version}",
        "extractor": "simulated/1+classes",
    }
    if article.day is not None:
        item["published_on"] = article.day
    found = ArticleResult(
        item=item,
        source=source,
        block_source=None,
        has_meta=True,
        has_date=article.day is not None,
        unfit=None,
        block=lambda skip: [],
    )
    leads = site.world.kind is Kind.STREAM and article.wanted
    more = (lambda: More(True, first_call(site, SOURCE_ID, 3))) if leads else no_more
    etag = article.etag if "validators" in site.behaviours else None
    return ArticleFetched(request, article.url, found, more, etag=etag)
