"""`python -m tests.support.second_extractor 2025-01-01T00:00:00+00:00 replay …`: a second extractor from then on."""

from __future__ import annotations

import sys
from datetime import datetime

from vokcrawl.pages import extractors
from vokcrawl.pages.article import ArticlePage, RawArticle
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.tree import Element


class SecondPage(ArticlePage):
    """Reads headlines differently, so that its records can be recognised."""

    extractor = "kcnawatch-article/3"

    def read(self) -> RawArticle:
        raw = super().read()
        raw.title = f"Second: {raw.title}"
        return raw


def second_teasers(root: Element) -> list[RawTeaser]:
    """Reads excerpts differently."""
    raws = extractors.EXTRACTORS[0].teasers(root)
    for raw in raws:
        raw.excerpt = f"Second: {raw.excerpt}"
    return raws


def main() -> None:
    since = datetime.fromisoformat(sys.argv[1])
    extractors.EXTRACTORS.append(extractors.Extractor(since, SecondPage, second_teasers, extractors.EXTRACTORS[0].more))
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[2:]])


if __name__ == "__main__":
    main()
