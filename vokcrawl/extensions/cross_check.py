"""A second opinion: on a few pages of each run, what trafilatura takes for the text is compared with what we did."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response, TextResponse

from vokcrawl.config import Options
from vokcrawl.items import ARTICLE
from vokcrawl.runs.run import Run

logger = logging.getLogger(__name__)

# Two texts agree when they share at least this much of their words.
_ENOUGH = 0.6


class CrossCheckExtension:
    """Looks at the first `VOK_CROSS_CHECK` articles of a run. Needs trafilatura (requirements/check.txt).

    A difference is noted as `cross_check_differs` and logged; it changes neither records nor the exit code.
    """

    def __init__(self, run: Run, pages: int) -> None:
        self.run = run
        self.left = pages

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pages = Options.read(crawler.settings).cross_check
        if not pages:
            raise NotConfigured
        extension = cls(Run.of(crawler), pages)
        crawler.signals.connect(extension.item_scraped, signal=signals.item_scraped)
        return extension

    def item_scraped(self, item: dict[str, Any], response: Response | None) -> None:
        if not self.left or item["schema"] != ARTICLE or not isinstance(response, TextResponse):
            return
        self.left -= 1
        try:
            # Imported late: it costs a quarter of a second, and an idle run reads no article.
            from trafilatura import extract  # noqa: PLC0415
        except ImportError:
            logger.info("VOK_CROSS_CHECK: trafilatura is not installed (requirements/check.txt); no second opinion")
            self.left = 0
            return
        theirs = extract(response.text, include_comments=False) or ""
        agreement = shared_words(item["body"], theirs)
        if agreement < _ENOUGH:
            self.run.problems.note("cross_check_differs", item["url"])
            logger.warning(
                "%s: our text and trafilatura's share %.0f %% of their words (%d and %d characters)",
                item["url"],
                100 * agreement,
                len(item["body"]),
                len(theirs),
            )


def shared_words(one: str, other: str) -> float:
    """How much of their words two texts share, 0 to 1: twice the common ones over all.

    >>> shared_words("the old mill", "the old barn")
    0.6666666666666666
    """
    first, second = Counter(one.split()), Counter(other.split())
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 1.0
