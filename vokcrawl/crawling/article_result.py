"""Results of article pages, independent of the run. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from vokcrawl.loaders import load_article
from vokcrawl.normalize import article_id
from vokcrawl.pages.article import ArticlePage
from vokcrawl.pages.article_parts import linked_parts
from vokcrawl.pages.block_pages import BlockPage, find_block_page, redirects_to_block_page
from vokcrawl.pages.document import CHROME_ONLY, LISTING_IN_PLACE, REDIRECTED, PageFault
from vokcrawl.pages.extractors import Extractor
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.tree import Element
from vokcrawl.policy.article_checks import strategy_of

# The teasers of a page's "More From" block; ids in the argument are skipped unread.
BlockReader = Callable[[Container[str]], list[RawTeaser]]


@dataclass(slots=True)
class ArticleResult:
    """The result of an article page.

    `item` is the record without the fields that the run sets. `source` is the source in the meta line, `block_source`
    that in the heading of the "More From" block, both as written. `unfit` is why the article cannot be delivered, None
    if it can. `headline_only` is True if its teaser confirms that it has no text.
    """

    item: dict[str, Any]
    source: str | None
    block_source: str | None
    has_meta: bool
    has_date: bool
    unfit: str | None
    block: BlockReader
    headline_only: bool = False
    server_errors: bool = False
    # The numbers and URLs of the other parts of the article that the page links to.
    parts: tuple[tuple[int, str], ...] = ()

    @property
    def strategy(self) -> str:
        """The extraction strategy that succeeded."""
        return strategy_of(str(self.item["extractor"]))


def led_elsewhere(asked: str, got: str, identity: str) -> str | None:
    """Return the problem if the response to an article's request came from another URL; None if there is none."""
    block = redirects_to_block_page(asked, got)
    if block is not None:
        return block
    return REDIRECTED if article_id(got) != identity else None


def article_page(extractor: Extractor, root: Element, url: str, body: bytes) -> ArticlePage:
    """Return a response as an article page. Raises `PageFault` with the name of what it is instead."""
    page = extractor.article(root, url)
    if page.is_article():
        return page
    block = find_block_page(body)
    if block is not None:
        raise PageFault(block)
    raise PageFault(LISTING_IN_PLACE if len(page.teasers()) > 1 else CHROME_ONLY)


def find_article(page: ArticlePage, identity: str, url: str, body: bytes) -> ArticleResult:
    """Read an article page; `url` is the URL of the response."""
    raw = page.read()
    item = load_article(raw, identity, url)
    return ArticleResult(
        item=item,
        source=raw.meta.source if raw.meta else None,
        block_source=page.block_source,
        has_meta=raw.meta is not None,
        has_date=bool(raw.meta and raw.meta.date),
        unfit=_unfit(page, item, raw.meta is not None, body),
        block=page.teasers,
        server_errors=raw.server_errors,
        parts=tuple(sorted(linked_parts(page.root, url).items())),
    )


def _unfit(page: ArticlePage, item: dict[str, Any], has_meta: bool, body: bytes) -> str | None:
    """Return why the record of an article page is not delivered; None if it is."""
    if page.is_password_protected:
        return BlockPage.PASSWORD_FORM
    if "title" not in item:
        return "without_title"
    if item["body"]:
        return None
    block = find_block_page(body)
    # A page with an article's meta line is no bot check, whatever the words of a form on it.
    if block is not None and not (has_meta and block is BlockPage.BOT_CHECK):
        return block
    # With a meta line it is an article without text: some have a headline only.
    return None if has_meta else "without_text"
