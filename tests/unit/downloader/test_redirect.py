"""Redirects of requests without a Referer header."""

from __future__ import annotations

import asyncio
import logging

import pytest
from scrapy import Request, signals
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from vokcrawl.config import Options
from vokcrawl.downloader.middlewares.redirect import PlainRedirectMiddleware
from vokcrawl.settings import base
from vokcrawl.spiders.vok import VokSpider


def test_redirect_is_followed_without_a_warning_about_the_referer(caplog: pytest.LogCaptureFixture) -> None:
    async def redirected() -> Request | Response:
        crawler = get_crawler()
        crawler.spider = VokSpider()
        crawler.spider.options = Options()
        middleware = PlainRedirectMiddleware.from_crawler(crawler)
        crawler.signals.send_catch_log(signals.engine_started)
        answer = Response("https://site.test/old", status=301, headers={"Location": "/new"})
        return middleware.process_response(Request("https://site.test/old"), answer)

    with caplog.at_level(logging.WARNING):
        request = asyncio.run(redirected())
    assert isinstance(request, Request)
    assert request.url == "https://site.test/new"
    assert caplog.records == []


def test_settings_select_the_middlewares_that_a_crawl_needs() -> None:
    middlewares = Settings({"DOWNLOADER_MIDDLEWARES": base.DOWNLOADER_MIDDLEWARES}).getwithbase(
        "DOWNLOADER_MIDDLEWARES"
    )
    enabled = {name.rpartition(".")[2] for name, order in middlewares.items() if order is not None}
    assert "PlainRedirectMiddleware" in enabled
    assert "RedirectMiddleware" not in enabled
