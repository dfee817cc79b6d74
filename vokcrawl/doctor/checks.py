"""The results of an examination, as plain values for JSON and for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["ArticleReport", "CheckResult", "FieldCheck", "ListingReport", "SitemapReport", "shorten"]

_LONGEST_VALUE = 160


class CheckResult(StrEnum):
    """What cross-checks say about a value."""

    CONFIRMED = "confirmed"  # another part of the pages says the same
    UNCHECKED = "unchecked"  # nothing to compare with
    CONTRADICTED = "contradicted"  # another part of the pages says something else
    MISSING = "missing"  # not found, although articles have it
    ABSENT = "absent"  # not found; not all articles have it


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """A field of an article: its value (cut), how it was found, the result, and the evidence for that."""

    name: str
    value: str | None
    found_by: str
    result: CheckResult
    evidence: str = ""


@dataclass(slots=True)
class ArticleReport:
    """One article page. `fault` says why it could not be read at all, `truncated` whether the site cut the text."""

    url: str
    id: str
    captured_at: str
    fault: str | None = None
    strategy: str | None = None
    fields: list[FieldCheck] = field(default_factory=list)
    truncated: bool = False
    unexplained_share: float = 0.0
    unexplained: list[str] = field(default_factory=list)
    block_source: str | None = None
    block_teasers: int = 0

    def result(self, name: str) -> CheckResult | None:
        """The result about a field; None if the page could not be read."""
        return next((each.result for each in self.fields if each.name == name), None)


@dataclass(slots=True)
class ListingReport:
    """One page of a listing, of an AJAX batch, or of the search.

    `with_title` and the like are numbers of teasers; `more` is the URL of the next page as the page names it, and
    `more_kind` how: ``link``, ``ajax``, or "" if it is not understood. `to_parameter` is what an AJAX batch shows about
    the parameter ``to``: ``size`` or ``end``. `article_links` is the number of links to articles, in the form that the
    profile has for them. `last_page` is the highest number of a page of this listing that the page links to.
    """

    url: str
    kind: str
    captured_at: str
    fault: str | None = None
    article_links: int = 0
    teasers: int = 0
    with_title: int = 0
    with_excerpt: int = 0
    with_day: int = 0
    with_source: int = 0
    strategies: dict[str, int] = field(default_factory=dict)
    newest: str | None = None
    oldest: str | None = None
    more_label: bool = False
    more_kind: str = ""
    more: str | None = None
    says_end: bool = False
    source_number: str | None = None
    to_parameter: str | None = None
    last_page: int | None = None


@dataclass(frozen=True, slots=True)
class SitemapReport:
    """A sitemap: `urls` is the number of its entries, of which `articles` are articles and `sitemaps` other sitemaps.

    `oldest` is the first day on which the site took in one of these articles.
    """

    urls: int
    articles: int = 0
    sitemaps: int = 0
    oldest: str | None = None


def shorten(text: str, longest: int = _LONGEST_VALUE) -> str:
    """The beginning of a text."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
