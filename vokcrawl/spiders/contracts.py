"""The contract of `scrapy check` that selects a page: the spider's callbacks need more than a URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.contracts import Contract
from typing_extensions import override

from vokcrawl.crawling.actions import FetchArticle
from vokcrawl.normalize import article_id, authority
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import read_kind


class NoPageError(LookupError):
    """There is no page with which a callback could be checked. Raised by `StartPageContract`."""


class StartPageContract(Contract):
    """``@start_page listing`` or ``@start_page article``: the page that the callback is checked with.

    It is the first start URL of this kind. If no start URL is an article, the article that was delivered last is used;
    if there is none, the callback is not checked.
    """

    name = "start_page"

    def __init__(self, method: Callable[..., Any], *args: Any) -> None:
        super().__init__(method, *args)
        self._spider: Any = getattr(method, "__self__", None)

    @override
    def adjust_request_args(self, args: dict[str, Any]) -> dict[str, Any]:
        """Sets the URL and what else the callback needs. Raises `NoPageError` if there is no page to check."""
        is_article = self.args[0] == "article"
        request = self._request(is_article)
        return {**args, "url": request.url, "cb_kwargs": request.cb_kwargs, "meta": request.meta}

    def _request(self, is_article: bool) -> Request:
        spider = self._spider
        if spider not in _REQUESTS:
            _REQUESTS[spider] = _first_requests(spider)
        for request in _REQUESTS[spider]:
            if isinstance(request.cb_kwargs["fetch"], FetchArticle) == is_article:
                return request
        raise NoPageError(
            f"no article to check: none was delivered to {spider.options.output_dir}; add the URL of one to "
            "VOK_START_URLS"
            if is_article
            else "no listing to check: all start URLs are articles"
        )


# The two callbacks of a spider are checked in one crawl.
_REQUESTS: WeakKeyDictionary[Any, list[Request]] = WeakKeyDictionary()


def _first_requests(spider: Any) -> list[Request]:
    if not any(article_id(url) for url in spider.start_urls):
        spider.start_urls = [*spider.start_urls, *_delivered(spider)]
    requests: list[Request] = spider.first_requests()
    return requests


def _delivered(spider: Any) -> list[str]:
    """The URL of the article of the site that was delivered last, if any."""
    last = ""
    for url in _urls(OutputFolder(spider.options.output_dir)):
        if authority(url) in spider.allowed_authorities:
            last = url
    return [last] if last else []


def _urls(folder: OutputFolder) -> Iterator[str]:
    return (str(line.record["url"]) for line in read_kind(folder, "articles") if line.record)
