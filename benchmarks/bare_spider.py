"""A minimal Scrapy spider for the same site, as a baseline.

Run it with `scrapy runspider` outside the project, so that the project's settings do not apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import scrapy
from typing_extensions import override


class BareSpider(scrapy.Spider):
    """Follows the listing from `start_url`, and extracts title and body of each article by class names."""

    name = "bare"

    def __init__(self, start_url: str = "", **given: Any) -> None:
        super().__init__(**given)
        self.start_urls = [start_url]

    @override
    def parse(self, response: Any) -> Iterator[Any]:
        yield from response.follow_all(css="#latest_article_wrapper .article-desc h4 a", callback=self.parse_article)
        yield from response.follow_all(css=".more-link a", callback=self.parse)

    def parse_article(self, response: Any) -> Iterator[dict[str, Any]]:
        """Yields the headline and the text of one article page."""
        yield {
            "url": response.url,
            "title": response.css(".article-single h2::text").get(),
            "body": "\n\n".join(response.css(".article-content > p::text").getall()),
        }
