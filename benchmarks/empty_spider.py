"""A spider without requests, to measure the cost of starting and stopping Scrapy."""

from __future__ import annotations

import scrapy


class EmptySpider(scrapy.Spider):
    """Ends immediately."""

    name = "empty"
    start_urls: list[str] = []  # noqa: RUF012  Scrapy's attribute
