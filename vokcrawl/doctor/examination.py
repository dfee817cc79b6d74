"""Combines the results about all pages, and draws the conclusions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from vokcrawl.doctor.articles import Shown, examine_article, longest_text
from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.certificates import Refusal
from vokcrawl.doctor.checks import ArticleReport, CheckResult, ListingReport, SitemapReport, shorten
from vokcrawl.doctor.estimate import Estimate, estimate_crawl
from vokcrawl.doctor.listings import LISTING, SEARCH, examine_listing, is_page
from vokcrawl.doctor.visit import BrowserFacts, RequestFacts
from vokcrawl.errors import ExitCode
from vokcrawl.normalize import article_id, ingested_on, utc
from vokcrawl.pages.block_pages import BlockPage
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import SitemapRoute
from vokcrawl.pages.sitemap import read_sitemap
from vokcrawl.pages.sources import same_source
from vokcrawl.policy.article_checks import ListedValues
from vokcrawl.storage.manifest import Manifest

__all__ = ["SCHEMA", "Examination", "Remark", "Severity", "examine", "finish"]

SCHEMA = "vokcrawl.doctor/1"
# The key of the site profile that mends a field.
PROFILE_KEYS = {
    "title": "article.headline",
    "published_on": "article.date",
    "source": "article.source",
    "body": "article.content",
    "original_url": "article.original",
}
_BLOCK_PAGES = frozenset(map(str, BlockPage))
# A larger share of text that belongs to no field deserves attention.
_MUCH_UNEXPLAINED = 0.2
_CLOCK_TOLERANCE = 300
# So many articles must be truncated before it is said of all.
_LEAST_TRUNCATED = 3
# Days before the end of a certificate that deserve a note.
_FEW_DAYS = 14
# Words in the URLs of sitemaps of articles.
_ARTICLE_SITEMAPS, _DIGITS = ("post", "news"), re.compile(r"\d+")
_BROWSER_FAILURES = ("browser_unreachable", "browser_crashed")


class Severity(StrEnum):
    """How serious a remark is for a crawl."""

    NOTE = "note"  # it works
    WARNING = "warning"  # something may be missing or wrong: exit code 10
    ERROR = "error"  # a crawl would not work


@dataclass(frozen=True, slots=True)
class Remark:
    """A conclusion: what was seen, and what to do about it. `code` is the exit code that follows."""

    severity: Severity
    text: str
    remedy: str = ""
    code: ExitCode = ExitCode.OK


@dataclass(slots=True)
class Robots:
    """robots.txt: whether the start page is allowed, the Crawl-delay in seconds, and the sitemaps that it names."""

    status: int
    allowed: bool
    crawl_delay: float | None
    sitemaps: list[str]


@dataclass(slots=True)
class Examination:
    """All results. `visit` is the manifest of a visit; None for the pages of an archive.

    `browser` is what Chromium did in it, `refusal` why there was no TLS connection.
    """

    start_url: str
    source: str
    profile: str
    requests: list[RequestFacts] = field(default_factory=list)
    robots: Robots | None = None
    listings: list[ListingReport] = field(default_factory=list)
    articles: list[ArticleReport] = field(default_factory=list)
    sitemaps: dict[str, SitemapReport | None] = field(default_factory=dict)
    estimate: Estimate | None = None
    visit: Manifest | None = None
    browser: BrowserFacts | None = None
    refusal: Refusal | None = None
    faults: list[str] = field(default_factory=list)
    other_hosts: dict[str, int] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def code(self) -> ExitCode:
        """The exit code of the command."""
        codes = [remark.code for remark in self.remarks]
        order = (ExitCode.UNREACHABLE, ExitCode.BLOCKED, ExitCode.LAYOUT, ExitCode.INCOMPLETE)
        return next((code for code in order if code in codes), ExitCode.OK)

    @property
    def conclusion(self) -> str:
        """The conclusion in a few words."""
        if any(remark.severity is Severity.ERROR for remark in self.remarks):
            return "not ready"
        return "ready with remarks" if self.remarks else "ready"

    def to_dict(self) -> dict[str, Any]:
        """The values for JSON."""
        visit = self.visit
        return {
            "schema": SCHEMA,
            "conclusion": self.conclusion,
            "exit_code": int(self.code),
            "start_url": self.start_url,
            "source": self.source,
            "profile": self.profile,
            "remarks": [asdict(remark) for remark in self.remarks],
            "requests": [each.to_dict() for each in self.requests],
            "robots": asdict(self.robots) if self.robots else None,
            "discovery": {
                "listings": [each.model_dump() for each in visit.listings] if visit else [],
                "failed_attempts": [each.model_dump() for each in visit.discovery_attempts] if visit else [],
                "errors": {name: each.model_dump() for name, each in visit.errors.items()} if visit else {},
            },
            "listings": [asdict(each) for each in self.listings],
            "articles": [asdict(each) for each in self.articles],
            "browser": asdict(self.browser) if self.browser else None,
            "refusal": asdict(self.refusal) if self.refusal else None,
            "sitemaps": {url: asdict(each) if each else None for url, each in self.sitemaps.items()},
            "estimate": asdict(self.estimate) if self.estimate else None,
            "faults": self.faults,
            "other_hosts": self.other_hosts,
        }


def examine(
    read: Callable[[], Iterable[Page]],
    result: Examination,
    user_agent: str,
    most_articles: int | None = None,
    shown: Shown | None = None,
) -> None:
    """Examine pages in the order of their capture: of at most `most_articles` different articles, the newest.

    `read` begins to read the pages. With None for all articles it is called twice, because their teasers may come
    later, and an archive may be larger than the memory. `shown` renders the page of an article in a browser.
    """
    teasers: dict[str, ListedValues] = {}
    newest: dict[str, Page] = {}
    for page in read():
        if page.article is None:
            _examine_page(page, result, user_agent, teasers)
        elif most_articles is not None and not _is_redirect(page):
            newest.pop(page.article, None)
            newest[page.article] = page
            if len(newest) > most_articles:
                del newest[next(iter(newest))]
    second = longest_text()
    articles = newest.values() if most_articles is not None else filter(_is_article, read())
    result.articles = [examine_article(page, teasers, result.source, second, shown) for page in articles]


def _is_redirect(page: Page) -> bool:
    return 300 <= page.answer.status < 400


def _is_article(page: Page) -> bool:
    return page.article is not None and not _is_redirect(page)


def _examine_page(page: Page, result: Examination, user_agent: str, teasers: dict[str, ListedValues]) -> None:
    """Examine a page that is no article; the values of its teasers are added to `teasers`."""
    if urlsplit(page.url).path == "/robots.txt":
        result.robots = _robots(page, result.start_url, user_agent)
    elif SitemapRoute.at(page.url) is not None:
        result.sitemaps[page.url] = _sitemap(page)
    elif is_page(page) and not _is_redirect(page):
        found, values = examine_listing(page, result.source)
        result.listings.append(found)
        for identity, value in values.items():
            teasers.setdefault(identity, value)
    elif page.url == result.start_url and not _is_redirect(page):
        kind = page.answer.headers.get("content-type", "unknown")
        result.listings.append(ListingReport(page.url, LISTING, utc(page.at), fault=f"no page, but {shorten(kind)}"))


def _robots(page: Page, start_url: str, user_agent: str) -> Robots:
    if page.answer.status != 200:
        # Without robots.txt everything is allowed; after a server error nothing.
        return Robots(page.answer.status, page.answer.status < 500 and page.answer.status != 429, None, [])
    rules = Protego.parse(page.answer.body.decode("utf-8", "replace"))
    delay = rules.crawl_delay(user_agent)
    return Robots(200, rules.can_fetch(start_url, user_agent), delay, list(rules.sitemaps)[:5])


def finish(result: Examination, delay: float) -> None:
    """Estimate the cost of a crawl, and draw the conclusions. `delay` is that of the settings in seconds."""
    result.estimate = estimate_crawl(result.listings, result.sitemaps, _delay(result, delay), _complete_entries(result))
    remarks = [
        *_about_visit(result),
        *_about_certificate(result),
        *_about_browser(result),
        *_about_listings(result),
        *_about_articles(result),
        *_about_requests(result),
        *_about_archive(result),
    ]
    order = list(Severity)
    result.remarks = sorted(remarks, key=lambda remark: -order.index(remark.severity))


def _complete_entries(result: Examination) -> int | None:
    """The number of entries of the listing that was followed, if the visit has reached its end."""
    listings = result.visit.listings if result.visit is not None else []
    return next((each.entries for each in reversed(listings) if each.complete and each.pages), None)


def _delay(result: Examination, delay: float) -> float:
    given = result.robots.crawl_delay if result.robots is not None else None
    return max(delay, given or 0.0)


def _sitemap(page: Page) -> SitemapReport | None:
    found = read_sitemap(page.answer.body) if page.answer.status == 200 else None
    if found is None:
        return None
    identities = [identity for url, _ in found.entries if (identity := article_id(url)) is not None]
    days = [day for each in identities if (day := ingested_on(each)) is not None]
    urls = [url for url, _ in found.entries] if found.is_index else []
    return SitemapReport(
        len(found.entries),
        len(identities),
        _count_like_first(urls),
        min(days, default=None),
    )


def _count_like_first(urls: Sequence[str]) -> int:
    """The number of sitemaps that differ from the first one of articles by their number only."""
    first = next((url for url in urls if any(word in url for word in _ARTICLE_SITEMAPS)), None)
    return sum(_DIGITS.sub("", url) == _DIGITS.sub("", first) for url in urls) if first is not None else len(urls)


def _about_visit(result: Examination) -> Iterable[Remark]:
    if result.visit is None:
        return
    errors = result.visit.errors
    shown = ", ".join(f"{reason} ({error.examples[0]})" for reason, error in errors.items() if any(error.examples))
    if result.refusal is not None:
        yield _about_refusal(result, result.refusal)
    elif result.visit.exit_code == ExitCode.UNREACHABLE and any(
        "Retry-After" in each.headers for each in result.requests
    ):
        yield _about_retry_after(result.requests)
    elif result.visit.exit_code == ExitCode.UNREACHABLE and not _has_browser_failed(result):
        yield Remark(
            Severity.ERROR,
            f"the site cannot be reached, or robots.txt disallows it: {shown or result.start_url}",
            "check the address, the network and robots.txt; VOK_ROBOTS_UNREADABLE says what an unreadable one means",
            ExitCode.UNREACHABLE,
        )
    elif result.visit.exit_code == ExitCode.BLOCKED and not _all_truncated(result.articles):
        yield Remark(
            Severity.ERROR,
            f"the site shows a block page: {shown or result.start_url}",
            "ask the operator of the site for access, and set VOK_CONTACT; block pages are never circumvented",
            ExitCode.BLOCKED,
        )
    if result.robots is not None and not result.robots.allowed and result.visit.exit_code != ExitCode.UNREACHABLE:
        yield Remark(
            Severity.ERROR, "robots.txt disallows the start page", "choose another start URL", ExitCode.UNREACHABLE
        )


def _about_refusal(result: Examination, refusal: Refusal) -> Remark:
    if result.requests:
        # The user has decided to go on.
        return Remark(
            Severity.WARNING,
            f"{refusal.text}; DOWNLOAD_VERIFY_CERTIFICATES is off, so the pages may be anybody's",
            "turn DOWNLOAD_VERIFY_CERTIFICATES on, unless this is a test",
            ExitCode.INCOMPLETE,
        )
    return Remark(
        Severity.ERROR,
        f"no secure connection: {refusal.text}",
        "check the address, the clock of this machine (NTP) and its list of authorities; SSL_CERT_FILE names another",
        ExitCode.UNREACHABLE,
    )


def _about_certificate(result: Examination) -> Iterable[Remark]:
    found = next((each.certificate for each in result.requests if each.certificate is not None), None)
    if found is not None and result.refusal is None and found.days_left(datetime.now(UTC)) < _FEW_DAYS:
        yield Remark(
            Severity.NOTE,
            f"the certificate of the site is valid until {found.valid_until} only",
            "the operator of the site must renew it until then; after that a crawl ends with 14",
        )
    for each in result.requests:
        target = each.headers.get("Location", "")
        if each.url.startswith("https://") and target.startswith("http://"):
            yield Remark(
                Severity.NOTE,
                f"{each.url} is redirected from https to http ({target})",
                "on the hosts of the start URLs it is requested by https all the same; of others nothing is requested",
            )
            return


def _has_browser_failed(result: Examination) -> bool:
    errors = result.visit.errors if result.visit is not None else {}
    return any(reason.endswith(_BROWSER_FAILURES) for reason in errors)


def _about_browser(result: Examination) -> Iterable[Remark]:
    errors = result.visit.errors if result.visit is not None else {}
    if _has_browser_failed(result):
        reason = next(each for each in errors if each.endswith(_BROWSER_FAILURES))
        does = "does not start" if reason.endswith("unreachable") else "failed in the listing"
        yield Remark(
            Severity.ERROR,
            f"Chromium {does}, so the listing was not followed: {', '.join(errors[reason].examples[:1])}",
            "check VOK_CHROMIUM, VOK_BROWSER_MEMORY and DOWNLOAD_TIMEOUT; the log of a crawl says more",
            ExitCode.UNREACHABLE if reason.endswith("unreachable") else ExitCode.INCOMPLETE,
        )
    elif result.browser is not None and result.browser.not_sent and not result.browser.works:
        yield Remark(
            Severity.WARNING,
            f"{result.browser.not_sent} requests of the listing in Chromium were beyond the limit of a visit, so it is "
            "unknown whether a click works there",
            "try a crawl: scrapy crawl vok -a max_pages=2",
            ExitCode.INCOMPLETE,
        )
    elif "more_needs_browser" in errors:
        yield Remark(
            Severity.NOTE,
            "the listing must be followed in a browser, which this visit did not do",
            "scrapy doctor --browser clicks once in Chromium; a visit cannot limit the requests of Splash",
        )


def _all_truncated(articles: Sequence[ArticleReport]) -> bool:
    """Whether every text is truncated; one or two are no evidence."""
    return len(articles) >= _LEAST_TRUNCATED and all(each.truncated for each in articles)


def _about_truncated(readable: Sequence[ArticleReport]) -> Iterable[Remark]:
    truncated = [each for each in readable if each.truncated]
    if _all_truncated(readable):
        yield Remark(
            Severity.ERROR,
            f"the site truncates every article ({len(truncated)} of {len(readable)})",
            "ask the operator of the site for access, and set VOK_CONTACT; a limit of readers may also end after a day",
            ExitCode.BLOCKED,
        )
    elif truncated:
        yield Remark(Severity.NOTE, f"the site truncates {len(truncated)} of {len(readable)} articles")


def _about_listings(result: Examination) -> Iterable[Remark]:
    blocked = [each for each in result.listings if each.fault in _BLOCK_PAGES]
    if blocked and result.visit is None:
        yield Remark(Severity.ERROR, f"{blocked[0].url} is a block page ({blocked[0].fault})", "", ExitCode.BLOCKED)
    pages = [each for each in result.listings if each.kind != SEARCH and each.fault not in _BLOCK_PAGES]
    read = [each for each in pages if each.teasers]
    if not read:
        unreachable = result.visit is not None and result.visit.exit_code == ExitCode.UNREACHABLE
        if pages and not blocked and not (unreachable and (pages[0].fault or "").startswith("http_")):
            yield _about_no_teasers(pages)
        elif not pages:
            yield from _about_unread_start(result)
        return
    # A page that shows the entries of the one before again is not a further one.
    most = max(each.teasers for each in result.listings)
    followed = result.visit is not None and any(
        each.complete or (each.strategy and each.pages > 1 and each.entries > most) for each in result.visit.listings
    )
    is_unknown = _has_browser_failed(result) or (result.browser is not None and result.browser.not_sent > 0)
    if not followed and not is_unknown and not any(each.more or each.says_end for each in read):
        label = "its target is not understood" if any(each.more_label for each in read) else "it was not found"
        yield Remark(
            Severity.ERROR,
            f'"More Articles": {label} on {read[0].url}',
            "set more.button or more.selector in a site profile, or VOK_SOURCE_ID; with JavaScript only, VOK_BROWSER",
            ExitCode.LAYOUT,
        )
    for name, key in (("title", "title"), ("excerpt", "excerpt"), ("day", "date")):
        count, total = sum(getattr(each, f"with_{name}") for each in read), sum(each.teasers for each in read)
        if count < total:
            severity = Severity.WARNING if count < total / 2 else Severity.NOTE
            yield Remark(
                severity,
                f"{total - count} of {total} teasers have no {name}",
                f"set listing.{key} in a site profile" if severity is Severity.WARNING else "",
                ExitCode.INCOMPLETE if severity is Severity.WARNING else ExitCode.OK,
            )
    if all(set(each.strategies) == {"structure"} for each in read):
        yield Remark(
            Severity.NOTE,
            "teasers are found by the structure of the page: no selector of the profile matches",
            "set listing.item in a site profile, so that a second source of evidence is there",
        )
    failed = [each for each in pages if each.fault and each.fault not in _BLOCK_PAGES and each.kind == LISTING]
    for each in failed:
        yield Remark(Severity.WARNING, f"{each.url}: {each.fault}", "", ExitCode.INCOMPLETE)


def _about_unread_start(result: Examination) -> Iterable[Remark]:
    """The start page was not received at all, even if the visit found a search or a sitemap."""
    received = {each.url for each in result.listings} | {each.url for each in result.articles} | set(result.sitemaps)
    failed = (ExitCode.UNREACHABLE, ExitCode.BLOCKED)
    if result.visit is None or result.visit.exit_code in failed or result.start_url in received:
        return
    redirects = sum("Location" in each.headers for each in result.requests)
    yield Remark(
        Severity.ERROR,
        f"the start page could not be read ({redirects} redirects): {result.start_url}",
        "check the address, or choose another start URL",
        ExitCode.UNREACHABLE,
    )


def _about_no_teasers(pages: Sequence[ListingReport]) -> Remark:
    """Why no page of a listing has a teaser. A page without a link to an article needs another pattern or start URL."""
    page = pages[0]
    if page.fault == "no_teasers" and not any(each.article_links for each in pages):
        form = f"{site().urls.article}<10 digits>-<number>/"
        return Remark(
            Severity.ERROR,
            f"no teasers were found on {page.url}, and no link to an article ({form})",
            "choose another start URL, or set urls.article in a site profile to the path in front of the 10 digits",
            ExitCode.LAYOUT,
        )
    profile = "set listing.item in a site profile; --suggest FILE proposes one"
    return Remark(
        Severity.ERROR,
        f"no teasers were found on {page.url} ({page.fault})",
        profile if page.fault in (None, "no_teasers") else "check the address, or choose another start URL",
        ExitCode.LAYOUT,
    )


def _about_articles(result: Examination) -> Iterable[Remark]:
    if not result.articles:
        if any(each.teasers for each in result.listings):
            yield Remark(Severity.WARNING, "no article page was read", "", ExitCode.INCOMPLETE)
        return
    readable = [each for each in result.articles if each.fault is None]
    for each in result.articles:
        if each.fault in _BLOCK_PAGES and result.visit is None:
            yield Remark(Severity.ERROR, f"{each.url} is a block page ({each.fault})", "", ExitCode.BLOCKED)
        elif each.fault is not None and not each.fault.startswith("http_4"):
            yield Remark(Severity.WARNING, f"{each.url}: {each.fault}", "", ExitCode.INCOMPLETE)
    if not readable:
        if not any(each.fault in _BLOCK_PAGES for each in result.articles):
            yield Remark(
                Severity.ERROR,
                f"no article page was understood ({result.articles[0].fault})",
                "set the keys of [article] in a site profile; --suggest FILE proposes one",
                ExitCode.LAYOUT,
            )
        return
    yield from _about_truncated(readable)
    yield from _about_fields(readable)
    sources = Counter(each.value for found in readable for each in found.fields if each.name == "source" and each.value)
    if sources and not any(same_source(str(name), result.source) for name in sources):
        seen = ", ".join(str(name) for name, _ in sources.most_common(3))
        yield Remark(
            Severity.WARNING,
            f"no article of {result.source!r} was found, but of: {seen}",
            "set VOK_SOURCE to the name as the site writes it, or choose another start URL",
            ExitCode.INCOMPLETE,
        )
    if all(each.strategy == "structure" for each in readable):
        yield Remark(
            Severity.NOTE,
            "texts of articles are found by the structure of the page: no selector of the profile matches",
            "set article.content in a site profile",
        )
    for each in readable:
        if each.unexplained_share > _MUCH_UNEXPLAINED:
            yield Remark(
                Severity.WARNING,
                f"{each.url}: {each.unexplained_share:.0%} of the text belongs to no field: {each.unexplained[0]!r}",
                "set article.content, or name what does not belong to the text in article.remove",
                ExitCode.INCOMPLETE,
            )


def _about_fields(readable: Sequence[ArticleReport]) -> Iterable[Remark]:
    for name, key in PROFILE_KEYS.items():
        checked = Counter(each.result(name) for each in readable)
        missing, total = checked[CheckResult.MISSING], len(readable)
        if missing:
            all_missing = missing == total
            yield Remark(
                Severity.ERROR if all_missing else Severity.WARNING,
                f"{name} was not found in {missing} of {total} articles",
                f"set {key} in a site profile",
                ExitCode.LAYOUT if all_missing else ExitCode.INCOMPLETE,
            )
        if checked[CheckResult.CONTRADICTED]:
            found = next(each for each in readable if each.result(name) is CheckResult.CONTRADICTED)
            evidence = next(each.evidence for each in found.fields if each.name == name)
            count = checked[CheckResult.CONTRADICTED]
            yield Remark(
                Severity.WARNING,
                f"{name} is contradicted in {count} of {total} articles: {found.url}: {evidence}",
                f"compare the page with the value; {key} in a site profile selects the element",
                ExitCode.INCOMPLETE,
            )


def _about_retry_after(requests: Sequence[RequestFacts]) -> Remark:
    found = next(each for each in requests if "Retry-After" in each.headers)
    return Remark(
        Severity.ERROR,
        f"the site answers no requests now: {_waits(found)}",
        "visit it again after that time, and raise DOWNLOAD_DELAY",
        ExitCode.UNREACHABLE,
    )


def _waits(found: RequestFacts) -> str:
    return f"{found.url} answered {found.status} with Retry-After: {found.headers['Retry-After']}"


def _about_requests(result: Examination) -> Iterable[Remark]:
    skews = [each.clock_skew for each in result.requests if each.clock_skew is not None]
    if skews and min(map(abs, skews)) > _CLOCK_TOLERANCE:
        yield Remark(Severity.NOTE, f"the site's clock differs from ours by {skews[0]:.0f} s", "set the clock (NTP)")
    asked = [each for each in result.requests if "Retry-After" in each.headers]
    if asked and (result.visit is None or result.visit.exit_code != ExitCode.UNREACHABLE):
        yield Remark(Severity.WARNING, _waits(asked[0]), "raise DOWNLOAD_DELAY", ExitCode.INCOMPLETE)


def _about_archive(result: Examination) -> Iterable[Remark]:
    if result.faults:
        yield Remark(
            Severity.WARNING,
            f"{len(result.faults)} records could not be read: {result.faults[0]}",
            "",
            ExitCode.INCOMPLETE,
        )
