"""Examines an article page: how each field was found, and what other parts of the pages say about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from typing import Any

from vokcrawl.crawling.article_result import article_page, find_article
from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.checks import ArticleReport, CheckResult, FieldCheck, shorten
from vokcrawl.normalize import utc
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.pages.teaser_lines import Slug
from vokcrawl.policy.article_checks import ListedValues, strategy_of

__all__ = ["LongestText", "Shown", "examine_article", "longest_text"]

_NOT_LETTERS = re.compile(r"[\W_]+")
# An article without a text of this many letters may be a headline only.
_LEAST_BODY = 20
# Minimum share of another extractor's words that the body must have, and vice versa.
_SAME_TEXT = 0.8
_MAX_LINES = 5

# Extracts the main text of a page, as a second opinion.
LongestText = Callable[[str], str | None]
# Returns the text that a browser shows of a page.
Shown = Callable[[Page], str]


def longest_text() -> LongestText | None:
    """The extractor of trafilatura, an optional package; None if it is not installed."""
    if find_spec("trafilatura") is None:
        return None
    import trafilatura  # noqa: PLC0415

    return lambda markup: trafilatura.extract(markup, include_comments=False)


def examine_article(
    page: Page,
    teasers: Mapping[str, ListedValues],
    source: str,
    second: LongestText | None,
    shown: Shown | None = None,
) -> ArticleReport:
    """Examine the page of an article.

    `teasers` are those of listings, by id; `second` is a second extractor; `shown` renders the page in a browser.
    """
    identity = page.article or ""
    found = ArticleReport(page.url, identity, utc(page.at))
    if page.answer.status != 200:
        found.fault = f"http_{page.answer.status}"
        return found
    try:
        document = read_document(page.answer.body, page.answer.headers.get("content-type", ""), page.url)
        article = article_page(extractor_at(page.at), document.root, page.url, page.answer.body)
        result = find_article(article, identity, page.url, page.answer.body)
    except PageFault as fault:
        found.fault = fault.name
        return found
    found.fault = result.unfit
    found.truncated = bool(result.item.get("truncated"))
    found.strategy = strategy_of(str(result.item["extractor"]))
    found.block_source, found.block_teasers = result.block_source, len(result.block(()))
    checks = _Checks(article, result.item, teasers.get(identity), source, found.block_source)
    found.fields = checks.fields()
    if second is not None and (text := second(page.answer.body.decode("utf-8", "replace"))):
        checks.compare_body(found.fields, text)
    if shown is not None:
        checks.compare_shown(found.fields, shown(page))
    texts, letters, total = article.unexplained()
    found.unexplained = [shorten(each) for each in texts[:_MAX_LINES]]
    found.unexplained_share = round(letters / total, 3) if total else 0.0
    return found


class _Checks:
    """The cross-checks of one article."""

    def __init__(
        self, page: ArticlePage, item: Mapping[str, Any], teaser: ListedValues | None, source: str, block: str | None
    ) -> None:
        self.item = item
        self.teaser = teaser or ListedValues()
        self.source = source
        self.block_source = block
        self.found_by = page.found_by()
        self.slug = Slug(page.url)

    def fields(self) -> list[FieldCheck]:
        return [
            self._field("title", self._title),
            self._field("published_on", self._published_on),
            self._field("source", self._source),
            self._field("body", self._body),
            self._field("original_url", self._original_url, always=False),
            self._field("images", lambda _: (CheckResult.UNCHECKED, ""), always=False),
        ]

    def _field(self, name: str, check: Callable[[Any], tuple[CheckResult, str]], *, always: bool = True) -> FieldCheck:
        value = self.item.get(name)
        if name == "images" and value:
            value = f"{len(value)}: {', '.join(each['url'] for each in value)}"
        if not value:
            result, evidence = self._missing(name, always)
            return FieldCheck(name, None, self.found_by.get(name, ""), result, evidence)
        result, evidence = check(value)
        return FieldCheck(
            name, shorten(" ".join(str(value).split())), self.found_by.get(name, "structure"), result, evidence
        )

    def _missing(self, name: str, always: bool) -> tuple[CheckResult, str]:
        listed = {"title": self.teaser.title, "published_on": self.teaser.published_on, "body": self.teaser.excerpt}
        if name == "body" and self.item.get("title") and _same(self.item["title"], self.teaser.excerpt):
            return CheckResult.ABSENT, "the excerpt of the teaser is the headline"
        if shown := listed.get(name):
            return CheckResult.MISSING, f"the teaser shows: {shorten(shown, 80)}"
        return (CheckResult.MISSING, "") if always else (CheckResult.ABSENT, "")

    def _title(self, value: str) -> tuple[CheckResult, str]:
        if self.teaser.title and not _same(value, self.teaser.title) and not _begins(value, self.teaser.title):
            return CheckResult.CONTRADICTED, f"the teaser shows: {shorten(self.teaser.title, 80)}"
        agreeing = ["the teaser"] if self.teaser.title else []
        if self.slug.says(value):
            agreeing.append("the slug of the URL")
        elif self.slug.says(value) is False and not agreeing:
            return CheckResult.CONTRADICTED, "the slug of the URL has other words"
        return (CheckResult.CONFIRMED, " and ".join(agreeing)) if agreeing else (CheckResult.UNCHECKED, "")

    def _published_on(self, value: str) -> tuple[CheckResult, str]:
        listed = self.teaser.published_on
        if listed is None:
            return CheckResult.UNCHECKED, "no teaser with a date"
        apart = abs((date.fromisoformat(value) - date.fromisoformat(listed)).days)
        if apart > 1:
            return CheckResult.CONTRADICTED, f"the teaser shows: {listed}"
        return CheckResult.CONFIRMED, "the teaser"

    def _source(self, value: str) -> tuple[CheckResult, str]:
        if _same(value, self.source):
            return CheckResult.CONFIRMED, "VOK_SOURCE"
        if self.block_source and _same(value, self.block_source):
            return CheckResult.CONFIRMED, "the heading of the block below"
        return CheckResult.UNCHECKED, "another source than VOK_SOURCE"

    def _body(self, value: str) -> tuple[CheckResult, str]:
        excerpt = self.teaser.excerpt
        if not excerpt:
            return CheckResult.UNCHECKED, "no teaser with an excerpt"
        if _begins(value, excerpt):
            return CheckResult.CONFIRMED, "the excerpt of the teaser"
        if _begins(str(self.item.get("title") or ""), excerpt):
            return CheckResult.UNCHECKED, "the excerpt of the teaser is the headline"
        if _letters(excerpt) in _letters(value):
            return CheckResult.CONTRADICTED, "the excerpt of the teaser is not at the start of the text"
        return CheckResult.CONTRADICTED, f"the excerpt of the teaser: {shorten(excerpt, 80)}"

    def _original_url(self, _: str) -> tuple[CheckResult, str]:
        if self.item.get("story"):
            return CheckResult.CONFIRMED, "the form of the source's URLs"
        return CheckResult.UNCHECKED, ""

    def compare_body(self, fields: list[FieldCheck], text: str) -> None:
        """Compare the body with that of another extractor."""
        own, other = set(_words(str(self.item.get("body") or ""))), set(_words(text))
        if not own or len("".join(other)) < _LEAST_BODY:
            return
        missing = 1 - len(own & other) / len(other)
        place = next(at for at, each in enumerate(fields) if each.name == "body")
        body = fields[place]
        if missing > 1 - _SAME_TEXT:
            # Such an extractor may return more than the text, so that is no contradiction.
            evidence = f"{body.evidence}; trafilatura has {missing:.0%} other words".removeprefix("; ")
            fields[place] = replace(body, evidence=evidence)
            return
        evidence = f"{body.evidence}, trafilatura".removeprefix(", ")
        confirmed = CheckResult.CONFIRMED if body.result == CheckResult.UNCHECKED else body.result
        fields[place] = replace(body, result=confirmed, evidence=evidence)

    def compare_shown(self, fields: list[FieldCheck], text: str) -> None:
        """Compare the body with the text that Chromium shows: each paragraph must be in it."""
        place = next(at for at, each in enumerate(fields) if each.name == "body")
        body, letters = fields[place], _letters(text)
        paragraphs = [each for each in str(self.item.get("body") or "").split("\n\n") if _letters(each)]
        hidden = [each for each in paragraphs if _letters(each) not in letters]
        if hidden:
            evidence = f"Chromium does not show {len(hidden)} of {len(paragraphs)} paragraphs: {shorten(hidden[0], 80)}"
            fields[place] = replace(body, result=CheckResult.CONTRADICTED, evidence=evidence)
        elif paragraphs and body.result in (CheckResult.CONFIRMED, CheckResult.UNCHECKED):
            before = f"{body.evidence}, " if body.result == CheckResult.CONFIRMED else ""
            fields[place] = replace(body, result=CheckResult.CONFIRMED, evidence=f"{before}Chromium")


def _words(text: str) -> list[str]:
    return _NOT_LETTERS.split(text.casefold())


def _letters(text: str | None) -> str:
    return _NOT_LETTERS.sub("", (text or "").casefold())


def _same(one: str | None, other: str | None) -> bool:
    return bool(one) and _letters(one) == _letters(other)


def _begins(text: str, beginning: str | None) -> bool:
    return bool(beginning) and _letters(text).startswith(_letters(beginning))
