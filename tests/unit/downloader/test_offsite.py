"""A site under two names: requests stay on the name of the start URL, and the log names the setting to change."""

from __future__ import annotations

import logging

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from vokcrawl.downloader.failures import Offsite
from vokcrawl.downloader.middlewares.offsite import OnSiteMiddleware
from vokcrawl.normalize import schemes_of
from vokcrawl.spiders.vok import VokSpider

PATH = "/article/163/"
BARE, WWW = "https://site.test", "https://www.site.test"


def middleware(start: str) -> OnSiteMiddleware:
    crawler = get_crawler()
    spider = VokSpider()
    spider.start_urls = [start + PATH]
    spider.schemes = schemes_of(spider.start_urls)
    spider.allowed_authorities = frozenset(spider.schemes)
    crawler.spider = spider
    return OnSiteMiddleware.from_crawler(crawler)


@pytest.mark.parametrize(("start", "other"), [(BARE, WWW), (WWW, BARE), ("http://localhost:8000", BARE)])
def test_redirect_of_the_start_url_to_another_name_names_the_setting(
    start: str, other: str, caplog: pytest.LogCaptureFixture
) -> None:
    request = Request(other + PATH, meta={"redirect_urls": [start + PATH]})
    with caplog.at_level(logging.ERROR), pytest.raises(Offsite):
        middleware(start).process_request(request)
    (record,) = caplog.records
    moved = f"{start}{PATH} is redirected to {other}{PATH}"
    assert record.getMessage() == f"{moved}; if that is the same site, use it in VOK_START_URLS or start_url"


@pytest.mark.parametrize(("start", "other"), [(BARE, WWW), (WWW, BARE)])
def test_another_name_of_the_site_is_not_requested(start: str, other: str) -> None:
    on_site = middleware(start)
    assert on_site.process_request(Request(f"{start}/newstream/")) is None
    with pytest.raises(Offsite, match=r"not on the hosts of the start URLs"):
        on_site.process_request(Request(f"{other}/newstream/"))
