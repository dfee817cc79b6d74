"""A spider that has nothing to ask for: what starting and ending Scrapy costs by itself."""

from __future__ import annotations

import scrapy


class EmptySpider(scrapy.Spider):
    """Ends as soon as it has begun."""

    name = "empty"
    start_urls: list[str] = []  # noqa: RUF012  Scrapy's own way to name them
