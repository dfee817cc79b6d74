"""Log entries of pages and records are created only for a handler that takes them."""

from __future__ import annotations

import logging

import pytest
from scrapy import Request, Spider
from scrapy.exceptions import DropItem
from scrapy.http import Response

from vokcrawl.log_formatter import RunLogFormatter

URL = "http://site.test/"


def only_handler(monkeypatch: pytest.MonkeyPatch) -> logging.Handler:
    """Returns the only handler of the log, at level INFO."""
    handler = logging.NullHandler(logging.INFO)
    # In the test itself, because pytest adds its own handlers when a test begins.
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    for name in ("scrapy.core.engine", "scrapy.core.scraper"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    return handler


def test_pages_and_records_are_not_logged_without_a_handler_for_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = only_handler(monkeypatch)
    formatter, spider, response = RunLogFormatter(), Spider("any"), Response(URL)
    dropped = DropItem("known", log_level="DEBUG")
    assert formatter.crawled(Request(URL), response, spider) is None
    assert formatter.scraped({"id": "1-2"}, response, spider) is None
    assert formatter.dropped({"id": "1-2"}, dropped, response, spider) is None
    handler.setLevel(logging.DEBUG)
    assert formatter.crawled(Request(URL), response, spider) is not None
    assert formatter.scraped({"id": "1-2"}, response, spider) is not None
    assert formatter.dropped({"id": "1-2"}, dropped, response, spider) is not None


def test_a_warning_of_a_dropped_record_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    only_handler(monkeypatch)
    result = RunLogFormatter().dropped({"id": "1-2"}, DropItem("rejected", log_level="WARNING"), None, Spider("any"))
    assert result is not None
    assert result["level"] == logging.WARNING


def test_a_handler_of_a_logger_of_scrapy_gets_the_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    only_handler(monkeypatch)
    monkeypatch.setattr(logging.getLogger("scrapy.core"), "handlers", [logging.NullHandler()])
    formatter, spider = RunLogFormatter(), Spider("any")
    assert formatter.crawled(Request(URL), Response(URL), spider) is not None
    monkeypatch.setattr(logging.getLogger("scrapy.core.engine"), "propagate", False)
    assert formatter.crawled(Request(URL), Response(URL), spider) is None
