"""Puts the results about all pages together, and draws the conclusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from vokcrawl.doctor.articles import Shown, examine_article, longest_text
from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.checks import ArticleReport, CheckResult, ListingReport
from vokcrawl.doctor.listings import LISTING, SEARCH, examine_listing, is_page
from vokcrawl.doctor.visit import RequestFacts
from vokcrawl.errors import ExitCode
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
# A larger share of text that belongs to no field deserves a look.
_MUCH_UNEXPLAINED = 0.2
_CLOCK_TOLERANCE = 300


class Severity(StrEnum):
    """What a remark means for a crawl."""

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
class Estimate:
    """What a first complete crawl costs.

    `delay` is the time between two requests in seconds; `hours_per_year` is the time for one year of the listing.
    """

    delay: float
    entries_per_page: float
    entries_per_day: float | None
    pages_per_year: int | None
    hours_per_year: float | None


@dataclass(slots=True)
class Examination:
    """All results. `visit` is the manifest of a visit; None for the pages of an archive."""

    start_url: str
    source: str
    profile: str
    requests: list[RequestFacts] = field(default_factory=list)
    robots: Robots | None = None
    listings: list[ListingReport] = field(default_factory=list)
    articles: list[ArticleReport] = field(default_factory=list)
    sitemaps: dict[str, int | None] = field(default_factory=dict)
    estimate: Estimate | None = None
    visit: Manifest | None = None
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
            "sitemaps": self.sitemaps,
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
        sitemap = read_sitemap(page.answer.body) if page.answer.status == 200 else None
        result.sitemaps[page.url] = len(sitemap.entries) if sitemap is not None else None
    elif is_page(page) and not _is_redirect(page):
        found, values = examine_listing(page, result.source)
        result.listings.append(found)
        for identity, value in values.items():
            teasers.setdefault(identity, value)


def _robots(page: Page, start_url: str, user_agent: str) -> Robots:
    if page.answer.status != 200:
        # Without robots.txt everything is allowed; after a server error nothing.
        return Robots(page.answer.status, page.answer.status < 500 and page.answer.status != 429, None, [])
    rules = Protego.parse(page.answer.body.decode("utf-8", "replace"))
    delay = rules.crawl_delay(user_agent)
    return Robots(200, rules.can_fetch(start_url, user_agent), delay, list(rules.sitemaps)[:5])


def finish(result: Examination, delay: float) -> None:
    """Estimate the cost of a crawl, and draw the conclusions. `delay` is that of the settings in seconds."""
    result.estimate = _estimate(result, delay)
    remarks = [
        *_about_visit(result),
        *_about_listings(result),
        *_about_articles(result),
        *_about_requests(result),
        *_about_archive(result),
    ]
    order = list(Severity)
    result.remarks = sorted(remarks, key=lambda remark: -order.index(remark.severity))


def _estimate(result: Examination, delay: float) -> Estimate | None:
    pages = [each for each in result.listings if each.kind != SEARCH and each.teasers]
    if not pages:
        return None
    if result.robots is not None and result.robots.crawl_delay:
        delay = max(delay, result.robots.crawl_delay)
    size = sum(each.teasers for each in pages) / len(pages)
    last = [each for each in pages if each.newest and each.oldest][-2:]
    if not last:
        return Estimate(delay, round(size, 1), None, None, None)
    newest, oldest = max(each.newest or "" for each in last), min(each.oldest or "" for each in last)
    days = (date.fromisoformat(newest) - date.fromisoformat(oldest)).days + 1
    daily = sum(each.teasers for each in last) / days
    yearly = daily * 365
    hours = yearly * (1 + 1 / size) * delay / 3600
    return Estimate(delay, round(size, 1), round(daily, 1), round(yearly / size), round(hours, 1))


def _about_visit(result: Examination) -> Iterable[Remark]:
    if result.visit is None:
        return
    errors = result.visit.errors
    shown = ", ".join(f"{reason} ({error.examples[0]})" for reason, error in errors.items() if error.examples)
    if result.visit.exit_code == ExitCode.UNREACHABLE:
        yield Remark(
            Severity.ERROR,
            f"the site cannot be reached, or robots.txt disallows it: {shown or result.start_url}",
            "check the address, the network and robots.txt; VOK_ROBOTS_UNREADABLE says what an unreadable one means",
            ExitCode.UNREACHABLE,
        )
    elif result.visit.exit_code == ExitCode.BLOCKED:
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


def _about_listings(result: Examination) -> Iterable[Remark]:
    blocked = [each for each in result.listings if each.fault in _BLOCK_PAGES]
    if blocked and result.visit is None:
        yield Remark(Severity.ERROR, f"{blocked[0].url} is a block page ({blocked[0].fault})", "", ExitCode.BLOCKED)
    pages = [each for each in result.listings if each.kind != SEARCH and each.fault not in _BLOCK_PAGES]
    read = [each for each in pages if each.teasers]
    if not read:
        if pages and not blocked:
            yield _about_no_teasers(pages)
        return
    followed = result.visit is not None and any(
        each.complete or (each.strategy and each.pages > 1) for each in result.visit.listings
    )
    if not followed and not any(each.more or each.says_end for each in read):
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
    return Remark(
        Severity.ERROR,
        f"no teasers were found on {page.url} ({page.fault})",
        "set listing.item in a site profile; --suggest FILE proposes one",
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


def _about_requests(result: Examination) -> Iterable[Remark]:
    skews = [each.clock_skew for each in result.requests if each.clock_skew is not None]
    if skews and min(map(abs, skews)) > _CLOCK_TOLERANCE:
        yield Remark(Severity.NOTE, f"the site's clock differs from ours by {skews[0]:.0f} s", "set the clock (NTP)")
    for each in result.requests:
        if (wait := each.headers.get("Retry-After")) is not None:
            yield Remark(
                Severity.WARNING,
                f"{each.url} answered {each.status} with Retry-After: {wait}",
                "raise DOWNLOAD_DELAY",
                ExitCode.INCOMPLETE,
            )
            return


def _about_archive(result: Examination) -> Iterable[Remark]:
    if result.faults:
        yield Remark(
            Severity.WARNING,
            f"{len(result.faults)} records could not be read: {result.faults[0]}",
            "",
            ExitCode.INCOMPLETE,
        )
